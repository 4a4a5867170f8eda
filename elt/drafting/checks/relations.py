"""What columns and lines have to do with each other."""

import re
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from elt.drafting.checks.registry import Hit, Subject, check
from elt.drafting.deciding import Column
from elt.drafting.headers import words_of

NEAR_KEY = 0.99  # of an identifier's cells differ: those that do not are rather mistakes
CODE_WORDS = frozenset({"code", "codes", "id", "no", "nr", "number", "num", "key", "urn"})
NAME_WORDS = frozenset({"name", "names", "title", "label", "description"})
TOTALS = frozenset({"total", "all", "overall", "both", "all students", "all pupils", "all schools"})
MOST_NAMED = 10
PAIRED_COLUMNS = 12
SAMPLED_ROWS = 20_000
_YEAR = re.compile(r"(?:19|20)\d{2}(?!\d)")


@check(
    "relations",
    "no columns that tell every line from every other",
    "warning",
    "Add the number or code of what a line is about; or confirm that lines are events that may be alike.",
)
def key(subject: Subject) -> Iterator[Hit]:
    rows = subject.file.row_count
    if subject.keys:
        best = subject.keys[0]
        names = " + ".join(f"`{name}`" for name in best.names)
        told = f"No two of {rows:,} lines have the same {names}; by chance {best.expected_pairs:,.0f} pairs would."
        if best.is_earned:
            yield Hit(told, best.names, (), rows, "pass")
        else:
            yield Hit(f"{told} So this may be an accident, and the draft has no key.", best.names, (), rows)
        return
    near = [column for column in subject.columns if _is_near_key(column)]
    for column in near:
        repeats = subject.file.fingerprints.repeats([column.position])
        told = "1 line has" if repeats.count == 1 else f"{repeats.count:,} lines have"
        message = f"An identifier but for {told} the value of an earlier line."
        remedy = "Correct or delete these lines, and draft again: then the column is the key."
        yield Hit(message, (column.draft.name,), repeats.lines, repeats.count, None, remedy)
    if not near and rows:
        yield Hit("No columns, alone or up to four together, tell every line from every other.", (), (), rows)


def _is_near_key(column: Column) -> bool:
    draft = column.draft
    many = column.there > 1 and NEAR_KEY * column.there <= draft.distinct_count < column.there
    return draft.identifier is not None and not draft.missing_count and many


@check(
    "relations",
    "codes with two names, or names with two codes",
    "warning",
    "Correct the code or the name in these lines.",
)
def codes_and_names(subject: Subject) -> Iterator[Hit]:
    for code, name in _pairs(subject):
        fingerprints = subject.file.fingerprints
        directions = [(code, name)]
        if not (code.is_hidden or name.is_hidden):  # two people may share a name
            directions.append((name, code))
        for one, other in directions:
            found = fingerprints.second_partners(one.position, other.position)
            if found.count:
                lines = "1 line has" if found.count == 1 else f"{found.count:,} lines have"
                message = (
                    f"{lines} another `{other.draft.name}` than the same `{one.draft.name}` has in most of its lines."
                )
                yield Hit(message, (one.draft.name, other.draft.name), found.lines, found.count)


def _pairs(subject: Subject) -> Iterator[tuple[Column, Column]]:
    """A code and its name: by their headers (school_code, school_name), or where nearly all values pair anyway."""
    filled = [column for column in subject.columns if column.there and column.draft.distinct_count > 1]
    named = _named_alike(filled)
    yield from named
    categories = [column for column in filled if column.draft.categories and column.draft.distinct_count > 2]
    for one, other in combinations(categories[:PAIRED_COLUMNS], 2):
        if (one, other) not in named and (other, one) not in named and _nearly_pair(subject, one, other):
            yield one, other


def _named_alike(columns: list[Column]) -> list[tuple[Column, Column]]:
    """Columns whose headers speak of the same thing, once of its code and once of its name."""
    words = [(column, frozenset(words_of(column.draft.name))) for column in columns if not column.is_quantity]
    names: dict[frozenset[str], list[Column]] = {}
    for column, said in words:
        if not said & CODE_WORDS:
            names.setdefault(said - NAME_WORDS, []).append(column)
    codes = [(column, said - CODE_WORDS) for column, said in words if said & CODE_WORDS]
    return [(code, name) for code, about in codes if about for name in names.get(about, ())]


def _nearly_pair(subject: Subject, one: Column, other: Column) -> bool:
    fingerprints = subject.file.fingerprints
    one_count, other_count, both_count = (
        len(np.unique(fingerprints.first_rows(positions, SAMPLED_ROWS)))
        for positions in ([one.position], [other.position], [one.position, other.position])
    )
    alike = abs(one_count - other_count) <= 0.1 * max(one_count, other_count)
    return alike and both_count <= 1.1 * max(one_count, other_count)


@check("relations", "years that do not follow each other", "warning", "Add the missing years, or say why they lack.")
def years_follow(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        years = _years(column)
        gaps = [year for year in range(min(years, default=0), max(years, default=0)) if year not in years]
        if gaps and len(years) > 2:
            told = ", ".join(map(str, gaps[:MOST_NAMED])) + (" …" if len(gaps) > MOST_NAMED else "")
            message = f"From {min(years)} to {max(years)} the file has no line of {told}."
            yield Hit(message, (column.draft.name,), (), len(gaps))


def _years(column: Column) -> set[int]:
    """The years of a column of years, or of school years such as 2019/2020; not of births."""
    words = set(words_of(column.draft.name))
    speaks_of_years = column.draft.type == "year" or words & {"year", "session", "academic", "cohort"}
    if column.is_hidden or not speaks_of_years or column.profile.levels is None:
        return set()
    levels = [level.strip() for level in column.profile.levels if level not in column.profile.missing]
    starts = [_YEAR.match(level) for level in levels]
    return {int(match.group()) for match in starts if match} if all(starts) else set()


@check(
    "relations",
    "a missing total: a blank one, or a category of a summary table without one",
    "warning",
    "Add the total, so that shares can be checked against the whole; or say that the lines are no summary.",
)
def missing_total(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        if column.is_quantity and "total" in words_of(column.draft.name) and column.draft.missing_count:
            lines = tuple(seen.first_line for seen in column.profile.missing.values())[:1]
            message = f"The total is missing in {column.draft.missing_count:,} lines."
            yield Hit(message, (column.draft.name,), lines, column.draft.missing_count)
    categories = [column for column in subject.columns if column.draft.categories and not column.draft.identifier]
    without = [column for column in categories if not _has_total(column)]
    if len(without) < len(categories) or _is_summary(subject):
        for column in without:
            yield Hit("A category of a summary table without a line for its total.", (column.draft.name,))


def _has_total(column: Column) -> bool:
    return any(" ".join(level.split()).casefold() in TOTALS for level in column.draft.categories or ())


def _is_summary(subject: Subject) -> bool:
    """One line for each combination of categories and times, and numbers beside them: nobody's own line."""
    if any(column.is_hidden or column.draft.identifier for column in subject.columns):
        return False
    counted = any(column.is_quantity for column in subject.columns)
    times = ("year", "date")
    return counted and any(
        any(column.draft.categories for column in found.columns)
        and all(column.draft.categories or column.draft.type in times for column in found.columns)
        for found in subject.keys
    )
