"""What people see of a described dataset: raw.<table> and staging.stg_<family>__<table>, without personal columns."""

import json
from collections.abc import Mapping

from psycopg2 import sql
from psycopg2.errors import DependentObjectsStillExist
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract, Field
from elt.errors import Conflict
from elt.loading import key_sql, raw_tables

PROVENANCE = ("_submission_id", "_line_number")


def raw_view(contract: Contract) -> sql.Identifier:
    """The view of all loaded rows."""
    return sql.Identifier("raw", contract.raw_table)


def staging_view(contract: Contract) -> sql.Identifier:
    """The view of current rows: `factors/student_performance` gives staging.stg_factors__student_performance."""
    return sql.Identifier("staging", "stg_" + contract.name.replace("/", "__"))


def public_columns(contract: Contract) -> list[str]:
    """Columns of raw that are not marked personal."""
    return [field.column for field in contract.fields if field.personal is None]


def create(connection: Connection, contract: Contract) -> None:
    """Make both views what the contract says. Raises Conflict where somebody's view stands on one that must go."""
    _put(connection, raw_view(contract), contract, {}, raw_tables.table(contract))
    keys = key_sql.tidied(contract, "current_row")
    texts = {field.column: keys[field.column] for field in contract.fields if field.column in keys and _is_text(field)}
    _put(connection, staging_view(contract), contract, texts, _current_rows(contract))
    for view, words in (
        (raw_view(contract), "every row of its live submissions"),
        (staging_view(contract), "the current row per key" if contract.primary_key else "every row"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("comment on view {} is %s").format(view),
                [f"{contract.name}: {words}, without columns marked personal."],
            )


def _is_text(field: Field) -> bool:
    return field.postgres_type == "text"


def _current_rows(contract: Contract) -> sql.Composed:
    """What dbt's staging models show too: rows of the submissions in the last transform's scope, newest per key.

    Of lines of one file whose keys white space alone tells apart, the first counts, as in elt.versioning.comparing.
    """
    key = sql.SQL(", ").join(key_sql.tidied(contract, "raw_row").values())
    return sql.SQL(
        "(select {distinct} raw_row.* from {table} as raw_row join catalog.transform_scope as scope "
        "on raw_row._submission_id = scope.submission_id {order}) as current_row"
    ).format(
        distinct=sql.SQL("distinct on ({})").format(key) if contract.primary_key else sql.SQL(""),
        table=raw_tables.table(contract),
        order=sql.SQL("order by {}, raw_row._submission_id desc, raw_row._line_number").format(key)
        if contract.primary_key
        else sql.SQL(""),
    )


def _put(
    connection: Connection,
    view: sql.Identifier,
    contract: Contract,
    expressions: Mapping[str, sql.Composable],
    source: sql.Composable,
) -> None:
    """Create or replace the view. Columns it has keep their places: Postgres adds only at the end.

    Where a column goes or gets another type, the view is made anew, with the rights that were given on it.
    """
    types = {field.column: field.postgres_type for field in contract.fields} | dict.fromkeys(PROVENANCE, "integer")
    wanted = [*PROVENANCE, *public_columns(contract)]
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname, coalesce(atttypid = to_regtype(%s::jsonb ->> attname::text), false) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            [json.dumps(types), view.as_string(connection)],
        )
        old = dict(cursor.fetchall())
        order = [name for name in old if name in wanted] + [name for name in wanted if name not in old]
        must_go = order[: len(old)] != list(old) or not all(old.values())
        rights = _rights(connection, view) if must_go else []
        if must_go:
            _drop(connection, view)
            order = wanted
        columns = [
            sql.SQL("{} as {}").format(expressions.get(name, sql.Identifier(name)), sql.Identifier(name))
            for name in order
        ]
        cursor.execute(
            sql.SQL("create or replace view {} as select {} from {}").format(view, sql.SQL(", ").join(columns), source)
        )
        for privilege, grantee, option in rights:
            cursor.execute(
                sql.SQL("grant {} on {} to {} {}").format(
                    sql.SQL(privilege),
                    view,
                    sql.SQL("public") if grantee is None else sql.Identifier(grantee),
                    sql.SQL("with grant option" if option else ""),
                )
            )


def _rights(connection: Connection, view: sql.Identifier) -> list[tuple[str, str | None, bool]]:
    """Privilege, role (None: public) and whether it may be passed on, as the view's owner gave them to others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select privilege_type, rolname, is_grantable from pg_class cross join lateral aclexplode(relacl) "
            "left join pg_roles on pg_roles.oid = grantee where pg_class.oid = to_regclass(%s) and grantee <> relowner",
            [view.as_string(connection)],
        )
        return cursor.fetchall()


def _drop(connection: Connection, view: sql.Identifier) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("drop view {}").format(view))
        except DependentObjectsStillExist as error:
            # Postgres names relations here, nothing of their rows.
            raise Conflict(
                "view_in_use",
                f"A view that somebody built stands on what would change: {error.diag.message_detail}.",
                remedy="Drop that view, change the contract, and make the view again.",
            ) from error
