"""What kind of thing a cell is, looked at alone. Kinds exclude each other; their counts give a column's type."""

import re
from datetime import date, datetime
from enum import StrEnum

from elt.loading.checking import INT8_MAXIMUM
from elt.reading.records import UNDECODABLE

SHOWN_CHARACTERS = 120  # a longer cell cannot be shown in a table or a legend


class Kind(StrEnum):
    """The kinds, named as evidence names them: "3 cells are words"."""

    BLANK = "blank"
    MARK = "marks for a missing value"
    INTEGER = "whole numbers"
    SIGNED = "whole numbers with a plus sign"
    LEADING_ZERO = "digits with a leading zero"
    LONG_DIGITS = "digits too many for a number"
    DECIMAL = "decimal numbers"
    EXPONENT = "a number or a code such as 12E4"
    THOUSANDS = "numbers with thousands separators"
    DECIMAL_COMMA = "numbers with a decimal comma"
    PERCENT = "numbers with a percent sign"
    TRUE_FALSE = "true or false"
    DATE = "dates (2009-05-17)"
    DATETIME = "dates with a time"
    DAY_FIRST = "dates with the day first (17/05/2009)"
    MONTH_FIRST = "dates with the month first (05/17/2009)"
    DAY_OR_MONTH_FIRST = "dates with the day or the month first (05/06/2009)"
    YEAR_FIRST = "dates with the year first, not as 2009-05-17"
    NAMED_MONTH = "dates with the month in letters (17 May 2009)"
    WORDS = "words"
    UNREADABLE = "broken characters"


# Never a word of any language: wherever one stands, the value is missing.
MARKS = frozenset({"?", "??", "-", "--", "---", ".", "..", "...", "N/A", "n/a", "#N/A", "NULL", "null", "NaN", "nan"})
# May be a word too (a country's code, "no disorder"): missing only where a column of numbers or dates has it.
NULL_WORDS = frozenset(
    {"NA", "na", "None", "none", "Null", "Nil", "nil", "NIL", "NONE", "Missing", "missing", "#NULL!"}
)
LEGACY_MARKS = frozenset(MARKS - {"NULL", "null", "NaN", "nan"})

INTEGERS = frozenset({Kind.INTEGER, Kind.SIGNED})
NUMBERS = INTEGERS | {Kind.DECIMAL, Kind.EXPONENT}
FOREIGN_NUMBERS = frozenset({Kind.THOUSANDS, Kind.DECIMAL_COMMA, Kind.PERCENT})
FOREIGN_DATES = frozenset(
    {Kind.DAY_FIRST, Kind.MONTH_FIRST, Kind.DAY_OR_MONTH_FIRST, Kind.YEAR_FIRST, Kind.NAMED_MONTH}
)

_DIGITS = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d{1,60}\.\d{0,60}|\.\d{1,60})([eE][+-]?\d{1,2})?")
_EXPONENT = re.compile(r"[+-]?\d{1,60}[eE][+-]?\d{1,2}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,\u00a0 ]\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_PERCENT = re.compile(r"[+-]?\d+([.,]\d+)? ?%")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"\d{4}([/.-])\d{1,2}\1\d{1,2}")
_MONTHS = frozenset({"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"})
_MONTH = rf"({'|'.join(sorted(_MONTHS))})[a-z]*\.?"
_NAMED_MONTH = re.compile(rf"(\d{{1,2}}[ -]{_MONTH}[ -]\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}})", re.IGNORECASE)


def kind_of(cell: str) -> Kind:
    """The one kind of a cell, its surrounding white space left out of account, as the loader does for all but text."""
    text = cell.strip()
    if not text:
        return Kind.BLANK
    if text in MARKS:
        return Kind.MARK
    if not cell.isascii():
        return Kind.UNREADABLE if UNDECODABLE.search(cell) else _kind_of_word(text)
    if "\x00" in cell:
        return Kind.UNREADABLE
    first = text[0]
    if first.isdigit() or first in "+-.":
        return _kind_of_digits(text)
    if first in "tTfF" and text.lower() in ("true", "false"):
        return Kind.TRUE_FALSE
    return _kind_of_word(text)


def _kind_of_digits(text: str) -> Kind:
    if _DIGITS.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0":
            return Kind.LEADING_ZERO
        if len(digits) > 19 or int(digits) > INT8_MAXIMUM:
            return Kind.LONG_DIGITS
        # -0 and +7 are other spellings of a number, which matters where it is a key.
        return Kind.SIGNED if text[0] == "+" or text == "-0" else Kind.INTEGER
    if _DECIMAL.fullmatch(text):
        return Kind.DECIMAL
    if _EXPONENT.fullmatch(text):
        return Kind.EXPONENT
    if _THOUSANDS.fullmatch(text):
        return Kind.THOUSANDS
    if _DECIMAL_COMMA.fullmatch(text):
        return Kind.DECIMAL_COMMA
    if _PERCENT.fullmatch(text):
        return Kind.PERCENT
    return _kind_of_date(text)


def _kind_of_date(text: str) -> Kind:
    if _DATE.fullmatch(text):
        return Kind.DATE if _is_date(text) else Kind.WORDS
    if _DATETIME.fullmatch(text):
        return Kind.DATETIME if _is_datetime(text) else Kind.WORDS
    if match := _SLASHED.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        if first <= 12 and second <= 12:
            return Kind.DAY_OR_MONTH_FIRST
        if first <= 31 and second <= 12:
            return Kind.DAY_FIRST
        return Kind.MONTH_FIRST if first <= 12 and second <= 31 else Kind.WORDS
    if _YEAR_FIRST.fullmatch(text):
        return Kind.YEAR_FIRST
    return Kind.NAMED_MONTH if _NAMED_MONTH.fullmatch(text) else Kind.WORDS


def _kind_of_word(text: str) -> Kind:
    if text[0].isdigit():  # 1 234 with a no-break space
        return Kind.THOUSANDS if _THOUSANDS.fullmatch(text) and text.replace("\u00a0", "").isascii() else Kind.WORDS
    may_be_month = text[:3].lower() in _MONTHS
    return Kind.NAMED_MONTH if may_be_month and _NAMED_MONTH.fullmatch(text) else Kind.WORDS


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
