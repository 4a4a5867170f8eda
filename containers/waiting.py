"""Waiting for other containers, which start in any order and may go away at any time."""

import time
from collections.abc import Callable

import psycopg2

LONGEST_WAIT_SECONDS = 300


def wait_until(what: str, ready: Callable[[], bool], seconds: float = LONGEST_WAIT_SECONDS) -> None:
    """Returns once `ready` says so. Raises TimeoutError, which names what was waited for."""
    deadline = time.monotonic() + seconds
    if ready():
        return
    print(f"Waiting for {what}.", flush=True)
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds:.0f} s for {what}. The logs of that service may say why.")
        time.sleep(0.5)


def accepts(database_url: str) -> bool:
    """Whether Postgres accepts a connection to this database as this role."""
    try:
        psycopg2.connect(database_url, connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True
