"""From what was counted to what each column is: its type, whether it names people or things, its categories."""

from collections.abc import Sequence
from dataclasses import dataclass

from elt.drafting.cells import INTEGERS, NUMBERS, Kind, kind_of
from elt.drafting.headers import field_names, raw_columns
from elt.drafting.people import DIRECT, identifier_of, personal_of, weighed
from elt.drafting.profile import ColumnProfile, FileProfile
from elt.drafting.result import ColumnDraft, Personal
from elt.drafting.types import Typed, missing_count, missing_values, type_of

MOST_CATEGORIES = 50
CELLS_PER_CATEGORY = 3  # with fewer, different cells are rather names than categories


def is_hidden(personal: Personal | None) -> bool:
    """Whether values may not be shown: a suspicion is enough where a value by itself would name somebody."""
    return personal is not None and (personal.confidence != "low" or personal.kind in DIRECT)


@dataclass(frozen=True, eq=False)
class Column:
    """One column as decided, beside what was counted of it. `there` is how many of its cells are not missing."""

    profile: ColumnProfile
    draft: ColumnDraft
    there: int

    @property
    def position(self) -> int:
        return self.profile.position

    @property
    def is_hidden(self) -> bool:
        """Whether its values may not be shown."""
        return is_hidden(self.draft.personal)

    @property
    def is_quantity(self) -> bool:
        """A number to calculate with."""
        return self.draft.type in ("integer", "number") and self.draft.identifier is None


@dataclass(frozen=True)
class Decided:
    """The whole file as decided."""

    file: FileProfile
    columns: list[Column]
    missing_values: tuple[str, ...]


def decide(file: FileProfile, header_is_data: bool) -> Decided:
    """Every column's draft. A header that is a line of data is not quoted: its columns are numbered."""
    missing = missing_values(file.columns)
    there = [file.row_count - missing_count(column, missing) for column in file.columns]
    distinct = [_distinct_count(file, column, missing) for column in file.columns]
    personal = weighed(list(map(personal_of, file.columns, there, distinct)))
    names = field_names([""] * len(there) if header_is_data else [column.header for column in file.columns])
    columns = [
        Column(profile, _draft(profile, name, raw, missing, there, distinct, personal, file.row_count), there)
        for profile, name, raw, there, distinct, personal in zip(
            file.columns, names, raw_columns(names), there, distinct, personal, strict=True
        )
    ]
    return Decided(file, columns, missing)


def _distinct_count(file: FileProfile, column: ColumnProfile, missing: tuple[str, ...]) -> int:
    gone = sum(cell.strip() in missing for cell in column.missing)
    levels = column.levels
    return (len(levels) if levels is not None else file.fingerprints.distinct_count([column.position])) - gone


def _draft(
    profile: ColumnProfile,
    name: str,
    raw: str,
    missing: tuple[str, ...],
    there: int,
    distinct: int,
    personal: Personal | None,
    row_count: int,
) -> ColumnDraft:
    typed = type_of(profile, missing, row_count)
    identifier = identifier_of(profile, there, distinct)
    if typed.type == "integer" and identifier is not None:
        reason = "taken for an identifier, and so for text: a number would lose a zero that a later file may begin with"
        typed = Typed("string", (typed.evidence[0], reason, *typed.evidence[1:]))
    categories = _categories(profile, typed.type, missing, there, distinct) if not is_hidden(personal) else None
    low, high = _range(profile, typed.type) if not is_hidden(personal) else (None, None)
    return ColumnDraft(
        name=name,
        column=raw,
        type=typed.type,
        evidence=typed.evidence,
        missing_count=row_count - there,
        distinct_count=distinct,
        minimum=low,
        maximum=high,
        categories=categories,
        personal=personal,
        identifier=identifier,
    )


def _categories(
    profile: ColumnProfile, type: str, missing: tuple[str, ...], there: int, distinct: int
) -> tuple[str, ...] | None:
    few = 2 <= distinct <= MOST_CATEGORIES and there >= CELLS_PER_CATEGORY * distinct
    if type != "string" or profile.levels is None or not few:
        return None
    levels = [level for level in profile.levels if level.strip() not in missing]
    return tuple(sorted(level for level in levels if kind_of(level) is not Kind.UNREADABLE)) or None


def _range(profile: ColumnProfile, type: str) -> tuple[str | None, str | None]:
    if type in ("integer", "number", "year") and profile.minimum is not None and profile.maximum is not None:
        return str(profile.minimum), str(profile.maximum)
    return (profile.first_date, profile.last_date) if type == "date" else (None, None)


def header_is_data(header: Sequence[str]) -> bool:
    """Whether the first line holds numbers or dates where names of columns should stand (2019 may be a name)."""
    kinds = [kind_of(cell) for cell in header]
    data = sum(kind in NUMBERS - INTEGERS or kind in (Kind.DATE, Kind.DATETIME, Kind.LEADING_ZERO) for kind in kinds)
    whole = sum(kind in INTEGERS and not 1900 <= int(cell) <= 2100 for kind, cell in zip(kinds, header, strict=True))
    return data > 0 or 2 * whole >= len(header)
