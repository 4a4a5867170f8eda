"""Which students belong to which teacher, school and guardian, kept beside the marts that say so."""

from collections.abc import Collection, Iterable, Sequence

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

KINDS = ("teacher", "school", "guardian")


def kinds_of(columns: Collection[str]) -> Sequence[str]:
    """What a table with these columns ties students to. Of schools only the students' own table is asked: facts are
    large, and say nothing that it does not."""
    if "student_key" not in columns:
        return []
    return [kind for kind in KINDS if f"{kind}_key" in columns and (kind != "school" or {"is_current"} <= set(columns))]


def remember(connection: Connection, schema: str, table: str, columns: Collection[str]) -> None:
    """Bring the ties that this stored table tells of up to date, in the transaction that publishes it."""
    with connection.cursor() as cursor:
        for kind in kinds_of(columns):
            cursor.execute("delete from access.tie where relation = %s and kind = %s", [table, kind])
            cursor.execute(
                sql.SQL(
                    "insert into access.tie (relation, kind, owner_key, student_key) "
                    "select distinct %s, %s, {key}, student_key from {table} "
                    "where {key} is not null and student_key is not null{now}"
                ).format(
                    key=sql.Identifier(f"{kind}_key"),
                    table=sql.Identifier(schema, table),
                    now=sql.SQL(" and is_current" if "is_current" in columns else ""),
                ),
                [table, kind],
            )


def forget_others(connection: Connection, tables: Iterable[str]) -> None:
    """Drop the ties that no published table tells of any more."""
    with connection.cursor() as cursor:
        cursor.execute("delete from access.tie where relation <> all(%s)", [sorted(tables)])
