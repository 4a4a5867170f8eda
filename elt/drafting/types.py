"""Which type a column has: the narrowest one that takes every cell without loss, else text. Nothing is coerced."""

from dataclasses import dataclass

from elt.drafting.cells import FOREIGN_DATES, FOREIGN_NUMBERS, INTEGERS, NULL_WORDS, NUMBERS, Kind
from elt.drafting.headers import words_of
from elt.drafting.profile import ColumnProfile

YEAR_WORDS = frozenset({"year", "years", "yr", "cohort", "session", "intake", "graduation", "birth", "academic"})
YEARS = (1900, 2100)
_DIGITS = INTEGERS | {Kind.LEADING_ZERO, Kind.LONG_DIGITS}
_GAPS = frozenset({Kind.BLANK, Kind.MARK})
_TYPED = (_DIGITS, NUMBERS, frozenset({Kind.DATE}), frozenset({Kind.DATETIME}), frozenset({Kind.TRUE_FALSE}))
_NAMES = {
    "integer": "whole numbers",
    "number": "numbers",
    "year": "years",
    "boolean": "true or false",
    "date": "dates",
    "datetime": "dates with a time",
}


@dataclass(frozen=True)
class Typed:
    """A column's type and the sentences that give the reason."""

    type: str
    evidence: tuple[str, ...]


def missing_values(columns: list[ColumnProfile]) -> tuple[str, ...]:
    """What stands for a missing value in this file, the empty cell first.

    A mark such as `?` is never a word. A word such as NA or None may be one: it is taken for missing only where a
    column of numbers or dates has it, and None only where no column of text has it as well.
    """
    marks = {cell.strip() for column in columns for cell in column.missing}
    in_text = {word for column in columns if not _is_typed(column) for word in _null_words(column)}
    in_typed = {word for column in columns if _is_typed(column) for word in _null_words(column)}
    words = {word for word in in_typed if word not in in_text or word in ("NA", "na")}
    return ("", *sorted((marks - NULL_WORDS - {""}) | words))


def _null_words(column: ColumnProfile) -> set[str]:
    return {cell.strip() for cell in column.missing} & NULL_WORDS


def _is_typed(column: ColumnProfile) -> bool:
    """Whether a column is of numbers or dates but for words such as NA."""
    present = present_kinds(column, NULL_WORDS)
    return bool(present) and any(present <= kinds for kinds in _TYPED)


def present_kinds(column: ColumnProfile, missing: frozenset[str] | tuple[str, ...]) -> frozenset[Kind]:
    """The kinds of the column's cells that are there."""
    words = sum(seen.count for cell, seen in column.missing.items() if cell.strip() in NULL_WORDS)
    gone = sum(seen.count for cell, seen in column.missing.items() if cell.strip() in NULL_WORDS & set(missing))
    kinds = set(column.kinds) - _GAPS
    if words and gone and column.count(Kind.WORDS) == gone:
        kinds.discard(Kind.WORDS)
    return frozenset(kinds)


def missing_count(column: ColumnProfile, missing: tuple[str, ...]) -> int:
    """How many cells of a column are missing."""
    return sum(seen.count for cell, seen in column.missing.items() if cell.strip() in missing)


def type_of(column: ColumnProfile, missing: tuple[str, ...], row_count: int) -> Typed:
    """The type by content, and by header where content leaves a choice: a year, or a flag of 0 and 1."""
    kinds = present_kinds(column, missing)
    there = row_count - missing_count(column, missing)
    type, reasons = _type_of_kinds(column, kinds, odd_kinds(column, missing), there)
    if type != "string":
        reasons = [f"all {there:,} cells that are not missing are {_NAMES[type]}", *reasons]
    return Typed(type, (*reasons, *_of_missing(column, missing)))


