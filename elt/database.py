"""Connections to the warehouse, and the schema that everything in it starts from."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors as postgres_errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from elt.errors import LaurelError, Unavailable

MIGRATIONS = Path(__file__).parent / "schema"
MIGRATION_LOCK = 0x1A0E1  # any constant: serialises two processes that migrate at once


def unavailable(error: Exception) -> Unavailable:
    """The database's own message may carry host names or row values, so it stays in `__cause__` only."""
    if isinstance(error, postgres_errors.DiskFull):
        return Unavailable(
            "database_full",
            "The database has no space left to write.",
            remedy="The operator must make room on its disk; nothing is lost, and it goes on by itself then.",
        )
    return Unavailable("database_unavailable", "The database did not answer.", remedy="Try again in a few seconds.")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn a lost or refused connection into Unavailable; leave every other database error as it is."""
    try:
        yield
    except (postgres_errors.QueryCanceled, postgres_errors.LockNotAvailable):
        raise  # operational to psycopg2, but Postgres is there
    except (
        psycopg2.OperationalError,
        psycopg2.InterfaceError,
        postgres_errors.AdminShutdown,
        postgres_errors.CrashShutdown,
    ) as error:
        raise unavailable(error) from error


def connect(url: str) -> Connection:
    """A new connection in UTC. Raises Unavailable where Postgres does not answer within ten seconds."""
    with translated_errors():
        return psycopg2.connect(
            url,
            connect_timeout=10,
            application_name="laurel",
            options="-c timezone=UTC -c client_min_messages=warning",
            keepalives_idle=30,
        )


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Commit at the end of the block, roll back on any error."""
    with translated_errors():
        try:
            yield connection
            connection.commit()
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise


def only_row(cursor: Cursor) -> tuple[Any, ...]:
    """The row that a statement which always gives one gave. Raises LaurelError where it did not."""
    row = cursor.fetchone()
    if row is None:
        raise LaurelError("ledger_row_lost", "The ledger gave no row where there must be one.")
    return row


class Pool:
    """At most `size` connections, shared by threads; a broken one is dropped and made anew by the next borrower."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._slots: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._slots.put(None)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One transaction on one connection. Raises Unavailable when Postgres is away or no connection comes free."""
        try:
            connection = self._slots.get(timeout=10)
        except queue.Empty as error:
            raise unavailable(error) from error
        try:
            if connection is None or connection.closed or not _alive(connection):
                connection = connect(self._url)
            with transaction(connection):
                yield connection
        finally:
            self._slots.put(connection if connection is not None and not connection.closed else None)

    def close(self) -> None:
        """Close every idle connection."""
        while not self._slots.empty():
            if connection := self._slots.get():
                connection.close()


def _alive(connection: Connection) -> bool:
    """Whether an idle connection outlived whatever happened to Postgres meanwhile (costs one round trip)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        connection.rollback()
        return True
    except psycopg2.Error:
        connection.close()
        return False


def migrate(connection: Connection) -> list[str]:
    """Apply the numbered files of elt/schema that this database has not seen; returns their names, oldest first."""
    applied = []
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        cursor.execute(
            "create table if not exists public.schema_migration "
            "(name text primary key, applied_at timestamptz not null default now())"
        )
        cursor.execute("select name from public.schema_migration")
        seen = {name for (name,) in cursor.fetchall()}
        for path in sorted(MIGRATIONS.glob("*.sql")):
            if path.name not in seen:
                cursor.execute(path.read_text(encoding="utf-8"))
                cursor.execute("insert into public.schema_migration (name) values (%s)", [path.name])
                applied.append(path.name)
    return applied
