"""A corrected rejects file, line by line: which line of the submission each one corrects, and whether it now passes."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from elt.contracting.contract import Contract, Field, normalise
from elt.errors import Refused
from elt.loading.checking import RECORD_MESSAGES, RowChecker
from elt.loading.copy_format import TEXT_ESCAPES
from elt.loading.rejects import LineFormat
from elt.reading.detecting import Front, read_front, without_blanks_at_end
from elt.reading.escapes import storable
from elt.reading.records import Record, read_records

COPY_NULL = "\\N"  # as COPY's text format has it
LINE_COLUMN = "_line"
REPORT_COLUMNS = ("_column", "_error")  # what the rejects file adds for people; they may be left out
LINE_NUMBER = re.compile(r"([1-9]\d{0,9})(?:[.,]0+)?")  # a spreadsheet may have made 5.0 of 5


@dataclass(frozen=True)
class FixFront:
    """The front of a fix, and where in it the columns of the rejects file stand."""

    front: Front
    line_position: int
    own: frozenset[int]  # positions that are the rejects file's, not the submission's
    width: int  # cells of the header that have a name: a spreadsheet fills up lines as long as the longest


@dataclass(frozen=True)
class FixRecord:
    """One line of a fix: with `code` it belongs to no refused line, with `row` it passes, or `errors` say why not.

    `raw_text` is as the submission's own file would have it; `sent_text` its cells as they came, where that differs.
    """

    fix_line_number: int
    line_number: int | None
    code: str | None
    message: str | None
    row: str | None = None
    errors: str | None = None
    raw_text: str = ""
    sent_text: str | None = None

    def spooled(self) -> list[object]:
        """As the columns of the table that `elt.fixing.joining` compares with the refused lines."""
        reasons = [self.code, self.message, self.errors]
        return [self.fix_line_number, self.line_number, *reasons, self.raw_text, self.sent_text]


def read_fix_front(sample: bytes, contract: Contract) -> FixFront:
    """Decide how a fix is to be read. Raises Refused where it is no rejects file of this dataset."""
    names: tuple[str, ...] = (LINE_COLUMN, *REPORT_COLUMNS)
    try:
        front = read_front(sample, _with_columns(contract, names), may_be_padded=True)
    except Refused as refusal:
        if refusal.code == "not_csv":
            raise _no_text(refusal) from refusal
        missing = set(refusal.details.get("missing", ()))
        if LINE_COLUMN in missing:
            raise _no_lines() from refusal
        if not missing.intersection(REPORT_COLUMNS):
            raise
        names = tuple(name for name in names if name not in missing)
        front = read_front(sample, _with_columns(contract, names), may_be_padded=True)
    own = front.match.positions[: len(names)]
    return FixFront(front, own[0], frozenset(own), len(without_blanks_at_end(front.header)))


def _no_text(refusal: Refused) -> Refused:
    return Refused(
        refusal.code,
        refusal.message,
        allowed="The rejects file as plain text (CSV), as it is or in a gzip file (.csv.gz).",
        remedy="Save or export it as CSV (UTF-8) and send that.",
    )


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


def columns(contract: Contract, header: list[str]) -> list[str]:
    """The columns of raw in the order of the submission's header, as every row of a fix has them."""
    positions = contract.match_header(header).positions
    by_position = sorted(zip(positions, contract.fields, strict=True), key=lambda pair: pair[0])
    return [field.column for _, field in by_position]


class FixReader:
    """Reads lines of a fix as lines of its submission, whose `header` and `format` these are.

    `is_unsplit` says of a line whether it was refused because it cannot be split into cells.
    """

    def __init__(
        self,
        fix_front: FixFront,
        contract: Contract,
        header: list[str],
        format: LineFormat,
        is_unsplit: Callable[[int], bool],
    ) -> None:
        self._front = fix_front
        self._format = format
        self._is_unsplit = is_unsplit
        self._width = len(header)
        positions = contract.match_header(header).positions
        self._checker = RowChecker(contract, positions, len(header), COPY_NULL, _escaped)
        found = {normalise(cell): place for place, cell in enumerate(fix_front.front.header)}
        self._order = [found[normalise(cell)] for cell in header]

    def records(self, stream: BinaryIO) -> Iterator[FixRecord]:
        """Every line; one of blanks only is passed over."""
        for record in read_records(stream, self._front.front):
            if record.error:
                yield FixRecord(record.line_number, None, record.error, RECORD_MESSAGES[record.error])
            elif any(cell.strip() for cell in record.cells):
                yield self._judged(record.line_number, record.cells)

    def _judged(self, number: int, cells: list[str]) -> FixRecord:
        place = self._front.line_position
        line = LINE_NUMBER.fullmatch(cells[place].strip() if place < len(cells) else "")
        if line is None:
            message = f"its {LINE_COLUMN} is no line number; leave that column as the rejects file has it"
            return FixRecord(number, None, "no_line_number", message)
        sent = self._of_submission(cells)
        kept = self._unpadded(sent)
        kept = self._split(int(line[1]), kept) or kept
        record = Record(number, kept, "\n".join(kept), None)
        row = self._checker.row(record)
        errors = json.dumps(self._checker.errors(record)) if row is None else None
        sent_text = None if kept == sent else storable(self._format.joined(sent))
        raw_text = storable(self._format.joined(kept))
        return FixRecord(number, int(line[1]), None, None, row, errors, raw_text, sent_text)

    def _of_submission(self, cells: list[str]) -> list[str]:
        """The submission's own cells in its order, then those beyond the named columns."""
        if len(cells) < self._front.width:
            return [cell for place, cell in enumerate(cells) if place not in self._front.own]
        return [cells[place] for place in self._order] + cells[self._front.width :]

    def _unpadded(self, cells: list[str]) -> list[str]:
        return [*cells[: self._width], *without_blanks_at_end(cells[self._width :])]

    def _split(self, line_number: int, cells: list[str]) -> list[str] | None:
        """The cells of a line that could not be split and stands corrected, but whole, in the first cell."""
        if self._width == 1 or not stands_whole(cells):
            return None
        try:
            split = self._format.parsed(cells[0])
        except csv.Error:
            return None
        return split if len(split) == self._width and self._is_unsplit(line_number) else None


def stands_whole(cells: list[str]) -> bool:
    """Whether only the first cell holds something."""
    return bool(cells and cells[0].strip()) and not any(cell.strip() for cell in cells[1:])


def _escaped(cell: str) -> str:
    return cell.translate(TEXT_ESCAPES)
