"""The lines of the file."""

from collections.abc import Iterator

from elt.drafting.checks.registry import Hit, Subject, check
from elt.loading.checking import RECORD_MESSAGES

MESSAGES = {
    "too_few_cells": "have fewer cells than the header",
    "too_many_cells": "have more cells than the header",
}


@check(
    "rows",
    "lines that are no record: too few or too many cells, quotes that stay open, lines without an end",
    "fail",
    "Correct these lines; the loader refuses each of them and loads the others.",
)
def broken_lines(subject: Subject) -> Iterator[Hit]:
    for code, bad in subject.file.bad_lines.items():
        lines = "1 line" if bad.count == 1 else f"{bad.count:,} lines"
        if code in MESSAGES:
            told = MESSAGES[code] if bad.count > 1 else MESSAGES[code].replace("have", "has", 1)
            yield Hit(f"{lines} {told}.", (), bad.lines, bad.count)
        else:
            yield Hit(f"{lines}: {RECORD_MESSAGES[code]}.", (), bad.lines, bad.count)


@check(
    "rows",
    "lines that equal an earlier line in every cell",
    "warning",
    "Delete them where they are mistakes; where they are separate events, leave the dataset without a key.",
)
def duplicate_rows(subject: Subject) -> Iterator[Hit]:
    fingerprints = subject.file.fingerprints
    repeats = fingerprints.repeats([fingerprints.whole_row])
    if repeats.count:
        told = "1 line equals" if repeats.count == 1 else f"{repeats.count:,} lines equal"
        yield Hit(f"{told} an earlier one.", (), repeats.lines, repeats.count)
