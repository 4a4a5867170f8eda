"""Which columns together tell every line from every other: exact, over the whole file, and no accident."""

from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from elt.drafting.cells import Kind
from elt.drafting.deciding import Column, Decided

MOST_COLUMNS = 12  # of so many columns the combinations are tried
LARGEST_KEY = 4
MOST_KEYS = 8
QUICK_ROWS = 4096  # nearly every combination that is no key shows it here
CHANCE = 3.0  # with fewer equal pairs expected by chance (5% for none at all), being unique proves nothing
TYPES = {"year": 1, "date": 1, "datetime": 1, "string": 2, "integer": 4}


@dataclass(frozen=True)
class Key:
    """Columns of which no two lines are the same. `expected_pairs` is how many equal pairs there would be by chance."""

    columns: tuple[Column, ...]
    expected_pairs: float

    @property
    def names(self) -> tuple[str, ...]:
        """As the contract names the columns."""
        return tuple(column.draft.name for column in self.columns)

    @property
    def is_earned(self) -> bool:
        """Whether a file of the same kind should keep it too: not by chance, and not of quantities."""
        if any(column.draft.type == "integer" or _is_describing(column) for column in self.columns):
            return False
        return self.expected_pairs >= CHANCE

    @property
    def likeliness(self) -> tuple[bool, int, int, list[int]]:
        """Sorts the most likely key first: earned, short, of identifiers rather than quantities, from the left."""
        rank = sum(map(_rank, self.columns))
        return not self.is_earned, len(self.columns), rank, [column.position for column in self.columns]


def find_keys(decided: Decided) -> list[Key]:
    """The smallest keys, most likely first, at most MOST_KEYS; none where two lines of the file are wholly the same."""
    fingerprints = decided.file.fingerprints
    rows = fingerprints.row_count
    if rows < 2:
        return []
    able = [column for column in decided.columns if _may_be_in_key(column, rows)]
    found: list[tuple[Column, ...]] = [(column,) for column in able if column.draft.distinct_count == rows]
    rest = [column for column in able if column.draft.distinct_count < rows]
    rest = sorted(sorted(rest, key=lambda column: (_rank(column), column.position))[:MOST_COLUMNS], key=_position)
    for size in range(2, LARGEST_KEY + 1):
        for columns in combinations(rest, size):
            if any(all(column in columns for column in key) for key in found if len(key) > 1):
                continue  # not the smallest
            if prod(column.draft.distinct_count for column in columns) >= rows and _is_key(decided, columns):
                found.append(columns)
    return sorted((Key(columns, _expected(decided, columns)) for columns in found), key=_likeliness)[:MOST_KEYS]


def _position(column: Column) -> int:
    return column.position


def _likeliness(key: Key) -> tuple[bool, int, int, list[int]]:
    return key.likeliness


def _may_be_in_key(column: Column, rows: int) -> bool:
    """No missing cell, more than one value, and one spelling a value: 1 and +1 are the same to Postgres."""
    draft, profile = column.draft, column.profile
    if column.there < rows or draft.distinct_count < 2 or draft.type not in TYPES:
        return False
    if Kind.SIGNED in profile.kinds and draft.type != "string":
        return False
    if draft.type == "datetime" and len(profile.lengths) > 1:
        return False
    return not (profile.stray.count and draft.type != "string") and not profile.too_long.count


def _rank(column: Column) -> int:
    """How unlike a key a column is: identifiers 0, times 1, categories and codes 2, describing text 3, quantities 4."""
    if column.draft.identifier is not None:
        return 0
    return 3 if _is_describing(column) else TYPES[column.draft.type]


def _is_describing(column: Column) -> bool:
    """A name, an address or a text: two people or things may share it."""
    personal = column.draft.personal
    if personal is not None:
        return personal.kind != "identifier"
    has_blanks = column.draft.type == "string" and " " in column.profile.shape
    return has_blanks and column.draft.categories is None and column.draft.identifier is None


def _is_key(decided: Decided, columns: tuple[Column, ...]) -> bool:
    fingerprints, positions = decided.file.fingerprints, [column.position for column in columns]
    first = fingerprints.first_rows(positions, QUICK_ROWS)
    return len(np.unique(first)) == len(first) and fingerprints.is_unique(positions)


def _expected(decided: Decided, columns: tuple[Column, ...]) -> float:
    """Equal pairs to expect if the columns had nothing to do with each other."""
    fingerprints = decided.file.fingerprints
    rows = fingerprints.row_count
    return rows * (rows - 1) / 2 * prod(fingerprints.collision_rate(column.position) for column in columns)
