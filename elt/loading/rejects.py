"""Refused lines: on disk while their file is read, then in the ledger, and given back in the order of the file."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TextIO

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.reading.escapes import storable
from elt.reading.records import Record

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
class LineFormat:
    """How the cells of a submission's lines are separated and quoted; no `quote_char`: nothing is quoted."""

    delimiter: str = ","
    quote_char: str | None = '"'

    @classmethod
    def of(cls, dialect: Mapping[str, Any] | None) -> "LineFormat":
        """From the dialect in the ledger, where there is one."""
        return cls(dialect["delimiter"], dialect["quoteChar"]) if dialect else cls()

    def split(self, text: str) -> list[str]:
        """The cells of a line; the whole line where it cannot be split. Raises nothing."""
        try:
            return self.parsed(text)
        except csv.Error:
            return [text]

    def parsed(self, text: str) -> list[str]:
        """The cells of a line. Raises csv.Error where its quotation marks do not fit."""
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quote_char else csv.QUOTE_NONE
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote_char, quoting=quoting, strict=True)
        return next(reader, [])

    def joined(self, cells: Sequence[str]) -> str:
        """A line of these cells."""
        text = io.StringIO(newline="")
        # A cell with line ends is quoted only where the writer writes line ends itself.
        csv.writer(text, delimiter=self.delimiter, quotechar=self.quote_char or '"').writerow(cells)
        return text.getvalue().removesuffix("\r\n")


@dataclass(frozen=True)
class RejectedLine:
    """One refused line: `errors` as RowChecker tells them; `raw_text` is the line as it was sent, with escapes."""

    line_number: int
    errors: list[dict[str, Any]]
    raw_text: str


def spool(spooled: TextIO, owner_id: int, record: Record, errors: list[dict[str, Any]]) -> None:
    """Keep a refused line on disk until COPY is done: one connection cannot do both at once."""
    csv.writer(spooled).writerow([owner_id, record.line_number, json.dumps(errors), storable(record.raw_text)])


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


def widest(connection: Connection, table: RejectsTable, owner_id: int, format: LineFormat) -> int:
    """How many cells the longest refused line has, of those that may have more than the header; 0: there are none."""
    statement = sql.SQL(
        "select raw_text from {table} where {owner} = %s "
        """and errors @? '$[*] ? (@.code == "too_many_cells" || @.code == "line_too_long")'"""
    )
    with connection.cursor(name="longest_lines") as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(statement.format(**table.identifiers), [owner_id])
        return max((len(format.split(raw_text)) for (raw_text,) in cursor), default=0)
