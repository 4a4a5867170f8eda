"""Write, audit, publish: what dbt built and tested becomes what readers see, all at once."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.errors import DependentObjectsStillExist, QueryCanceled
from psycopg2.extensions import connection as Connection

from elt.access import policies, ties
from elt.database import transaction
from elt.dry_runs import schemas as dry_run_schemas
from elt.errors import LaurelError, Unavailable
from elt.transforming import merging


@dataclass(frozen=True)
class Layer:
    """Where models of a build schema are kept once published, and where their stable views stand, if they have any."""

    store: str
    public: str | None


LAYERS = {
    "build": Layer("marts_store", "marts"),
    "build_private": Layer("marts_private_store", "marts_private"),
    "build_part": Layer("marts_part_store", None),
    "build_delta": Layer("marts_part_store", None),
    "build_features": Layer("features_store", None),
}
PUBLIC = [layer.public for layer in LAYERS.values() if layer.public]
# All locks of a switch are taken within this time, or all are given up again. It must stay well under Postgres's
# deadlock_timeout (1 s), so that a reader who holds one mart and waits for the next is never the one that is cancelled.
LOCK_MILLISECONDS = 400
LOCK_TRIES = 150


@dataclass(frozen=True, order=True)
class Built:
    """A model that dbt built and tested: a table, or a view with this query on parts."""

    schema: str
    name: str
    query: str | None = None
    is_aggregate: bool = False  # declared: no row of it is about one person

    @property
    def layer(self) -> Layer:
        """Where it goes."""
        return LAYERS[self.schema]

    @property
    def stored_query(self) -> sql.SQL:
        """A view's query, on parts where they are kept instead of where they are built."""
        query = (self.query or "").replace('"build_part".', '"marts_part_store".')
        return sql.SQL(f"{query}\n")  # it may end in a comment


def publish(
    connection: Connection, models: Iterable[Built], everything: bool, settle: Callable[[Connection], None]
) -> None:
    """Switch these models in, together with what `settle` writes, in one transaction.

    Where they are `everything` there is, marts of models that are no more go. Raises Unavailable where readers hold a
    mart for minutes on end, LaurelError where somebody's view needs what would go; nothing has changed then.
    """
    dry_run_schemas.make_way(connection)
    wanted = sorted(models)
    try:
        with transaction(connection):
            # Rows that come or go are seen by nobody before the commit, and hold up nobody: this may take its time.
            merged = [
                model
                for model in wanted
                if model.schema == merging.DELTA and merging.merge(connection, model.layer.store, model.name)
            ]
            _protect(connection, wanted, merged)
            _lock_views(connection, wanted)
            _switch(connection, wanted, merged)
            if everything:
                _retire_others(connection, wanted)
            settle(connection)
    except DependentObjectsStillExist as error:
        # Postgres names relations here, nothing of their rows.
        raise LaurelError(
            "mart_in_use",
            f"A view that somebody built needs what a model no longer gives: {error.diag.message_detail}.",
            remedy="Drop or change that view, or give the model its column back; the next transform tries again.",
        ) from error


def _protect(connection: Connection, models: Sequence[Built], merged: Sequence[Built]) -> None:
    """Put what will be stored under its policies before anybody can reach it. What was merged is under them already."""
    for model in models:
        if model.query is not None or model in merged:
            continue
        is_private = model.layer.public == "marts_private"
        policies.protect(connection, model.schema, model.name, model.is_aggregate, is_private)


def _lock_views(connection: Connection, models: Sequence[Built]) -> None:
    """Readers who come now wait for the commit, then see the new tables; who reads already is let finish first."""
    with connection.cursor() as cursor:
        cursor.execute("select schemaname, viewname from pg_views where schemaname = any(%s)", [PUBLIC])
        existing = set(cursor.fetchall())
        views = [view for model in models if (view := (str(model.layer.public), model.name)) in existing]
        if not views:
            return
        names = sql.SQL(", ").join(sql.Identifier(*view) for view in views)
        for attempt in range(LOCK_TRIES):
            cursor.execute("savepoint before_locks")
            try:
                cursor.execute("select set_config('statement_timeout', %s, true)", [f"{LOCK_MILLISECONDS}ms"])
                cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(names))
                cursor.execute("set local statement_timeout = 0")
                return
            except QueryCanceled:
                cursor.execute("rollback to savepoint before_locks")
                time.sleep(min(0.05 * 2**attempt, 2))
    raise Unavailable(
        "marts_busy",
        "The marts could not be switched: a query has been reading them for minutes.",
        remedy="The next transform tries again; select * from pg_stat_activity shows who reads.",
    )


