"""What people see of a described dataset: raw.<table> and staging.stg_<family>__<table>, without personal columns."""

from psycopg2 import sql
from psycopg2.errors import DependentObjectsStillExist
from psycopg2.extensions import connection as Connection

from elt import raw_tables
from elt.contract import Contract
from elt.errors import Conflict

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
    """Make both views what the contract says. Raises Conflict where somebody's view needs a column that would go."""
    wanted = [*PROVENANCE, *public_columns(contract)]
    _put(connection, raw_view(contract), wanted, raw_tables.table(contract))
    _put(connection, staging_view(contract), wanted, _current_rows(contract))
    for view, words in (
        (raw_view(contract), "every row of its live submissions"),
        (staging_view(contract), "the current row per key" if contract.primary_key else "every row"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("comment on view {} is %s").format(view),
                [f"{contract.name}: {words}, without columns marked personal."],
            )


def _current_rows(contract: Contract) -> sql.Composed:
    """What dbt's staging models show too: rows of the submissions in the last transform's scope, newest per key."""
    key = sql.SQL(", ").join(sql.Identifier("raw_row", column) for column in contract.key_columns)
    return sql.SQL(
        "(select {distinct} raw_row.* from {table} as raw_row join catalog.transform_scope as scope "
        "on raw_row._submission_id = scope.submission_id {order}) as current_row"
    ).format(
        distinct=sql.SQL("distinct on ({})").format(key) if contract.primary_key else sql.SQL(""),
        table=raw_tables.table(contract),
        order=sql.SQL("order by {}, raw_row._submission_id desc, raw_row._line_number desc").format(key)
        if contract.primary_key
        else sql.SQL(""),
    )


def _put(connection: Connection, view: sql.Identifier, wanted: list[str], source: sql.Composable) -> None:
    """Create or replace the view. Columns it has keep their places: Postgres adds only at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped "
            "order by attnum",
            [view.as_string(connection)],
        )
        old = [name for (name,) in cursor.fetchall()]
        order = [name for name in old if name in wanted] + [name for name in wanted if name not in old]
        if order[: len(old)] != old:
            _drop(connection, view)
        cursor.execute(
            sql.SQL("create or replace view {} as select {} from {}").format(
                view, sql.SQL(", ").join(map(sql.Identifier, order)), source
            )
        )


def _drop(connection: Connection, view: sql.Identifier) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("drop view {}").format(view))
        except DependentObjectsStillExist as error:
            # Postgres names relations here, nothing of their rows.
            raise Conflict(
                "view_in_use",
                f"A view that somebody built needs what would go: {error.diag.message_detail}.",
                remedy="Drop or change that view first.",
            ) from error
