"""The rows of one file into its raw table, and its refused lines beside them, inside the caller's transaction."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from psycopg2 import sql
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import connection as Connection

from elt import raw_tables
from elt.checking import RowChecker
from elt.contract import Contract
from elt.detecting import Front, Stated
from elt.reading import Record, read_records
from elt.store import ObjectStore
from elt.streams import Source
from elt.unpacking import open_csv

COPY_BATCH = 2000  # rows handed to COPY at a time
RAW_TEXT_LIMIT = 1_000_000  # characters kept of a refused line


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
    """Lines of one file: read = loaded + rejected, always."""

    read: int = 0
    loaded: int = 0
    rejected: int = 0


def copy_rows(
    connection: Connection, source: Source, front: Front, contract: Contract, claim: Claim, rejects: TextIO
) -> Tally:
    """Stream a file through its contract into raw; refused lines go to `rejects`, a file on disk."""
    tally = Tally()
    rows = _rows_for_copy(source, front, contract, claim, tally, rejects)
    copy = sql.SQL("copy {} ({}) from stdin").format(raw_tables.table(contract), raw_tables.columns(contract))
    readable = _Readable(rows)
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert(copy.as_string(connection), readable)
        except QueryCanceled:
            if readable.error is None:
                raise
            # psycopg2 says only that reading failed; why it did decides whether another try may help.
            raise readable.error from None
    return tally


def _rows_for_copy(
    source: Source, front: Front, contract: Contract, claim: Claim, tally: Tally, rejects: TextIO
) -> Iterator[str]:
    """Batches of COPY's text format; refused lines go to `rejects` on the way."""
    checker = RowChecker(contract, front.match.positions, len(front.header))
    batch: list[str] = []
    for record in read_records(source.buffered(), front):
        tally.read += 1
        row = None if record.error else checker.row(record)
        if row is None:
            tally.rejected += 1
            _spool(rejects, claim, record, checker.errors(record))
        else:
            tally.loaded += 1
            batch.append(f"{claim.submission_id}\t{record.line_number}\t{row}\n")
            if len(batch) >= COPY_BATCH:
                yield "".join(batch)
                batch.clear()
    yield "".join(batch)


class _Readable(io.RawIOBase):
    """Batches of text as the binary file that psycopg2's COPY reads from."""

    def __init__(self, batches: Iterator[str]) -> None:
        super().__init__()
        self._batches = batches
        self._rest = b""
        self.error: Exception | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        while not self._rest:
            try:
                batch = next(self._batches, None)
            except Exception as error:
                self.error = error
                raise
            if batch is None:
                return b""
            self._rest = batch.encode()
        end = len(self._rest) if size is None or size < 0 else size
        chunk, self._rest = self._rest[:end], self._rest[end:]
        return chunk


def _spool(rejects: TextIO, claim: Claim, record: Record, errors: list[dict[str, str | None]]) -> None:
    """Keep a refused line on disk until COPY is done: one connection cannot do both at once."""
    raw_text = record.raw_text[:RAW_TEXT_LIMIT].replace("\x00", "\\x00")
    raw_text = raw_text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    csv.writer(rejects).writerow([claim.submission_id, record.line_number, json.dumps(errors), raw_text])


def reject_duplicates(
    connection: Connection,
    store: ObjectStore,
    contract: Contract,
    claim: Claim,
    front: Front,
    tally: Tally,
    rejects: TextIO,
) -> None:
    """Take lines with the key of an earlier line back out of raw; Postgres finds them, sorting on disk if need be."""
    if not contract.key_columns:
        return
    statement = sql.SQL(
        """
        with numbered as (
            select ctid, _line_number, first_value(_line_number) over by_key as first_line from {table}
            where _submission_id = %(submission)s window by_key as (partition by {key} order by _line_number)
        )
        delete from {table} using numbered
        where {table}.ctid = numbered.ctid and numbered._line_number > numbered.first_line
        returning numbered._line_number, numbered.first_line
        """
    ).format(table=raw_tables.table(contract), key=sql.SQL(", ").join(map(sql.Identifier, contract.key_columns)))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"submission": claim.submission_id})
        first_lines: dict[int, int] = dict(cursor.fetchall())
    if not first_lines:
        return
    key = ", ".join(contract.primary_key)
    # Once more, for the text of these lines.
    with store.open(claim.object_key) as body, open_csv(Source(body)) as (again, _):
        for record in read_records(again.buffered(), front):
            if record.line_number in first_lines:
                message = f"the same {key} as line {first_lines[record.line_number]}"
                error: dict[str, str | None] = {
                    "column": contract.primary_key[0],
                    "code": "duplicate_key",
                    "message": message,
                }
                _spool(rejects, claim, record, [error])
    tally.loaded -= len(first_lines)
    tally.rejected += len(first_lines)


def store_rejects(connection: Connection, rejects: TextIO) -> None:
    rejects.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "copy catalog.rejected_line (submission_id, line_number, errors, raw_text) from stdin (format csv)",
            rejects,
        )
