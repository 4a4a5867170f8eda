"""A question asked, and on record; ended by its asker; or given out row by row."""

import time
from collections.abc import Generator
from uuid import UUID, uuid4

from elt.asking import ledger
from elt.asking.ledger import Asked
from elt.asking.session import Answer, end, session
from elt.database import Pool
from elt.errors import LaurelError

END_SECONDS = 5.0  # how long a question that is to end is asked to
LOOK_SECONDS = 0.1


def ask(pool: Pool, url: str, account_id: int, id: UUID, sql: str, most_rows: int, seconds: float) -> Answer:
    """The first rows of the answer, read under `url`. Raises Refused or Conflict, without values, where there is none.

    However it ends, the ledger says so.
    """
    with pool.connection() as connection:
        ledger.begin(connection, account_id, id, sql)
    try:
        with session(url, id, seconds) as running:
            answer = running.answer(sql, most_rows)
    except LaurelError as error:
        with pool.connection() as connection:
            ledger.failed(connection, id, error)
        raise
    with pool.connection() as connection:
        ledger.done(connection, id, len(answer.rows), answer.is_cut)
    return answer


def stop(pool: Pool, url: str, account_id: int, id: UUID) -> Asked:
    """End a question that this account asked; returns what became of it. One that is over stays as it is."""
    deadline = time.monotonic() + END_SECONDS
    while (found := _find(pool, account_id, id)).status == "running" and time.monotonic() < deadline:
        end(url, id)
        time.sleep(LOOK_SECONDS)
    return found


def _find(pool: Pool, account_id: int, id: UUID) -> Asked:
    with pool.connection() as connection:
        return ledger.find(connection, account_id, id)


def lines(url: str, sql: str, seconds: float) -> Generator[tuple[object, ...], None, None]:
    """The columns' names, then all rows as they are taken, within `seconds`."""
    with session(url, uuid4(), seconds) as running:
        columns = running.ask(sql)
        yield tuple(column.name for column in columns)
        yield from running.rows(columns)