def _switch(connection: Connection, models: Sequence[Built], merged: Sequence[Built]) -> None:
    """Tables move to their store, views are pointed at what is there now, and what they showed before goes."""
    public = [model for model in models if model.layer.public]
    columns = {model: _columns(connection, model.schema, model.name) for model in public}
    with connection.cursor() as cursor:
        for model in models:
            if model.query is not None:  # what stands on it in turn was built by dbt, too
                name = sql.Identifier(model.schema, model.name)
                cursor.execute(sql.SQL("drop view if exists {} cascade").format(name))
        for model in merged:
            cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(model.schema, model.name)))
        stored = [model for model in models if model.query is None and model not in merged]
        told = {model: _columns(connection, model.schema, model.name) for model in stored}
        outgoing = [_store(connection, model) for model in stored]
        told |= {model: _columns(connection, model.layer.store, model.name) for model in merged}
        for model, names in told.items():
            ties.remember(connection, model.layer.store, model.name, names)
        for model in public:
            _point_view(connection, model, columns[model])
        for table in filter(None, outgoing):
            cursor.execute(sql.SQL("drop table {}").format(table))
        for model in models:
            _stand_in(connection, model)


def _store(connection: Connection, model: Built) -> sql.Identifier | None:
    """Move a table to its store; returns what it was called that was there before, if anything was."""
    store = model.layer.store
    with connection.cursor() as cursor:
        stored = sql.Identifier(store, model.name)
        cursor.execute("select to_regclass(%s) is not null", [stored.as_string(connection)])
        replacing = bool((cursor.fetchone() or [False])[0])
        if replacing:
            cursor.execute(
                sql.SQL("alter table {} rename to {}").format(stored, sql.Identifier(model.name + "__outgoing"))
            )
        cursor.execute(
            sql.SQL("alter table {} set schema {}").format(
                sql.Identifier(model.schema, model.name), sql.Identifier(store)
            )
        )
    return sql.Identifier(store, model.name + "__outgoing") if replacing else None


def _stand_in(connection: Connection, model: Built) -> None:
    """A partial build reads the models that it does not rebuild from here; of a delta nothing is left to read."""
    source = sql.Identifier(model.layer.public or model.layer.store, model.name)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create view {} as select * from {}{}").format(
                sql.Identifier(model.schema, model.name),
                source,
                sql.SQL(" where false" if model.schema == merging.DELTA else ""),
            )
        )


def _retire_others(connection: Connection, models: Sequence[Built]) -> None:
    """Take away what is published of models that are no longer built: retractions would not reach it any more."""
    shown = {(model.layer.public, model.name) for model in models}
    stored = {(model.layer.store, model.name) for model in models if model.query is None}
    ties.forget_others(connection, [name for _, name in stored])
    with connection.cursor() as cursor:
        for build, layer in LAYERS.items():
            cursor.execute("select viewname from pg_views where schemaname = %s", [layer.public])
            for (name,) in cursor.fetchall():
                if (layer.public, name) not in shown:
                    cursor.execute(sql.SQL("drop view if exists {} cascade").format(sql.Identifier(build, name)))
                    cursor.execute(sql.SQL("drop view {}").format(sql.Identifier(str(layer.public), name)))
            cursor.execute("select tablename from pg_tables where schemaname = %s", [layer.store])
            for (name,) in cursor.fetchall():
                if (layer.store, name) not in stored:
                    _drop_stored(connection, layer.store, name)


def _drop_stored(connection: Connection, store: str, name: str) -> None:
    """Drop a table that no model fills any more, and its stand-ins; a mart of that name is a view on parts by now."""
    with connection.cursor() as cursor:
        if store == LAYERS[merging.DELTA].store:
            for build in ("build_part", merging.DELTA):
                cursor.execute(sql.SQL("drop view if exists {} cascade").format(sql.Identifier(build, name)))
        cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(store, name)))


def _point_view(connection: Connection, model: Built, new: dict[str, str]) -> None:
    """Let the stable view read the new rows. Columns it had stay where they were; new ones come last.

    A column that the model no longer has, or whose type changed, needs a new view: that fails, by name, where somebody
    built a view of their own on it, and nothing is published.
    """
    public = str(model.layer.public)
    source = (
        sql.Identifier(model.layer.store, model.name)
        if model.query is None
        else sql.SQL("({}) as mart").format(model.stored_query)
    )
    with connection.cursor() as cursor:
        old = _columns(connection, public, model.name)
        order = [name for name in old if name in new] + [name for name in new if name not in old]
        statement = sql.SQL(
            "create or replace view {view} with (security_invoker = true) as select {columns} from {source}"
        ).format(
            view=sql.Identifier(public, model.name),
            columns=sql.SQL(", ").join(map(sql.Identifier, order)),
            source=source,
        )
        if any(new.get(name) != type for name, type in old.items()):
            cursor.execute(sql.SQL("drop view {}").format(sql.Identifier(public, model.name)))
        cursor.execute(statement)
    policies.let_read(connection, public, model.name, is_private=public == "marts_private")


def _columns(connection: Connection, schema: str, relation: str) -> dict[str, str]:
    """Column names with their types, in order; empty where there is no such relation."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select attname, format_type(atttypid, atttypmod) from pg_attribute
            where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum
            """,
            [sql.Identifier(schema, relation).as_string(connection)],
        )
        return dict(cursor.fetchall())
