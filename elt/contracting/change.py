"""What a new contract changes against the one in force, and what each change would break."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting import kept_columns
from elt.contracting.contract import Contract, Field
from elt.contracting.kept_columns import Kept
from elt.database import only_row
from elt.loading import key_sql, raw_tables
from elt.loading.checking import ColumnChecker
from elt.transforming import lineage


@dataclass(frozen=True)
class Change:
    """One difference. A breaking one makes files refused that were taken, or takes something from those who read."""

    kind: str
    column: str | None
    is_breaking: bool
    message: str
    rows_refused: int | None = None  # of the live rows, were they sent again
    read_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Impact:
    """What the change as a whole would do to what is loaded: rows and submissions that would be refused now."""

    changes: tuple[Change, ...]
    rows: int
    rows_refused: int
    submissions_refused: tuple[str, ...]

    @property
    def is_breaking(self) -> bool:
        return any(change.is_breaking for change in self.changes)


def compare(old: Contract, new: Contract) -> list[Change]:
    """Every difference, in the order of the new contract."""
    return [*_column_changes(old, new), *_table_changes(old, new)]


def _column_changes(old: Contract, new: Contract) -> Iterator[Change]:
    before = {field.column: field for field in old.fields}
    for field in new.fields:
        if field.column in before:
            yield from _field_changes(before[field.column], field)
        elif field.constraints.get("required"):
            message = "files without the new column are refused, and no row that is loaded has it"
            yield Change("required_column_added", field.column, True, message)
        else:
            yield Change("column_added", field.column, False, "files without the new column are still taken")
    kept = {field.column for field in new.fields}
    for field in old.fields:
        if field.column not in kept:
            message = (
                "files that still have the column are refused; its values are kept, out of everybody's sight, and "
                "come back where a later version has the column again"
            )
            yield Change("column_removed", field.column, True, message)


def _field_changes(old: Field, new: Field) -> Iterator[Change]:
    if old.type != new.type:
        message = f"{old.type} becomes {new.type}; values that fit are carried over"
        yield Change("type_changed", old.column, True, message)
    elif old.constraints != new.constraints:
        if _is_wider(old, new):
            yield Change("rules_widened", old.column, False, "everything that was taken is still taken")
        else:
            yield Change("rules_narrowed", old.column, True, "values that were taken may be refused")
    if old.name != new.name:
        message = "files with the old header are refused until its mapping is confirmed"
        yield Change("header_changed", old.column, True, message)
    if (old.personal is None) != (new.personal is None):
        if new.personal:
            yield Change("made_personal", old.column, True, "the column leaves raw and staging views and the profile")
        else:
            yield Change("made_public", old.column, True, "everybody who may read the dataset sees the column")
    if (old.description, old.example) != (new.description, new.example):
        yield Change("reworded", old.column, False, "description or example")


def _is_wider(old: Field, new: Field) -> bool:
    """Whether whatever the old constraints let pass, the new ones do too."""

    def limit(field: Field, name: str) -> Any:
        value = field.constraints.get(name)
        return value if value is None or field.type == "date" else Decimal(str(value))

    low, high = ((limit(old, name), limit(new, name)) for name in ("minimum", "maximum"))
    values = old.constraints.get("enum"), new.constraints.get("enum")
    length = old.constraints.get("maxLength"), new.constraints.get("maxLength")
    pattern = new.constraints.get("pattern")
    return (
        (not new.constraints.get("required") or bool(old.constraints.get("required")))
        and (low[1] is None or (low[0] is not None and low[1] <= low[0]))
        and (high[1] is None or (high[0] is not None and high[1] >= high[0]))
        and (values[1] is None or (values[0] is not None and set(values[0]) <= set(values[1])))
        and (length[1] is None or (length[0] is not None and length[1] >= length[0]))
        and pattern in (None, old.constraints.get("pattern"))
    )


def _table_changes(old: Contract, new: Contract) -> Iterator[Change]:
    if old.key_columns != new.key_columns:
        message = "another key: rows that share it are refused, and the current row is chosen by it"
        yield Change("key_changed", None, True, message)
    if gone := set(old.missing_values) - set(new.missing_values):
        yield Change(
            "missing_values_removed", None, True, f"{len(gone)} of the marks no longer stand for a missing value"
        )
    if set(new.missing_values) - set(old.missing_values):
        yield Change("missing_values_added", None, False, "more marks stand for a missing value, in files to come")
    if old.max_rejected_rate != new.max_rejected_rate:
        stricter = new.max_rejected_rate < old.max_rejected_rate
        message = "files with more refused lines than that are rejected as a whole"
        yield Change("rejected_rate_lowered" if stricter else "rejected_rate_raised", None, stricter, message)
    if (old.title, old.description) != (new.title, new.description):
        yield Change("reworded", None, False, "title or description")


def measure(connection: Connection, old: Contract, new: Contract) -> Impact:
    """The changes with what they would break, counted over every live row and looked up in the dbt project."""
    back = kept_columns.returning(connection, old, new)
    told = [_with_values(connection, old, new, back, change) for change in compare(old, new)]
    changes = [_with_readers(old, change) for change in told]
    rows, refused, submissions, by_column = _recheck(connection, old, new, changes, back)
    duplicates = 0
    if any(change.kind == "key_changed" for change in changes) and new.primary_key:
        duplicates, repeated = _duplicates(connection, old, new)
        submissions |= repeated
    counted = [
        replace(change, rows_refused=duplicates if change.kind == "key_changed" else by_column.get(change.column or ""))
        if change.is_breaking
        else change
        for change in changes
    ]
    return Impact(tuple(counted), rows, refused + duplicates, tuple(_public_ids(connection, submissions)))


def _with_values(
    connection: Connection, old: Contract, new: Contract, back: Mapping[str, Kept], change: Change
) -> Change:
    """The change with how many values of others come into sight by it: of a column no longer personal, or back."""
    column = change.column or ""
    if change.kind == "made_public":
        seen = kept_columns.filled(connection, old, column)
        return replace(change, message=f"{change.message}: {seen} become visible")
    if column not in back:
        return change
    kept = back[column]
    seen = kept_columns.filled(connection, old, kept.name)
    is_shown = kept.was_personal and all(field.personal is None for field in new.fields if field.column == column)
    message = f"what the column held up to version {kept.version} comes back: {seen}"
    if is_shown:
        message += "; it was personal then, and everybody who may read the dataset would see it"
    if change.is_breaking:
        message += "; files without the column are refused"
    return Change("column_returned", column, change.is_breaking or is_shown, message)


def _with_readers(old: Contract, change: Change) -> Change:
    if not change.is_breaking or change.column is None:
        return change
    return replace(change, read_by=tuple(lineage.readers(old.name, [change.column])))


def _recheck(
    connection: Connection, old: Contract, new: Contract, changes: list[Change], back: Mapping[str, Kept]
) -> tuple[int, int, set[int], dict[str, int]]:
    """Live rows, how many of them the new contract would refuse, of which submissions, and how many by each column.

    The loader's own checks judge each distinct combination of values of the columns that changed.
    """
    kinds = ("type_changed", "rules_narrowed", "required_column_added", "column_returned")
    judged = {change.column for change in changes if change.kind in kinds}
    fields = [field for field in new.fields if field.column in judged]
    there = {field.column: field.column for field in old.fields} | {column: back[column].name for column in back}
    checkers = [ColumnChecker(field, new.missing_values) for field in fields]
    required = [bool(field.constraints.get("required")) for field in fields]
    values = [
        sql.SQL("{}::text").format(sql.Identifier(there[field.column]))
        if field.column in there
        else sql.SQL("null::text")
        for field in fields
    ]
    statement = sql.SQL("select {}, count(*) from {} group by {}").format(
        sql.SQL(", ").join([sql.Identifier("_submission_id"), *values]),
        raw_tables.table(old),
        sql.SQL(", ").join(sql.SQL(str(number + 1)) for number in range(len(values) + 1)),
    )
    rows = refused = 0
    submissions: set[int] = set()
    by_column = {field.column: 0 for field in fields}
    with connection.cursor(name="recheck") as cursor:
        cursor.itersize = 5000
        cursor.execute(statement)
        for submission_id, *cells, count in cursor:
            rows += count
            bad = [
                field.column
                for field, checker, must, cell in zip(fields, checkers, required, cells, strict=True)
                if (must if cell is None else not isinstance(checker[cell], str))
            ]
            for column in bad:
                by_column[column] += count
            if bad:
                refused += count
                submissions.add(submission_id)
    return rows, refused, submissions, by_column


def _duplicates(connection: Connection, old: Contract, new: Contract) -> tuple[int, set[int]]:
    """Rows that share the new key with an earlier line of their file, and the submissions they are in."""
    if not set(new.key_columns) <= {field.column for field in old.fields}:
        return 0, set()
    headers = {field.column: field.name for field in old.fields}
    keyed = replace(old, primary_key=tuple(headers[column] for column in new.key_columns))
    statement = sql.SQL(
        "select _submission_id, sum(n - 1)::bigint from "
        "(select _submission_id, count(*) as n from {} group by _submission_id, {}) as keyed "
        "where n > 1 group by _submission_id"
    ).format(raw_tables.table(old), sql.SQL(", ").join(key_sql.tidied(keyed).values()))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = dict(cursor.fetchall())
    return sum(found.values()), set(found)


def _public_ids(connection: Connection, submissions: set[int]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(array_agg(id::text order by submission_id), '{}') from catalog.submission "
            "where submission_id = any(%s)",
            [sorted(submissions)],
        )
        return list(only_row(cursor)[0])
