"""A contract as one regular expression that proves a line good, so that only the others are judged cell by cell.

What it matches, `elt.loading.checking` accepts, and COPY reads as the same values. The reverse need not hold: a good
line in an unusual spelling is judged, and loaded, all the same. RE2 takes time in proportion to the text, whatever the
expression.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import re2
from numpy.typing import NDArray

from elt.contracting.contract import Contract, Field
from elt.loading.value_patterns import Unprovable, boolean, day, flat_object, moment, number, whole
from elt.reading.blocks import LINE_END, Block

LONGEST_COUNTED = 1000  # characters, RE2's own limit; a longer maxLength is proven by the length of the line
LONGEST_PROVEN = 20_000  # bytes of a line; each cell of it is then far below the limits that `checking` knows
# The expression is matched against bytes: character by character where they are ASCII, else byte by byte. A character
# of several bytes counts as several, so that a text near its maxLength is judged.
CONTROL = r"\x00\x01\x02\n\r"
# How a character beyond ASCII begins that str.strip() leaves alone.
BEYOND_ASCII = r"[\xc3-\xe0\xe4-\xff]|\xc2[^\x85\xa0]|\xe1[^\x9a]|\xe2[^\x80\x81]|\xe3[^\x80]"
NEVER = r"[^\x00-\xff]"
EMPTY_OBJECT = r"\{ *\}"


@dataclass(frozen=True)
class Proof:
    """`line` matches a line with its line feed; lines may have `longest` bytes.

    Where no cell is required, `blank` matches every line in which nothing is written, and some more: none is proven.
    """

    line: str
    longest: int
    blank: str | None

    def lines(self, block: Block) -> NDArray[np.bool_]:
        """For each line of the block, whether it is proven good."""
        proven = np.diff(block.offsets) <= self.longest
        text, start = block.plain, 0
        while (start := self._good_lines.match(text, start).end()) < len(text):
            proven[np.searchsorted(block.offsets, start)] = False
            start = text.index(LINE_END, start) + 1
        for found in self._blank_lines.finditer(text) if self._blank_lines else ():
            proven[np.searchsorted(block.offsets, found.start())] = False
        if not _is_utf8(text):  # RE2 takes bytes as they come, Postgres would refuse the whole file
            proven &= np.fromiter(map(_is_utf8, text.splitlines()), np.bool_, len(proven))
        return proven

    @cached_property
    def _blank_lines(self) -> Any:
        return re2.compile(rf"(?m)^{self.blank}\n".encode("latin-1"), _options()) if self.blank else None

    @cached_property
    def _good_lines(self) -> Any:
        return re2.compile(f"(?:{self.line})*".encode("latin-1"), _options())


def _options() -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True  # to say where the groups of a contract's pattern lie costs twenty times the match
    return options


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def prove(
    contract: Contract,
    positions: Sequence[int],
    width: int,
    delimiter: str,
    quote: str | None,
    null: str,
    *,
    simple: bool,
) -> Proof | None:
    """The proof for files with this header; None where the contract has a rule that cannot be part of one.

    `positions[i]` is where the i-th field stands; `null` is the one missing value that a cell may be.
    `simple` leaves out cells that need their quotes, and those with a character that COPY's text format must escape.
    """
    fields = dict(zip(positions, contract.fields, strict=True))
    if len(fields) != width:
        return None
    others = [value for value in contract.missing_values if value.strip() != null]
    may_be_blank = width > 1  # a line of nothing is no record
    cells, longest = [], LONGEST_PROVEN
    try:
        for position in range(width):
            cell = _Cell(fields[position], delimiter, quote, simple)
            cells.append(cell.pattern(null, others, may_be_blank))
            longest = min(longest, cell.longest)
    except Unprovable:
        return None
    line = "(?:" + f")[{re.escape(delimiter)}](?:".join(cells) + r")\n"
    is_any_required = any(field.constraints.get("required") for field in contract.fields)
    return Proof(line, longest, None if is_any_required else f"[{re.escape(f' {delimiter}{quote or str()}')}]*")


class _Cell:
    """The spellings of one field's cell that are surely good."""

    def __init__(self, field: Field, delimiter: str, quote: str | None, simple: bool) -> None:
        self._field = field
        self._simple = simple
        self._quote = quote
        self._delimiter = delimiter
        maximum = field.constraints.get("maxLength")
        self.longest = maximum if maximum is not None and maximum > LONGEST_COUNTED else LONGEST_PROVEN

    def pattern(self, null: str, others: Sequence[str], may_be_blank: bool) -> str:
        """Bare, or in quotes, where the cell may hold the delimiter too and the quote twice over."""
        reserved = re.escape(self._delimiter + (self._quote or "") + ("\\\t" if self._simple else ""))
        bare = self._spelling(null, others, may_be_blank, reserved)
        if self._quote is None:
            return bare
        quoted = self._spelling(null, others, True, reserved if self._simple else re.escape(self._quote), self._quote)
        return f"{bare}|{self._quote}(?:{quoted}){self._quote}"

    def _spelling(
        self, null: str, others: Sequence[str], may_be_blank: bool, reserved: str, around: str | None = None
    ) -> str:
        if self._field.type == "string":
            value = self._text(null, others, reserved)
        elif self._field.type == "object":
            value = self._object(null, others, around)
        else:
            value = self._typed(null, others)
        if self._field.constraints.get("required") or not (null or may_be_blank):
            return value
        if _holds(null, reserved):
            raise Unprovable
        return f"{value}|{_in_bytes(re.escape(null))}"

    def _typed(self, null: str, others: Sequence[str]) -> str:
        field, constraints = self._field, self._field.constraints
        if {"enum", "pattern", "maxLength"} & set(constraints):
            raise Unprovable
        forms: dict[str, Callable[[], str]] = {
            "integer": lambda: whole(constraints, 9 if field.postgres_type == "integer" else 18),
            "year": lambda: whole(constraints, 4),
            "number": lambda: number(constraints),
            "boolean": lambda: boolean(constraints),
            "date": lambda: day(constraints),
            "datetime": lambda: moment(constraints),
        }
        value = forms[field.type]()
        if any(re.fullmatch(value, word.strip()) for word in (null, *others)):
            raise Unprovable  # a missing marker such as -1, which reads like a value
        return f" *{value} *"

    def _object(self, null: str, others: Sequence[str], around: str | None) -> str:
        """The empty one; within quotes, which are doubled there, also those of one key."""
        if any(word.strip().startswith("{") for word in (null, *others)):
            raise Unprovable
        doubled = around == '"' and not self._simple
        return f" *{flat_object(self._field.constraints) if doubled else EMPTY_OBJECT} *"

    def _text(self, null: str, others: Sequence[str], reserved: str) -> str:
        constraints = self._field.constraints
        markers = sorted({word.strip() for word in (null, *others)} - {""})
        if any(_holds(word, reserved) for word in markers):
            raise Unprovable
        if len({"enum", "pattern", "maxLength"} & set(constraints)) > 1:
            raise Unprovable
        if "enum" in constraints:
            words = [str(value) for value in constraints["enum"]]
            allowed = [word for word in words if word.strip() not in ("", *markers) and not _holds(word, reserved)]
            return "|".join(_in_bytes(re.escape(word)) for word in allowed) or NEVER
        if "pattern" in constraints:
            if any(re.fullmatch(constraints["pattern"], word) for word in markers):
                raise Unprovable
            return _embedded(constraints["pattern"])
        character = f"[^{reserved}{CONTROL}]"
        if reserved == self._quote:
            character = f"(?:{character}|{self._quote}{self._quote})"
        maximum = constraints.get("maxLength")
        room = maximum if maximum is not None and maximum <= LONGEST_COUNTED else None
        return _unlike(markers, reserved, character, room)


