"""A statement's rows, as a snapshot's connection gives them."""

from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.reporting.insight import Row


def rows(connection: Connection, sql: str, arguments: Mapping[str, Any]) -> tuple[Row, ...]:
    """What a statement gives, in its order."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql, arguments)
        return tuple(cursor.fetchall())
