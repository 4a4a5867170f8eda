"""The rows of one file into its raw table, and its refused lines beside them, inside the caller's transaction."""

import io
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

import numpy as np
from psycopg2 import sql
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract
from elt.loading import raw_tables
from elt.loading.checking import EMPTY_LINE, RowChecker
from elt.loading.copy_format import NO_NULL, CopyFormat, choose_format
from elt.loading.rejects import spool
from elt.reading.blocks import Block, Blocks
from elt.reading.detecting import Front, Stated
from elt.reading.records import Record, records_of
from elt.receiving.streams import Source

BUFFER_BYTES = 2**20  # handed to COPY at a time


@dataclass(frozen=True)
class Claim:
    """A submission that this loader, and no other, may load."""

    submission_id: int
    id: str
    object_key: str
    sha256: str
    replaces_submission_id: int | None
    stated: Stated


@dataclass
class Tally:
    """Lines of one file: read = loaded + rejected, always. `empty` of the rejected hold nothing but delimiters."""

    read: int = 0
    loaded: int = 0
    rejected: int = 0
    empty: int = 0


def copy_rows(
    connection: Connection, source: Source, front: Front, contract: Contract, claim: Claim, rejects: TextIO
) -> Tally:
    """Stream a file through its contract into raw; refused lines go to `rejects`, a file on disk."""
    blocks = Blocks(source.buffered(), front.encoding)
    first = next(iter(blocks))
    format = choose_format(first, front, contract, _commonest_missing(first, front, contract))
    sorter = _Sorter(front, contract, format, claim, rejects)
    with ThreadPoolExecutor(1, "read-ahead") as ahead, connection.cursor() as cursor:
        rows = _Ahead(sorter.rows(first, blocks), ahead)
        try:
            statement = _copy_statement(front, contract, format)
            cursor.copy_expert(statement.as_string(connection), rows, size=BUFFER_BYTES)
        except QueryCanceled:
            if rows.error is None:
                raise
            # psycopg2 says only that reading failed; why it did decides whether another try may help.
            raise rows.error from None
    return sorter.tally


def _commonest_missing(block: Block, front: Front, contract: Contract) -> str:
    """The missing value that COPY is to know; lines with another are judged one by one."""
    quote, delimiter = f"{front.quote_char}?" if front.quote_char else "", re.escape(front.delimiter)

    def cells(word: str) -> int:
        cell = f"(?:^|{delimiter}){quote}{re.escape(word)}{quote}(?={delimiter}|$)"
        return len(re.findall(cell.encode(), block.plain, re.MULTILINE))

    return max((value.strip() for value in contract.missing_values), key=cells, default=NO_NULL)


def _copy_statement(front: Front, contract: Contract, format: CopyFormat) -> sql.Composed:
    """Columns in the order of the file, so that its lines need no rearranging."""
    by_position = sorted(zip(front.match.positions, contract.fields, strict=True), key=lambda pair: pair[0])
    columns = [field.column for _, field in by_position]
    return sql.SQL("copy {table} (_submission_id, _line_number, {columns}) from stdin with {options}").format(
        table=raw_tables.table(contract),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        options=format.options(columns),
    )


class _Sorter:
    """Sorts a file's lines: what is proven goes on as it stands, the rest is judged, and is loaded or refused."""

    def __init__(self, front: Front, contract: Contract, format: CopyFormat, claim: Claim, rejects: TextIO) -> None:
        self.tally = Tally()
        self._front = front
        self._format = format
        self._claim = claim
        self._rejects = rejects
        self._checker = RowChecker(contract, front.match.positions, len(front.header), format.null, format.escape)

    def rows(self, first: Block, blocks: Blocks) -> Iterator[bytes]:
        """Lines for COPY, block by block; refused ones go to `rejects` on the way."""
        proof = self._format.proof
        for block in chain([first], blocks):
            proven = proof.lines(block) if proof else np.zeros(block.line_count, np.bool_)
            records = records_of(blocks, block, self._front, proven)
            count = int(np.count_nonzero(proven))
            self.tally.read += count + len(records)
            self.tally.loaded += count
            if count:
                yield self._format.proven(block, self._claim.submission_id, proven)
            if judged := "".join(self._judged(records)):
                yield judged.encode()

    def _judged(self, records: Iterable[Record]) -> Iterator[str]:
        for record in records:
            row = self._checker.row(record, self._format.between)
            if row is None:
                errors = self._checker.errors(record)
                self.tally.rejected += 1
                self.tally.empty += errors[0]["code"] == EMPTY_LINE
                spool(self._rejects, self._claim.submission_id, record, errors)
            else:
                self.tally.loaded += 1
                yield self._format.judged(self._claim.submission_id, record.line_number, row)


class _Ahead(io.RawIOBase):
    """Pieces of text as the binary file that psycopg2's COPY reads from; the next piece is made while one is sent."""

    def __init__(self, pieces: Iterator[bytes], executor: Executor) -> None:
        super().__init__()
        self._pieces = pieces
        self._executor = executor
        self._next = executor.submit(next, pieces, b"")
        self._rest = memoryview(b"")
        self.error: Exception | None = None

    def read(self, size: int = -1, /) -> bytes:
        if not self._rest:
            try:
                self._rest = memoryview(self._next.result())
            except Exception as error:
                self.error = error
                raise
            if self._rest:
                self._next = self._executor.submit(next, self._pieces, b"")
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return bytes(chunk)
