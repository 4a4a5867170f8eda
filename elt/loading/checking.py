"""Whether a cell is what its contract says. A good cell becomes the text that COPY takes; nothing is coerced."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from elt.contracting.contract import Contract, Field
from elt.loading import json_objects
from elt.reading import escapes
from elt.reading.records import UNDECODABLE, Record

CACHE_LIMIT = 20_000  # distinct cells remembered per column; identifiers and names would otherwise fill the memory
CELL_LIMIT = 100_000  # characters
INT8_MAXIMUM = 2**63 - 1
_INTEGER = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][+-]?\d{1,2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

EMPTY_LINE = "empty_line"
RECORD_MESSAGES = {
    EMPTY_LINE: "nothing stands in its cells; spreadsheets end files with such lines, and they can go",
    "unclosed_quote": "a quotation mark opens on this line and is not closed; close or remove it",
    "stray_quote": "a quoted cell is followed by other characters; double the quotation marks inside a quoted cell",
    "line_too_long": "the line is longer than 1,048,576 characters: only its beginning is shown, and it can only be "
    "corrected in the file itself; send that as a new version (PUT …/file)",
}


@dataclass(frozen=True)
class CellError:
    """What is wrong with a cell. Deliberately no str: joining a row that holds one fails, which finds bad rows fast."""

    code: str
    message: str


class ColumnChecker(dict[str, str | CellError]):
    """Looks up a cell: its text, escaped for COPY, or a CellError. A cell is judged once, then remembered."""

    def __init__(
        self, field: Field, missing_values: tuple[str, ...], null: str = "", escape: Callable[[str], str] = str
    ) -> None:
        super().__init__()
        self._null = null
        self._escape = escape
        self.name = field.name
        self._judge = _type_judge(field)
        self._missing_values = frozenset(missing_values)
        constraints = field.constraints
        self._required = bool(constraints.get("required"))
        self._constraints = _constraint_judges(field)

    def __missing__(self, cell: str) -> str | CellError:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        result = self[cell] = self._check(cell)
        return result

    def _check(self, cell: str) -> str | CellError:
        if "\x00" in cell:
            return CellError("null_byte", "holds a null byte; export the file again as plain text")
        if not cell.isascii() and UNDECODABLE.search(cell):
            return CellError("encoding", "holds bytes that are not valid in the file's encoding; save it as UTF-8")
        if len(cell) > CELL_LIMIT:
            return CellError("cell_too_long", f"is longer than {CELL_LIMIT:,} characters")
        if cell in self._missing_values or cell.strip() in self._missing_values:
            return CellError("required", "is missing, and must not be") if self._required else self._null
        judged = self._judge(cell)
        if isinstance(judged, CellError):
            return judged
        value, text = judged
        for judge in self._constraints:
            if error := judge(value):
                return error
        return self._escape(text)


Judged = tuple[Any, str] | CellError


def _type_judge(field: Field) -> Callable[[str], Judged]:
    return {
        "string": lambda cell: (cell, cell),
        "integer": _integer,
        "year": _integer,
        "number": _number,
        "boolean": _boolean,
        "date": _date,
        "datetime": _datetime,
        "object": _object,
    }[field.type]


def _integer(cell: str) -> Judged:
    text = cell.strip()
    if not (text.isascii() and _INTEGER.fullmatch(text)) or abs(int(text)) > INT8_MAXIMUM:
        return CellError("type", "is not a whole number")
    return int(text), text


def _number(cell: str) -> Judged:
    text = cell.strip()
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        return CellError("type", "is not a number (write 1234.5, without thousands separators)")
    return Decimal(text), text


def _boolean(cell: str) -> Judged:
    text = cell.strip().lower()
    if text not in ("true", "false", "1", "0"):
        return CellError("type", "is not true or false")
    return text in ("true", "1"), text


def _date(cell: str) -> Judged:
    text = cell.strip()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text), text
    except ValueError:
        pass
    return CellError("type", "is not a date (write 2009-05-17)")


def _datetime(cell: str) -> Judged:
    text = cell.strip()
    try:
        value = datetime.fromisoformat(text)
        return value, value.isoformat()  # Python reads more spellings than Postgres does
    except ValueError:
        return CellError("type", "is not a date and time (write 2009-05-17T08:30:00Z)")


def _object(cell: str) -> Judged:
    text = cell.strip()
    try:
        return json_objects.parsed(text), text
    except ValueError:
        return CellError("type", 'is not a JSON object (write {"key": "value"}, each key once)')


def _constraint_judges(field: Field) -> list[Callable[[Any], CellError | None]]:
    """The contract's constraints on a value that has the right type. No message lists values of a personal column."""
    type, constraints = field.type, field.constraints
    judges: list[Callable[[Any], CellError | None]] = []
    minimum, maximum = constraints.get("minimum"), constraints.get("maximum")
    if minimum is not None or maximum is not None:
        limit: Callable[[str], Any] = Decimal if type in ("number", "integer", "year") else date.fromisoformat
        low = None if minimum is None else limit(str(minimum))
        high = None if maximum is None else limit(str(maximum))
        judges.append(lambda value: _in_range(value, low, high))
    if "enum" in constraints:
        allowed = [str(value) for value in constraints["enum"]]
        listed = "the allowed values" if field.personal else ", ".join(allowed)
        judges.append(lambda value: None if str(value) in allowed else CellError("enum", f"is not one of {listed}"))
    if "pattern" in constraints:
        pattern = re.compile(constraints["pattern"])
        judges.append(
            lambda value: None if pattern.fullmatch(value) else CellError("pattern", f"does not fit {pattern.pattern}")
        )
    if "maxLength" in constraints:
        longest = constraints["maxLength"]
        judges.append(
            lambda value: (
                None if len(value) <= longest else CellError("max_length", f"is longer than {longest} characters")
            )
        )
    return judges