def _type_of_kinds(
    column: ColumnProfile, kinds: frozenset[Kind], odd: frozenset[Kind], there: int
) -> tuple[str, list[str]]:
    words = words_of(column.header)
    if not kinds:
        return "string", ["every cell is missing"]
    if kinds <= INTEGERS:
        return _whole_numbers(column, words)
    if kinds <= _DIGITS:
        return "string", [_told(column, kind) + "; a number would lose it" for kind in sorted(kinds - INTEGERS)]
    if kinds <= NUMBERS:
        if Kind.EXPONENT in kinds and Kind.DECIMAL not in kinds:
            return "string", [_told(column, Kind.EXPONENT) + "; read as a number, a code would be lost"]
        return "number", []
    if kinds == {Kind.TRUE_FALSE}:
        return "boolean", []
    if kinds == {Kind.DATE}:
        return "date", []
    if kinds == {Kind.DATETIME}:
        return "datetime", []
    return "string", _why_text(column, kinds, odd, there)


def _whole_numbers(column: ColumnProfile, words: tuple[str, ...]) -> tuple[str, list[str]]:
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        if set(words) & YEAR_WORDS and low >= YEARS[0] and high <= YEARS[1]:
            return "year", ["the header speaks of a year"]
        if words[:1] in (("is",), ("has",)) and low >= 0 and high <= 1 and set(column.kinds) <= {Kind.INTEGER, *_GAPS}:
            return "boolean", ["the header asks a question and every answer is 0 or 1"]
    return "integer", []


ONE_FORMAT = frozenset({Kind.DAY_FIRST, Kind.MONTH_FIRST, Kind.DAY_OR_MONTH_FIRST})


def odd_kinds(column: ColumnProfile, missing: tuple[str, ...]) -> frozenset[Kind]:
    """What stands in the way of a number or a date in a column of text: the few among the many; else nothing."""
    kinds = present_kinds(column, missing)
    if not kinds:
        return frozenset()
    usual = max(kinds, key=column.count)
    family = next((family for family in _TYPED if usual in family), frozenset({usual}))
    if usual in ONE_FORMAT and not kinds >= {Kind.DAY_FIRST, Kind.MONTH_FIRST}:
        family |= ONE_FORMAT  # 17/05 says how to read 05/06
    return frozenset() if usual is Kind.WORDS else kinds - family - (_DIGITS if usual in NUMBERS else frozenset())


def _why_text(column: ColumnProfile, kinds: frozenset[Kind], odd: frozenset[Kind], there: int) -> list[str]:
    """Text because of content; where most cells are something else, which cells are in the way."""
    if odd:
        usual = max(kinds, key=column.count)
        first = f"{column.count(*(kinds - odd)):,} of {there:,} cells are {usual}"
        rest = " and ".join(_told(column, kind) for kind in sorted(odd))
        return [f"{first}, but {rest}: text, so that nothing is lost"]
    foreign = sorted(kinds & (FOREIGN_NUMBERS | FOREIGN_DATES))
    told = [_told(column, kind) + ": text, until they are written otherwise" for kind in foreign]
    return told or [f"{there:,} cells hold words"]


def _told(column: ColumnProfile, kind: Kind) -> str:
    seen = column.kinds[kind]
    return f"{seen.count:,} {'cell is' if seen.count == 1 else 'cells are'} {kind} (first at line {seen.first_line:,})"


def _of_missing(column: ColumnProfile, missing: tuple[str, ...]) -> list[str]:
    """Which marks stand for missing here, how often; and which words were left words."""
    told = []
    blank = sum(seen.count for cell, seen in column.missing.items() if not cell.strip())
    if blank:
        first = min(seen.first_line for cell, seen in column.missing.items() if not cell.strip())
        told.append(f"{blank:,} {'cell is' if blank == 1 else 'cells are'} empty (first at line {first:,})")
    for cell, seen in column.missing.items():
        if text := cell.strip():
            verdict = "missing" if text in missing else "a word, not missing"
            told.append(f"`{text}` stands {seen.count:,} times (first at line {seen.first_line:,}): {verdict}")
    return told
