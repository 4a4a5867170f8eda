"""Connections that see what one account may see: Postgres's policies decide, not the caller."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.access.policies import database_role
from elt.database import Pool


class ReadingAs(Pool):
    """The connections of the backend's reading role, each transaction bound to a role and, if there is one, an account.

    For SQL of ours alone: who writes their own could bind it anew, and reads through a login (elt/access/logins.py).
    """

    def __init__(self, pool: Pool, role: str, account_id: int | None = None) -> None:
        self._readers = pool
        self._role = database_role(role)
        self._account_id = account_id

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One transaction on one connection. Raises Unavailable when Postgres is away or no connection comes free."""
        with self._readers.connection() as connection:
            with connection.cursor() as cursor:
                # No query yet, so that the caller may still choose the transaction's isolation level.
                cursor.execute(sql.SQL("set local role {}").format(sql.Identifier(self._role)))
                cursor.execute("set local laurel.account_id = %s", [str(self._account_id or "")])
            yield connection

    def close(self) -> None:
        """Close every idle connection."""
        self._readers.close()
