"""What two sets of submissions of one dataset differ in: the row that counts for each key, before and after.

The row that counts is the one that dbt's staging takes: the newest submission's, and of equal keys in one file the
first line's. A dataset without a key is a multiset of rows: its rows are told apart by all that they hold.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract
from elt.database import only_row
from elt.versioning import comparing_sql
from elt.versioning.comparing_sql import compared

WORK_MEMORY = "64MB"
LISTED_AT_A_TIME = 2000


@dataclass(frozen=True)
class Comparison:
    """Rows by what becomes of them; `columns` says, by header, in how many of the changed rows each one changed.

    Only what the submissions in which the two sets differ can touch is counted: a key (without a key: a row) that none
    of them holds is in neither number.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a row stands: the submission's number, and the physical line of its file."""

    submission_id: int
    line_number: int


@dataclass(frozen=True)
class RowChange:
    """One row that the two sets do not share; `values` holds, by header, what a changed row's columns were and are."""

    kind: Literal["new", "changed", "removed"]
    before: Place | None
    after: Place | None
    values: Mapping[str, tuple[str | None, str | None]]


def compare(
    connection: Connection,
    contract: Contract,
    before: Collection[int],
    after: Collection[int],
    relation: sql.Composable | None = None,
) -> Comparison:
    """Count what changes where these submissions are live instead of those, in one pass over the rows they touch.

    `relation` has the rows, in the columns of the dataset's raw table, which it is by default.
    """
    if not set(before) ^ set(after):
        return Comparison()
    with connection.cursor() as cursor:
        cursor.execute("select set_config('work_mem', %s, true)", [WORK_MEMORY])
        if not contract.key_columns:
            matched = set(before) - set(after) and set(after) - set(before)
            statement = comparing_sql.multiset_counts if matched else comparing_sql.one_sided_counts
            cursor.execute(statement(contract, relation), _parameters(before, after))
            return Comparison(*only_row(cursor))
        cursor.execute(comparing_sql.keyed_counts(contract, before, after, relation), _parameters(before, after))
        new, removed, changed, unchanged, *counts = only_row(cursor)
    columns = {column.name: count for column, count in zip(compared(contract), counts, strict=True) if count}
    return Comparison(new, changed, unchanged, removed, columns)


def changes(
    connection: Connection,
    contract: Contract,
    before: Collection[int],
    after: Collection[int],
    relation: sql.Composable | None = None,
    limit: int | None = None,
) -> Iterator[RowChange]:
    """Every row that is new, changed or removed, in the order of the lines after, then of those before.

    Constant memory; the caller's transaction must last until the end. `limit`: no more rows than this.
    """
    if not set(before) ^ set(after):
        return
    keyed = bool(contract.key_columns)
    statement = (
        comparing_sql.keyed_changes(contract, before, after, relation)
        if keyed
        else comparing_sql.multiset_changes(contract, relation)
    )
    with connection.cursor() as cursor:
        cursor.execute("select set_config('work_mem', %s, true)", [WORK_MEMORY])
    with connection.cursor(name="row_changes") as cursor:
        cursor.itersize = LISTED_AT_A_TIME
        cursor.execute(statement, {**_parameters(before, after), "limit": limit})
        for before_id, before_line, after_id, after_line, *values in cursor:
            old = None if before_id is None else Place(before_id, before_line)
            new = None if after_id is None else Place(after_id, after_line)
            if old and new:
                yield RowChange("changed", old, new, _changed_values(contract, values))
            else:
                yield RowChange("new" if new else "removed", old, new, {})


def _parameters(before: Collection[int], after: Collection[int]) -> dict[str, Any]:
    live_before, live_after = set(before), set(after)
    return {
        "before": sorted(live_before),
        "after": sorted(live_after),
        "gone": sorted(live_before - live_after),
        "come": sorted(live_after - live_before),
        "differing": sorted(live_before ^ live_after),
    }


def _changed_values(
    contract: Contract, values: list[list[str | None] | None]
) -> dict[str, tuple[str | None, str | None]]:
    pairs = zip(compared(contract), values, strict=True)
    return {column.name: (pair[0], pair[1]) for column, pair in pairs if pair is not None}
