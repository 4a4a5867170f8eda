"""How a task of Laurel fails: what may pass by itself is tried again with back-off, anything else is red at once."""

import logging
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

log = logging.getLogger(__name__)

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "laurel",
    # After 20 to 40 s, then 40 to 80 s: not before the ledger itself lets a failed submission be tried again.
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=2),
}


@contextmanager
def sorted_failures() -> Iterator[None]:
    """Let errors that may pass by themselves through to Airflow's retries, and turn all others into a final failure.

    Only errors of Laurel's own types are shown with their message: others, Postgres' above all, may quote cells. Of
    those the log gets the type and the lines of code, of the whole chain.

    Told to stop, a task ends at once and is tried again: all of its work is made to be cut off anywhere. By itself
    Airflow would let it go on until the stack's patience ends and its scheduler is killed with it, as whose orphan it
    would keep its DAG from starting for more than a minute.
    """
    from elt.errors import LaurelError, Unavailable
    from elt.polling import PollFailed

    airflows = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    except Exception as error:
        log.error("%s", _where(error))
        ours = isinstance(error, LaurelError | PollFailed)
        if isinstance(error, Unavailable) or (isinstance(error, PollFailed) and error.transient):
            raise error from None
        raise AirflowFailException(f"{type(error).__name__}: {error}" if ours else type(error).__name__) from None
    finally:
        signal.signal(signal.SIGTERM, airflows)


def _where(error: BaseException | None) -> str:
    """The traceback of an error and of what caused it, without any message."""
    parts = []
    while error is not None:
        parts += [f"{type(error).__name__} at\n", *traceback.format_tb(error.__traceback__)]
        error = error.__cause__ or error.__context__
    return "".join(parts)
