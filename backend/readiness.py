"""Whether what the API needs is there: each part is reached, and the two that keep data can still write some."""

import time
from collections.abc import Callable

from elt.database import Pool
from elt.errors import LaurelError
from elt.store import ObjectStore

EXTENSION = "laurel_readiness"
WRITE_SECONDS = 5.0  # what was found by writing counts for this long, however often somebody asks
PROBE_BYTES = 8192
PATIENCE_SECONDS = 3.0  # with a store that takes the call and says nothing; who watches gives up sooner than an upload


class Readiness:
    """What /readyz tells, for one process."""

    def __init__(self, pool: Pool, reader_pool: Pool, store: ObjectStore) -> None:
        self._reached: dict[str, Callable[[], None]] = {
            "database": lambda: _query(pool),
            "reader": lambda: _query(reader_pool),
            "store": store.ping,
        }
        self._written: dict[str, Callable[[], None]] = {
            "database": lambda: _write(pool),
            "store": lambda: store.write_probe(PROBE_BYTES),
        }
        self._found: dict[str, tuple[float, str]] = {}

    def states(self) -> dict[str, str]:
        """By part: ok, or the code of what is wrong with it."""
        return {name: self._state(name) for name in self._reached}

    def _state(self, name: str) -> str:
        reached = _code(self._reached[name])
        if reached != "ok" or name not in self._written:
            return reached
        found_at, state = self._found.get(name, (float("-inf"), ""))
        if time.monotonic() - found_at > WRITE_SECONDS:
            state = _code(self._written[name])
            self._found[name] = (time.monotonic(), state)
        return state


def _code(check: Callable[[], None]) -> str:
    try:
        check()
    except LaurelError as error:
        return error.code
    return "ok"


def _query(pool: Pool) -> None:
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


def _write(pool: Pool) -> None:
    """A table of its own takes new space on the disk, where a row in an old one may find some that is left."""
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table readiness (probe text) on commit drop")
        cursor.execute("insert into readiness values (repeat('x', %s))", [PROBE_BYTES])
