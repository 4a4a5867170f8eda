"""Advisory locks that are let go of."""

from contextlib import closing

from elt import locks
from elt.database import connect
from elt.settings import Settings


def test_who_comes_next_gets_the_lock_at_once(settings: Settings) -> None:
    """Postgres ends a closed connection a moment later, and this one's temporary tables before its locks."""
    connection = connect(settings.database_url)
    assert locks.try_dry_run_lock(connection)
    with connection.cursor() as cursor:
        cursor.execute("".join(f"create temporary table t{number} (x integer);" for number in range(300)))
    connection.commit()
    with closing(connect(settings.database_url)) as following:
        locks.close(connection)
        assert locks.try_dry_run_lock(following)


def test_a_connection_that_is_lost_is_closed_quietly(settings: Settings) -> None:
    connection = connect(settings.database_url)
    assert locks.try_dry_run_lock(connection)
    connection.close()
    locks.close(connection)
