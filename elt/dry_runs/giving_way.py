"""A dry run never holds up a transform: when one starts, every query that the dry run has under way is cancelled."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection

from elt.database import connect, transaction
from elt.dry_runs import schemas as dry_run_schemas
from elt.errors import LaurelError
from elt.settings import Settings

LOOK_SECONDS = 0.5


@contextmanager
def giving_way(settings: Settings, last_run: int) -> Iterator[threading.Event]:
    """While the block runs, a transform later than `last_run` ends its queries; the event says that it came to that."""
    gave_way, over = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(settings, last_run, gave_way, over), daemon=True)
    watcher.start()
    try:
        yield gave_way
    finally:
        over.set()
        watcher.join()


def _watch(settings: Settings, last_run: int, gave_way: threading.Event, over: threading.Event) -> None:
    try:
        with closing(connect(settings.database_url)) as connection:
            while not over.wait(LOOK_SECONDS):
                if _cancelled(connection, last_run):
                    gave_way.set()
    except (LaurelError, psycopg2.Error):
        return  # Postgres is away, so the queries are, too


def _cancelled(connection: Connection, last_run: int) -> bool:
    """Cancel what the dry run asks, where a later transform has begun; again each time, for dbt goes on to the next."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select from catalog.transform_run where transform_run_id > %s limit 1", [last_run])
        if cursor.fetchone() is None:
            return False
        dry_run_schemas.cancel(connection)
    return True
