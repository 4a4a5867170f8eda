"""Each column as a whole, and the categories in it."""

from collections import Counter
from collections.abc import Iterator

from elt.drafting.checks.registry import Hit, Subject, cells_are, check
from elt.drafting.contracting import ends_at_100
from elt.drafting.deciding import Column
from elt.drafting.profile import ColumnProfile, shape_of
from elt.drafting.types import odd_kinds

USUAL_SHARE = 0.8  # so many categories are written alike, when the others are told


def _levels(column: Column) -> dict[str, int]:
    """The categories of a column whose values may be shown, with their counts."""
    return {level: (column.profile.levels or {})[level] for level in column.draft.categories or ()}


def _first(profile: ColumnProfile, level: str) -> int:
    return profile.level_lines[level]


@check("columns", "wholly empty columns", "warning", "Delete the column, or send a file in which it is filled.")
def empty_columns(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        if subject.file.row_count and not column.there:
            yield Hit("Every cell is missing.", (column.draft.name,), (), subject.file.row_count)


@check("columns", "columns with one and the same value", "warning", "Say it in the dataset's description instead.")
def constant_columns(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        if column.there > 1 and column.draft.distinct_count == 1:
            yield Hit("Every cell that is not missing has the same value.", (column.draft.name,), (), column.there)


@check(
    "columns",
    "a few cells of another kind than the rest, such as words among numbers",
    "warning",
    "Correct these cells, and the column can be of numbers or dates; or keep it as text.",
)
def mixed_types(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        odd = odd_kinds(column.profile, subject.decided.missing_values)
        if column.draft.type == "string" and odd:
            reason = column.draft.evidence[0]
            lines = tuple(sorted(column.profile.kinds[kind].first_line for kind in odd))
            yield Hit(f"{reason[0].upper()}{reason[1:]}.", (column.draft.name,), lines, column.profile.count(*odd))


@check(
    "columns",
    "values above 100 in a column that otherwise ends there",
    "warning",
    "Correct the cell; or set the column's maximum to what the scale allows.",
)
def above_the_scale(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        above = column.profile.above_100
        if column.is_quantity and above.count and ends_at_100(column) and not column.is_hidden:
            message = f"{cells_are(above.count, 'above 100')}, all others at most 100."
            yield Hit(message, (column.draft.name,), (above.first_line,), above.count)


@check(
    "columns",
    "blank cells in a category",
    "warning",
    "Write what is meant, such as Unknown or Not applicable; or leave it, and they are missing.",
)
def blank_in_category(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        if column.draft.categories and column.draft.missing_count:
            lines = [seen.first_line for seen in column.profile.missing.values()]
            message = f"{cells_are(column.draft.missing_count, 'missing')} in a column of categories."
            yield Hit(message, (column.draft.name,), (min(lines),), column.draft.missing_count)


@check("columns", "one category in several spellings", "warning", "Write it one way throughout.")
def mixed_case(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        spellings: dict[str, list[str]] = {}
        for level in _levels(column):
            spellings.setdefault(" ".join(level.split()).casefold(), []).append(level)
        for alike in spellings.values():
            if len(alike) > 1:
                levels = sorted(alike, key=lambda level: -_levels(column)[level])
                told = ", ".join(f"`{level}` {_levels(column)[level]:,} times" for level in levels)
                others = levels[1:]
                lines = tuple(sorted(_first(column.profile, level) for level in others))
                count = sum(_levels(column)[level] for level in others)
                yield Hit(f"The same category is written {told}.", (column.draft.name,), lines, count)


@check(
    "columns",
    "a category written otherwise than its neighbours, such as 10-20 among 20-30%",
    "warning",
    "Write it like the others, if it is one of them.",
)
def category_written_otherwise(subject: Subject) -> Iterator[Hit]:
    for column in subject.columns:
        levels = [level for level in _levels(column) if any(character.isdigit() for character in level)]
        ends = Counter(shape_of(level.strip())[-1:] for level in levels)
        if len(levels) < 5 or len(ends) < 2:
            continue
        end, count = ends.most_common(1)[0]
        odd = [level for level in levels if not level.strip().endswith(end)]
        if not end.isalnum() and count >= USUAL_SHARE * len(levels):
            for level in odd:
                message = f"`{level}` has no `{end}` at its end, which {count:,} other categories have."
                lines = (_first(column.profile, level),)
                yield Hit(message, (column.draft.name,), lines, _levels(column)[level])
