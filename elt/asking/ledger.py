"""What was asked, by whom, and what became of it. Each function runs inside the caller's transaction."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt.database import only_row
from elt.errors import Conflict, LaurelError, NotFound

KEPT = 500  # questions of an account; older ones go
# A query cannot run so long: whoever ran it died before he could say how it ended.
LOST_AFTER = "10 minutes"


@dataclass(frozen=True)
class Asked:
    """One question that was asked. `row_count` is of the rows that were given out."""

    id: UUID
    sql_text: str
    status: str
    row_count: int | None
    is_cut: bool | None
    error_code: str | None
    error_message: str | None
    asked_at: datetime
    ended_at: datetime | None


_COLUMNS = tuple(column.name for column in fields(Asked))
_SELECT = f"""
    select *, case when status = 'running' and asked_at < now() - interval '{LOST_AFTER}' then 'failed' else status end
        as status
    from catalog.asked_query
    where account_id = %(account)s
"""  # noqa: S608 - our own words


def begin(connection: Connection, account_id: int, id: UUID, sql: str) -> None:
    """Enter a question that is about to run. Raises Conflict where its id is taken."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "insert into catalog.asked_query (id, account_id, sql_text) values (%s, %s, %s) "
                "returning asked_query_id",
                [str(id), account_id, sql],
            )
        except UniqueViolation as error:
            raise Conflict(
                "id_taken", "There is a question with this id already.", remedy="Send another id, or none."
            ) from error
        (number,) = only_row(cursor)
        cursor.execute(
            """
            delete from catalog.asked_query where account_id = %(account)s and asked_query_id < (
                select min(asked_query_id) from (
                    select asked_query_id from catalog.asked_query
                    where account_id = %(account)s and asked_query_id <= %(number)s
                    order by asked_query_id desc limit %(kept)s
                ) as newest
            )
            """,
            {"account": account_id, "number": number, "kept": KEPT},
        )


def done(connection: Connection, id: UUID, row_count: int, is_cut: bool) -> None:
    """It was answered."""
    _end(connection, id, "done", row_count=row_count, is_cut=is_cut)


def failed(connection: Connection, id: UUID, error: LaurelError) -> None:
    """It was not."""
    status = {"time_limit": "timed_out", "cancelled": "cancelled"}.get(error.code, "failed")
    _end(connection, id, status, error_code=error.code, error_message=error.message)


def _end(connection: Connection, id: UUID, status: str, **values: Any) -> None:
    known = {"row_count": None, "is_cut": None, "error_code": None, "error_message": None}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.asked_query
            set status = %(status)s, ended_at = now(), row_count = %(row_count)s, is_cut = %(is_cut)s,
                error_code = %(error_code)s, error_message = %(error_message)s
            where id = %(id)s and status = 'running'
            """,
            {**known, **values, "status": status, "id": str(id)},
        )


def find(connection: Connection, account_id: int, id: UUID) -> Asked:
    """A question that this account asked. Raises NotFound."""
    found = _rows(connection, "and id = %(id)s", account_id, id=str(id))
    if not found:
        raise NotFound(
            "unknown_question", "You have asked no such question.", remedy="GET /api/v1/ask lists what you asked."
        )
    return found[0]


def history(connection: Connection, account_id: int, limit: int) -> list[Asked]:
    """What this account asked, the last question first."""
    return _rows(connection, "order by asked_query_id desc limit %(limit)s", account_id, limit=limit)


def _rows(connection: Connection, where: str, account_id: int, **values: Any) -> list[Asked]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, {"account": account_id, **values})
        found = [{name: row[name] for name in _COLUMNS} for row in cursor.fetchall()]
    return [Asked(**{**row, "id": UUID(row["id"])}) for row in found]
