"""Write, audit, publish: what dbt built and tested becomes what readers see, all at once."""

import time
from collections.abc import Callable, Iterable

from psycopg2 import sql
from psycopg2.errors import DependentObjectsStillExist, QueryCanceled
from psycopg2.extensions import connection as Connection

from elt import dry_run_schemas
from elt.database import transaction
from elt.errors import LaurelError, Unavailable

# Where a model's table is built, where it is kept once published, and where its stable view stands.
LAYERS = {"build": ("marts_store", "marts"), "build_private": ("marts_private_store", "marts_private")}
# All locks of a switch are taken within this time, or all are given up again. It must stay well under Postgres's
# deadlock_timeout (1 s), so that a reader who holds one mart and waits for the next is never the one that is cancelled.
LOCK_MILLISECONDS = 400
LOCK_TRIES = 150


def publish(
    connection: Connection, tables: Iterable[tuple[str, str]], everything: bool, settle: Callable[[Connection], None]
) -> None:
    """Switch these (build schema, model) tables in, together with what `settle` writes, in one transaction.

    Where they are `everything` there is, marts of models that are no more go. Raises Unavailable where readers hold a
    mart for minutes on end, LaurelError where somebody's view needs what would go; nothing has changed then.
    """
    dry_run_schemas.make_way(connection)
    wanted = sorted(tables)
    for attempt in range(LOCK_TRIES):
        try:
            with transaction(connection):
                _lock_views(connection, wanted)
                for build, model in wanted:
                    _switch(connection, build, model)
                if everything:
                    _retire_others(connection, wanted)
                settle(connection)
            return
        except DependentObjectsStillExist as error:
            # Postgres names relations here, nothing of their rows.
            raise LaurelError(
                "mart_in_use",
                f"A view that somebody built needs what a model no longer gives: {error.diag.message_detail}.",
                remedy="Drop or change that view, or give the model its column back; the next transform tries again.",
            ) from error
        except QueryCanceled:
            time.sleep(min(0.05 * 2**attempt, 2))
    raise Unavailable(
        "marts_busy",
        "The marts could not be switched: a query has been reading them for minutes.",
        remedy="The next transform tries again; select * from pg_stat_activity shows who reads.",
    )


def _lock_views(connection: Connection, tables: Iterable[tuple[str, str]]) -> None:
    """Readers who come now wait for the commit, then see the new tables; who reads already is let finish first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select schemaname, viewname from pg_views where schemaname = any(%s)",
            [[public for _, public in LAYERS.values()]],
        )
        existing = set(cursor.fetchall())
        views = [(LAYERS[build][1], model) for build, model in tables if (LAYERS[build][1], model) in existing]
        if not views:
            return
        cursor.execute("select set_config('statement_timeout', %s, true)", [f"{LOCK_MILLISECONDS}ms"])
        names = sql.SQL(", ").join(sql.Identifier(*view) for view in views)
        cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(names))
        cursor.execute("set local statement_timeout = 0")


def _switch(connection: Connection, build: str, model: str) -> None:
    store, public = LAYERS[build]
    names = {
        "built": sql.Identifier(build, model),
        "stored": sql.Identifier(store, model),
        "view": sql.Identifier(public, model),
        "store": sql.Identifier(store),
        "build": sql.Identifier(build),
        "outgoing": sql.Identifier(model + "__outgoing"),
        "outgoing_stored": sql.Identifier(store, model + "__outgoing"),
    }
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s) is not null", [sql.Identifier(store, model).as_string(connection)])
        replacing = bool((cursor.fetchone() or [False])[0])
        if replacing:
            cursor.execute(sql.SQL("alter table {stored} rename to {outgoing}").format(**names))
        cursor.execute(sql.SQL("alter table {built} set schema {store}").format(**names))
        _point_view(connection, store, public, model)
        if replacing:
            cursor.execute(sql.SQL("drop table {outgoing_stored}").format(**names))
        # A partial build reads the models that it does not rebuild from here.
        cursor.execute(sql.SQL("create view {built} as select * from {view}").format(**names))


def _retire_others(connection: Connection, tables: Iterable[tuple[str, str]]) -> None:
    """Take away what is published of models that are no longer built: retractions would not reach it any more."""
    kept = set(tables)
    with connection.cursor() as cursor:
        for build, (store, public) in LAYERS.items():
            cursor.execute("select tablename from pg_tables where schemaname = %s", [store])
            for (model,) in cursor.fetchall():
                if (build, model) in kept:
                    continue
                cursor.execute(
                    sql.SQL("drop view if exists {}, {}").format(
                        sql.Identifier(build, model), sql.Identifier(public, model)
                    )
                )
                cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(store, model)))


def _point_view(connection: Connection, store: str, public: str, model: str) -> None:
    """Let the stable view read the new table. Columns it had stay where they were; new ones come last.

    A column that the model no longer has, or whose type changed, needs a new view: that fails, by name, where somebody
    built a view of their own on it, and nothing is published.
    """
    with connection.cursor() as cursor:
        old, new = (_columns(connection, schema, model) for schema in (public, store))
        order = [name for name in old if name in new] + [name for name in new if name not in old]
        statement = sql.SQL("create or replace view {view} as select {columns} from {table}").format(
            view=sql.Identifier(public, model),
            columns=sql.SQL(", ").join(map(sql.Identifier, order)),
            table=sql.Identifier(store, model),
        )
        if any(new.get(name) != type for name, type in old.items()):
            cursor.execute(sql.SQL("drop view {}").format(sql.Identifier(public, model)))
        cursor.execute(statement)


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
