"""The profile of a described dataset: counts over its loaded rows, and never a value of a personal column."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2 import sql
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract, Field
from elt.database import only_row, transaction
from elt.errors import Unavailable
from elt.loading import key_sql, raw_tables

MOST_CATEGORIES = 30
SECONDS_FOR_A_READER = 15
NUMBERS = ("integer", "number", "year")
RANGED = (*NUMBERS, "date", "datetime")


@dataclass(frozen=True)
class Profile:
    """`content` holds `rows`, `submissions` and `columns`; it is current where the dataset has not changed since."""

    content: dict[str, Any]
    computed_at: datetime
    is_current: bool


def profile(connection: Connection, contract: Contract, seconds: float | None = SECONDS_FOR_A_READER) -> Profile:
    """The profile, counted anew where rows or contract have changed. Raises Unavailable where that takes too long.

    What takes too long for a reader is counted after the next transform; until then there is the last one.
    """
    kept = _kept(connection, contract)
    if kept and kept.is_current:
        return kept
    try:
        with transaction(connection):
            _count(connection, contract, seconds)
    except QueryCanceled as error:
        if kept:
            return kept
        raise Unavailable(
            "profile_not_ready",
            "The dataset is large; its profile is not counted yet.",
            remedy="It is counted after the next transform; try again in some minutes.",
        ) from error
    found = _kept(connection, contract)
    if found is None:
        raise Unavailable("profile_not_ready", "The dataset is being changed.", remedy="Try again in a few seconds.")
    return found


def bring_up_to_date(connection: Connection, contracts: Iterable[Contract]) -> None:
    """Count every profile that is behind, however long it takes."""
    for contract in contracts:
        if contract.is_described:
            profile(connection, contract, seconds=None)


def _kept(connection: Connection, contract: Contract) -> Profile | None:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            select profile, computed_at,
                dataset_profile.raw_version = dataset.raw_version
                and dataset_profile.contract_version = dataset.contract_version
            from catalog.dataset_profile join catalog.dataset using (dataset_id) where dataset_id = %s
            """,
            [contract.name],
        )
        row = cursor.fetchone()
    return Profile(*row) if row else None


def _count(connection: Connection, contract: Contract, seconds: float | None) -> None:
    """Count, as of one moment, and keep it."""
    with connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("select set_config('statement_timeout', %s, true)", [str(int((seconds or 0) * 1000))])
        cursor.execute("select raw_version from catalog.dataset where dataset_id = %s", [contract.name])
        (raw_version,) = only_row(cursor)
        content = _content(connection, contract)
        cursor.execute(
            """
            insert into catalog.dataset_profile (dataset_id, raw_version, contract_version, profile)
            values (%s, %s, %s, %s)
            on conflict (dataset_id) do update set raw_version = excluded.raw_version,
                contract_version = excluded.contract_version, profile = excluded.profile, computed_at = now()
            where dataset_profile.raw_version <= excluded.raw_version
            """,
            [contract.name, raw_version, contract.version, json.dumps(content, ensure_ascii=False)],
        )


def _content(connection: Connection, contract: Contract) -> dict[str, Any]:
    wanted: list[sql.Composable] = [sql.SQL("count(*)"), sql.SQL("count(distinct _submission_id)")]
    for field in contract.fields:
        wanted += [_aggregate(what, field, _told(contract, field)) for what in _AGGREGATES]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("select {} from {}").format(sql.SQL(", ").join(wanted), raw_tables.table(contract)))
        rows, submissions, *counts = only_row(cursor)
    width = len(_AGGREGATES)
    columns = [
        _column(connection, contract, field, rows, counts[width * number : width * (number + 1)])
        for number, field in enumerate(contract.fields)
    ]
    return {"rows": rows, "submissions": submissions, "columns": columns}


_AGGREGATES = (
    "count({})",
    "count(distinct {})",
    "min({})::text",
    "max({})::text",
    "avg({})::double precision",
)


def _told(contract: Contract, field: Field) -> sql.Composable:
    """The column as it is counted: white space makes no other key, here as in the staging view."""
    column = sql.Identifier(field.column)
    if field.column not in contract.key_columns or field.postgres_type != "text":
        return column
    return key_sql.tidied(contract)[field.column]


def _aggregate(what: str, field: Field, column: sql.Composable) -> sql.Composable:
    """One number of one column; null where it is not for this kind of column, or would be a person's value."""
    is_value = not what.startswith("count")
    told = field.personal is None and field.type in (NUMBERS if what.startswith("avg") else RANGED)
    return sql.SQL("null") if is_value and not told else sql.SQL(what).format(column)


def _column(connection: Connection, contract: Contract, field: Field, rows: int, counted: list[Any]) -> dict[str, Any]:
    present, distinct, minimum, maximum, mean = counted
    few = field.personal is None and 0 < distinct <= MOST_CATEGORIES and field.type in ("string", "boolean", "integer")
    return {
        "name": field.name,
        "column": field.column,
        "type": field.type,
        "description": field.description,
        "personal": field.personal,
        "missing": rows - present,
        "distinct": distinct,
        "minimum": minimum,
        "maximum": maximum,
        "mean": mean,
        "categories": _categories(connection, contract, field) if few else None,
    }


def _categories(connection: Connection, contract: Contract, field: Field) -> list[dict[str, Any]]:
    """Each value with its number of rows, most frequent first."""
    statement = sql.SQL(
        "select {column}::text, count(*) from {table} where {column} is not null group by 1 order by 2 desc, 1"
    ).format(column=_told(contract, field), table=raw_tables.table(contract))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [{"value": value, "count": count} for value, count in cursor.fetchall()]