def _in_range(value: Any, low: Any, high: Any) -> CellError | None:
    if (low is not None and value < low) or (high is not None and value > high):
        if high is None:
            return CellError("minimum", f"is below {low}")
        if low is None:
            return CellError("maximum", f"is above {high}")
        return CellError("range", f"is not between {low} and {high}")
    return None


class RowChecker:
    """Turns records into rows for COPY, or says what is wrong with them.

    `positions[i]` is where in a record the contract's i-th field stands; `null` is what COPY takes for a missing value.
    """

    def __init__(
        self,
        contract: Contract,
        positions: tuple[int, ...],
        width: int,
        null: str = "",
        escape: Callable[[str], str] = str,
    ) -> None:
        fields = [field for _, field in sorted(zip(positions, contract.fields, strict=True), key=lambda pair: pair[0])]
        self._columns = [ColumnChecker(field, contract.missing_values, null, escape) for field in fields]
        self._positions = sorted(positions)
        self._whole = len(positions) == width
        self._width = width

    def row(self, record: Record, between: str = "\t") -> str | None:
        """The record's cells in the order of the file; None where something is wrong, or nothing stands in any."""
        cells = record.cells
        if record.error or len(cells) != self._width or not "".join(cells).strip():
            return None
        if not self._whole:
            cells = [cells[position] for position in self._positions]
        try:
            return between.join([column[cell] for column, cell in zip(self._columns, cells, strict=True)])  # type: ignore[misc]
        except TypeError:  # one of them is a CellError
            return None

    def errors(self, record: Record) -> list[dict[str, Any]]:
        """What is wrong with a record that gave no row; never empty, never a value of a cell.

        Each has `column` (None: the line), `code` and `message`; `escapes` where bytes there are no text.
        """
        of_line = escapes.noted(record.raw_text)
        if record.error:
            return [{"column": None, "code": record.error, "message": RECORD_MESSAGES[record.error], **of_line}]
        count = len(record.cells)
        if not "".join(record.cells).strip():
            return [{"column": None, "code": EMPTY_LINE, "message": RECORD_MESSAGES[EMPTY_LINE]}]
        if count != self._width:
            code = "too_few_cells" if count < self._width else "too_many_cells"
            message = f"the line has {count} cells, the header has {self._width}"
            return [{"column": None, "code": code, "message": message, **of_line}]
        found: list[dict[str, Any]] = []
        for column, position in zip(self._columns, self._positions, strict=True):
            cell = record.cells[position]
            result = column[cell]
            if isinstance(result, CellError):
                error = {"column": column.name, "code": result.code, "message": result.message}
                found.append({**error, **escapes.noted(cell)})
        return found
