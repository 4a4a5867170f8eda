"""One question, one connection: a read-only transaction with a cursor in it, and an end in any case.

The text is prepared as the query of `declare … cursor for`, in the extended protocol. So Postgres itself takes one
query and nothing else: no second statement, no `copy`, `set`, `do` or `create`. What it may read is its role's, what
it may write is nothing, and what it may change of its own session goes with the connection.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg import pq
from psycopg.conninfo import make_conninfo

from elt.asking.refusals import of_execution, of_text
from elt.database import unavailable
from elt.errors import LaurelError

DECLARE = b"declare asked no scroll cursor for\n"
BATCH_ROWS = 500
MOST_BYTES = 32 * 2**20  # of one answer that is held in memory
OPTIONS = (
    "-c timezone=UTC -c client_encoding=UTF8 -c client_min_messages=error -c idle_in_transaction_session_timeout=120s"
)
BEGIN = "begin isolation level repeatable read, read only"

Kind = Literal["text", "integer", "number", "flag"]
KINDS: dict[int, Kind] = {
    16: "flag", 20: "integer", 21: "integer", 23: "integer", 700: "number", 701: "number", 1700: "number",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of an answer; what is neither number nor flag is text, as Postgres writes it."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Answer:
    """The rows that were asked for, at most as many as the limit; `is_cut` where there were more."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool


class Session:
    """A question that is being answered. Raises Refused for whatever its SQL cannot do, in words without values."""

    def __init__(self, connection: "pq.abc.PGconn", seconds: float) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds

    def ask(self, sql: str) -> tuple[Column, ...]:
        """Let Postgres read the question and open its cursor; returns its columns."""
        self._command(BEGIN)
        self._set_timeout()
        read = self._connection.prepare(b"asked", DECLARE + sql.encode())
        if read.status == pq.ExecStatus.FATAL_ERROR:
            raise self._lost() or of_text(read, len(DECLARE), sql)
        self._check(self._connection.exec_prepared(b"asked", None))
        described = self._connection.describe_portal(b"asked")
        self._check(described)
        return tuple(
            Column((described.fname(position) or b"").decode(), KINDS.get(described.ftype(position), "text"))
            for position in range(described.nfields)
        )

    def rows(self, columns: Sequence[Column], batch: int = BATCH_ROWS) -> Iterator[tuple[Any, ...]]:
        """The rows, fetched as they are taken."""
        while True:
            self._set_timeout()
            fetched = self._connection.exec_(f"fetch forward {batch} from asked".encode())
            self._check(fetched)
            for row in range(fetched.ntuples):
                yield tuple(
                    _value(fetched.get_value(row, position), column.kind) for position, column in enumerate(columns)
                )
            if fetched.ntuples < batch:
                return

    def answer(self, sql: str, most_rows: int) -> Answer:
        """The first rows, in memory."""
        columns = self.ask(sql)
        rows: list[tuple[Any, ...]] = []
        size = 0
        for row in self.rows(columns, min(BATCH_ROWS, most_rows + 1)):
            size += sum(len(cell) for cell in row if isinstance(cell, str))
            if len(rows) == most_rows or size > MOST_BYTES:
                return Answer(columns, rows, is_cut=True)
            rows.append(row)
        return Answer(columns, rows, is_cut=False)

    def _set_timeout(self) -> None:
        """Before every command of Postgres's, the time that is left: the question may have set its own meanwhile."""
        left = int(1000 * (self._deadline - time.monotonic()))
        self._command(f"set local statement_timeout = {max(left, 1)}")

    def _command(self, command: str) -> None:
        self._check(self._connection.exec_(command.encode()))

    def _check(self, result: "pq.abc.PGresult") -> None:
        if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
            raise self._lost() or of_execution(result)

    def _lost(self) -> LaurelError | None:
        gone = self._connection.status != pq.ConnStatus.OK
        return unavailable(ConnectionError("the question's connection")) if gone else None


@contextmanager
def session(url: str, id: UUID, seconds: float) -> Iterator[Session]:
    """A connection of its own, by whose name the question can be found and ended; all of it ends with the block."""
    connection = _connect(url, name_of(id))
    try:
        yield Session(connection, seconds)
    finally:
        connection.finish()


def end(url: str, id: UUID) -> bool:
    """End the question, wherever it runs; whether it was still running. `url` is that of the same role."""
    connection = _connect(url, "laurel ask: stop")
    try:
        ended = connection.exec_params(
            b"select pg_cancel_backend(pid) from pg_stat_activity "
            b"where application_name = $1 and usename = session_user and pid <> pg_backend_pid()",
            [name_of(id).encode()],
        )
        return ended.ntuples > 0
    finally:
        connection.finish()


def name_of(id: UUID) -> str:
    """As which the question's connection is known to Postgres."""
    return f"laurel ask {id}"


def _connect(url: str, name: str) -> "pq.abc.PGconn":
    target = make_conninfo(url, application_name=name, options=OPTIONS, connect_timeout=10, keepalives_idle=30)
    connection = pq.PGconn.connect(target.encode())
    if connection.status != pq.ConnStatus.OK:
        connection.finish()
        raise unavailable(ConnectionError("no connection for a question"))
    return connection


def _value(cell: bytes | None, kind: Kind) -> Any:
    if cell is None:
        return None
    text = cell.decode(errors="replace")
    if kind == "flag":
        return text == "t"
    if kind == "integer":
        return int(text)
    if kind == "number":
        number = Decimal(text)
        if not number.is_finite():
            return text  # JSON has no NaN
        return int(number) if number.as_tuple().exponent == 0 else float(number)
    return text
