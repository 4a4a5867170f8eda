"""A corrected rejects file, line by line: which line of the submission each one corrects, and whether it now passes."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from elt.checking import RECORD_MESSAGES, RowChecker
from elt.contract import Contract, Field, normalise
from elt.copy_format import TEXT_ESCAPES
from elt.detecting import Front, read_front
from elt.errors import Refused
from elt.reading import Record, read_records

COPY_NULL = "\\N"  # as COPY's text format has it
LINE_COLUMN = "_line"
REPORT_COLUMNS = ("_column", "_error")  # what the rejects file adds for people; they may be left out
LINE_NUMBER = re.compile(r"[1-9]\d{0,9}")


@dataclass(frozen=True)
class FixFront:
    """The front of a fix, and where in it the columns of the rejects file stand."""

    front: Front
    line_position: int
    positions: tuple[int, ...]  # of the contract's fields
    own: frozenset[int]  # positions that are the rejects file's, not the submission's

    def columns(self, contract: Contract) -> list[str]:
        """The columns of raw in the order in which this file, and each row of it, has them."""
        by_position = sorted(zip(self.positions, contract.fields, strict=True), key=lambda pair: pair[0])
        return [field.column for _, field in by_position]


@dataclass(frozen=True)
class FixRecord:
    """One line of a fix: with `code` it belongs to no refused line, with `row` it passes, or `errors` say why not."""

    fix_line_number: int
    line_number: int | None
    code: str | None
    message: str | None
    row: str | None
    errors: str | None
    raw_text: str

    def spooled(self) -> list[object]:
        """As the columns of the table that `elt.fixing` compares with the refused lines."""
        return [self.fix_line_number, self.line_number, self.code, self.message, self.errors, self.raw_text]


def read_fix_front(sample: bytes, contract: Contract) -> FixFront:
    """Decide how a fix is to be read. Raises Refused where it is no rejects file of this dataset."""
    names: tuple[str, ...] = (LINE_COLUMN, *REPORT_COLUMNS)
    try:
        front = read_front(sample, _with_columns(contract, names))
    except Refused as refusal:
        missing = set(refusal.details.get("missing", ()))
        if LINE_COLUMN in missing:
            raise _no_lines() from refusal
        if not missing or not missing <= set(REPORT_COLUMNS):
            raise
        names = tuple(name for name in names if name not in missing)
        front = read_front(sample, _with_columns(contract, names))
    own = front.match.positions[: len(names)]
    return FixFront(front, own[0], front.match.positions[len(names) :], frozenset(own))


def _no_lines() -> Refused:
    return Refused(
        "no_line_column",
        f"The corrections have no column `{LINE_COLUMN}`, which says what line each of them is.",
        allowed=f"The rejects file, with `{LINE_COLUMN}` as it came and the columns of the dataset.",
        remedy="Download it (GET …/rejects), correct its lines, and send it back; a whole new file goes to PUT …/file.",
    )


def _with_columns(contract: Contract, names: tuple[str, ...]) -> Contract:
    added = tuple(Field(name, name, "string", "", {}, None, "") for name in names)
    return replace(contract, fields=(*added, *contract.fields))


def read_fix(
    stream: BinaryIO, fix_front: FixFront, contract: Contract, header: list[str], delimiter: str
) -> Iterator[FixRecord]:
    """Every line of a fix; one of blanks only is passed over. `raw_text` is as the submission's own file would have it.

    `header` and `delimiter` are the submission's.
    """
    front = fix_front.front
    checker = RowChecker(contract, fix_front.positions, len(front.header), COPY_NULL, _escaped)
    order = _order(front.header, header)
    for record in read_records(stream, front):
        if record.error:
            yield FixRecord(record.line_number, None, record.error, RECORD_MESSAGES[record.error], None, None, "")
        elif any(cell.strip() for cell in record.cells):
            yield _judged(record, fix_front, checker, order, delimiter)


def _judged(
    record: Record, fix_front: FixFront, checker: RowChecker, order: tuple[int, ...], delimiter: str
) -> FixRecord:
    number, cells = record.line_number, record.cells
    line = cells[fix_front.line_position].strip() if fix_front.line_position < len(cells) else ""
    if not LINE_NUMBER.fullmatch(line):
        message = f"its {LINE_COLUMN} is no line number; leave that column as the rejects file has it"
        return FixRecord(number, None, "no_line_number", message, None, None, "")
    row = checker.row(record)
    errors = json.dumps(checker.errors(record)) if row is None else None
    whole = len(cells) == len(fix_front.front.header)
    kept = order if whole else [place for place in range(len(cells)) if place not in fix_front.own]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow([cells[place] for place in kept])
    return FixRecord(number, int(line), None, None, row, errors, _storable(text.getvalue()))


def _storable(text: str) -> str:
    """Without what Postgres cannot hold: null bytes, and what stands for bytes that no encoding explained."""
    plain = text.replace("\x00", "\\x00")
    return plain.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _escaped(cell: str) -> str:
    return cell.translate(TEXT_ESCAPES)


def _order(fix_header: list[str], header: list[str]) -> tuple[int, ...]:
    """Where in a line of the fix each cell of a line of the submission stands."""
    found = {normalise(cell): place for place, cell in enumerate(fix_header)}
    return tuple(found[normalise(cell)] for cell in header if normalise(cell) in found)
