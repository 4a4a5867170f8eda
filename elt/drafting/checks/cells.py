"""How single cells are written."""

from collections.abc import Iterator

from elt.drafting.cells import FOREIGN_DATES, FOREIGN_NUMBERS, LEGACY_MARKS, SHOWN_CHARACTERS, Kind
from elt.drafting.checks.registry import Hit, Subject, cells_are, check


@check("columns", "stray white space around or within cells", "warning", "Take it away; text keeps it as it stands.")
def stray_white_space(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        stray = column.profile.stray
        if stray.count:
            told = "1 cell has" if stray.count == 1 else f"{stray.count:,} cells have"
            yield Hit(f"{told} stray white space.", (column.draft.name,), (stray.first_line,), stray.count)


@check(
    "columns",
    "null words: NA, NULL, None, nan",
    "warning",
    "Leave the cell empty where the value is missing; where it is a word, take it out of the contract's missingValues.",
)
def null_words(subject: Subject) -> Iterator[Hit]:
    yield from _marks(subject, legacy=False)


@check(
    "columns",
    "legacy marks for missing values: N/A, .., -, ?",
    "warning",
    "Leave the cell empty; the draft counts the mark as missing.",
)
def legacy_marks(subject: Subject) -> Iterator[Hit]:
    yield from _marks(subject, legacy=True)


def _marks(subject: Subject, legacy: bool) -> Iterator[Hit]:
    for column in subject.columns:
        for cell, seen in column.profile.missing.items():
            text = cell.strip()
            if text and (text in LEGACY_MARKS) == legacy:
                taken = "taken for missing" if text in subject.decided.missing_values else "taken for a word"
                message = f"{cells_are(seen.count, f'`{text}`')}: {taken}."
                yield Hit(message, (column.draft.name,), (seen.first_line,), seen.count)


@check(
    "columns",
    "numbers with thousands separators, decimal commas or percent signs",
    "warning",
    "Write 1234.5, without separators or signs, and draft again; until then the column is text.",
)
def foreign_numbers(subject: Subject) -> Iterator[Hit]:
    yield from _kinds(subject, FOREIGN_NUMBERS)


@check(
    "columns",
    "dates in other formats than 2009-05-17, or in several",
    "warning",
    "Write every date as 2009-05-17 and draft again; until then the column is text.",
)
def date_formats(subject: Subject) -> Iterator[Hit]:
    dates = FOREIGN_DATES | {Kind.DATE, Kind.DATETIME}
    for column in subject.columns:
        formats = {kind: seen for kind, seen in column.profile.kinds.items() if kind in dates}
        if len(formats) > 1:
            # 05/06 and 17/05 are one format: the second says how to read the first.
            told = "; ".join(f"{seen.count:,} {kind}" for kind, seen in sorted(formats.items()))
            sure = formats.keys() - {Kind.DAY_OR_MONTH_FIRST}
            lines = tuple(sorted(seen.first_line for seen in formats.values()))
            count = sum(seen.count for seen in formats.values())
            message = f"Dates are written in {'several formats' if len(sure) > 1 else 'a foreign format'}: {told}."
            yield Hit(message, (column.draft.name,), lines, count, "fail" if len(sure) > 1 else None)
        elif formats.keys() & FOREIGN_DATES:
            yield from _kinds(subject, FOREIGN_DATES, column.position)


@check(
    "columns",
    "codes written as numbers: leading zeros, too many digits, 12E4",
    "warning",
    "Nothing, where they are codes: the draft keeps them as text. Some programs drop the zeros when they save a file.",
)
def codes_as_numbers(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        if column.draft.type == "string":
            yield from _kinds(subject, frozenset({Kind.LEADING_ZERO, Kind.LONG_DIGITS, Kind.EXPONENT}), column.position)


def _kinds(subject: Subject, kinds: frozenset[Kind], position: int | None = None) -> Iterator[Hit]:
    for column in subject.columns:
        for kind in sorted(kinds & column.profile.kinds.keys()):
            if position in (None, column.position):
                seen = column.profile.kinds[kind]
                message = f"{cells_are(seen.count, kind)}."
                yield Hit(message, (column.draft.name,), (seen.first_line,), seen.count)


@check(
    "columns",
    f"cells longer than {SHOWN_CHARACTERS} characters",
    "warning",
    "Nothing, where they are texts; a label should be short enough for a table or a chart.",
)
def long_cells(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        long = column.profile.too_long
        if long.count:
            told = cells_are(long.count, f"longer than {SHOWN_CHARACTERS} characters")
            yield Hit(f"{told}.", (column.draft.name,), (long.first_line,), long.count)


@check(
    "columns",
    "broken characters: null bytes, or bytes that are not valid in the file's encoding",
    "fail",
    "Export the file again as UTF-8; the loader refuses these lines.",
)
def unreadable_cells(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        seen = column.profile.kinds.get(Kind.UNREADABLE)
        if seen:
            told = "1 cell holds" if seen.count == 1 else f"{seen.count:,} cells hold"
            yield Hit(f"{told} broken characters.", (column.draft.name,), (seen.first_line,), seen.count)
