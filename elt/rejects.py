"""Refused lines: on disk while their file is read, then in the ledger, and given back in the order of the file."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.reading import Record

RAW_TEXT_LIMIT = 1_000_000  # characters kept of a refused line
FETCHED_AT_ONCE = 2000


@dataclass(frozen=True)
class RejectsTable:
    """Where refused lines are kept, and the column that says whose they are."""

    name: str
    owner: str

    @property
    def identifiers(self) -> dict[str, sql.Composable]:
        """`table` and `owner`, quoted for a statement."""
        return {"table": sql.Identifier("catalog", self.name), "owner": sql.Identifier(self.owner)}


OF_SUBMISSIONS = RejectsTable("rejected_line", "submission_id")
OF_DRY_RUNS = RejectsTable("dry_run_rejected_line", "dry_run_id")


@dataclass(frozen=True)
class RejectedLine:
    """One refused line: `errors` holds {"column", "code", "message"} each; `raw_text` is the line as it was sent."""

    line_number: int
    errors: list[dict[str, str | None]]
    raw_text: str


def spool(spooled: TextIO, owner_id: int, record: Record, errors: list[dict[str, str | None]]) -> None:
    """Keep a refused line on disk until COPY is done: one connection cannot do both at once."""
    raw_text = record.raw_text[:RAW_TEXT_LIMIT].replace("\x00", "\\x00")
    raw_text = raw_text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    csv.writer(spooled).writerow([owner_id, record.line_number, json.dumps(errors), raw_text])


def store(connection: Connection, table: RejectsTable, spooled: TextIO) -> None:
    """Put what was spooled into the ledger."""
    spooled.seek(0)
    statement = sql.SQL("copy {table} ({owner}, line_number, errors, raw_text) from stdin (format csv)")
    with connection.cursor() as cursor:
        cursor.copy_expert(statement.format(**table.identifiers).as_string(connection), spooled)


def lines(connection: Connection, table: RejectsTable, owner_id: int) -> Iterator[RejectedLine]:
    """Every refused line, in the order of the file, in constant memory."""
    statement = sql.SQL("select line_number, errors, raw_text from {table} where {owner} = %s order by line_number")
    with connection.cursor(name="rejected_lines") as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(statement.format(**table.identifiers), [owner_id])
        for line_number, errors, raw_text in cursor:
            yield RejectedLine(line_number, errors, raw_text)