def _holds(text: str, reserved: str) -> bool:
    return re.search(f"[{reserved}{CONTROL}]", text) is not None


def _in_bytes(pattern: str) -> str:
    """The pattern of what a text is in UTF-8, one character for each byte."""
    return pattern.encode().decode("latin-1")


def _unlike(words: Sequence[str], reserved: str, character: str, room: int | None) -> str:
    """A text that begins with no blank, is none of these words nor one followed by blanks, and has room."""
    left = None if room is None else room - 1
    if left is not None and left < 0:
        return NEVER
    heads: dict[str, list[str]] = {}
    for word in words:
        heads.setdefault(word[0], []).append(word[1:])
    if not all("!" <= head <= "~" for head in heads):
        raise Unprovable  # a missing value that begins with no ASCII letter or sign
    others = "".join(chr(code) for code in range(ord("!"), 127) if not re.match(f"[{reserved}]", chr(code)))
    first = re.escape("".join(character for character in others if character not in heads))
    parts = [f"(?:[{first}]|{BEYOND_ASCII}){_up_to(left, character)}"]
    parts += [re.escape(head) + _after(tails, reserved, character, left) for head, tails in heads.items()]
    return "(?:" + "|".join(parts) + ")"


def _after(tails: Sequence[str], reserved: str, character: str, room: int | None) -> str:
    """How a text may go on that began like words which end in these tails."""
    unlike = _unlike([tail for tail in tails if tail], reserved, character, room)
    return unlike if "" in tails else f"(?:{unlike}|)"


def _up_to(count: int | None, character: str) -> str:
    return f"{character}*" if count is None else f"{character}{{0,{count}}}"


# Parts of a pattern that mean the same to RE2, and can take in no character that ends a cell.
_SIMPLE = re.compile(
    r"(?:\\d|\\[-./+]|[A-Za-z0-9_@/-]|\[(?:[A-Za-z]-[A-Za-z]|\d-\d|[A-Za-z0-9_])+\]|\(\?:|\(|\)|\||[?*+]|\{\d{1,2}(?:,\d{1,2})?\})*"
)


def _embedded(pattern: str) -> str:
    bare = pattern.removeprefix("^").removesuffix("$")
    if not _SIMPLE.fullmatch(bare) or re.fullmatch(bare, ""):
        raise Unprovable
    return f"(?:{bare})"
