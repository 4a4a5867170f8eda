"""Runs an insight's SQL as the reader role, and says how fresh and how complete the data behind it is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import psycopg2.errors
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.problems import BadRequest
from backend.reporting.answers import Found, kept
from backend.reporting.insight import Finding, Insight, Parameter, Row
from backend.reporting.passport import EMPTY, Passport, passport_of
from elt.database import Pool
from elt.errors import Unavailable

STATEMENT_TIMEOUT = "10s"
# Rights and new columns come with the first publication after an upgrade.
NOT_PUBLISHED = (
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.UndefinedColumn,
    psycopg2.errors.InvalidSchemaName,
    psycopg2.errors.InsufficientPrivilege,
)


@dataclass(frozen=True)
class Freshness:
    """When the marts last changed, and what of each dataset behind an insight is in them. One `datasets` row each.

    `failed_at` is when a later transform failed, so that these marts are the last good ones; None where none did.
    """

    published_at: datetime | None
    transform_run_id: int | None
    failed_at: datetime | None
    datasets: tuple[Row, ...]

    @property
    def rejected_rate(self) -> float | None:
        """The share of the source lines that were rejected; None where there are none."""
        return self.rejected_of([row["dataset_id"] for row in self.datasets])

    @property
    def waiting(self) -> int:
        """The number of files of these datasets that have arrived and are not loaded yet."""
        return sum(row["open_submissions"] for row in self.datasets)

    def rejected_of(self, datasets: Sequence[str]) -> float | None:
        """The share of the source lines of these datasets that were rejected; None where there are none."""
        mine = [row for row in self.datasets if row["dataset_id"] in datasets]
        lines_read = sum(row["lines_read"] or 0 for row in mine)
        return float(sum(row["rows_rejected"] or 0 for row in mine) / lines_read) if lines_read else None


@dataclass(frozen=True)
class Choice:
    """A parameter with the values it may take in the present data, and the one in use (None: all)."""

    parameter: Parameter
    allowed: tuple[str, ...]
    value: str | None


@dataclass(frozen=True)
class Result:
    """An insight answered: its rows in the order of its SQL, in words, and what stands behind them."""

    insight: Insight
    choices: tuple[Choice, ...]
    rows: tuple[Row, ...]
    finding: Finding
    freshness: Freshness
    passport: Passport = EMPTY

    @property
    def chosen(self) -> str:
        """The choices in words; empty where there are none to make."""
        return "; ".join(
            f"{choice.parameter.label}: {choice.value or choice.parameter.all_label}" for choice in self.choices
        )


def answer(insight: Insight, arguments: Mapping[str, str], pool: Pool) -> Result:
    """The insight for these arguments, all of it read from one snapshot.

    Raises BadRequest for a parameter or value that is not allowed, Unavailable while the marts are not built
    or where the warehouse is too slow.
    """
    with snapshot(pool) as connection:
        return answer_within(connection, insight, arguments)


@contextmanager
def snapshot(pool: Pool) -> Iterator[Connection]:
    """A connection on which everything is read as of one moment, with a time limit for each statement.

    Raises Unavailable while the marts are not built or where the warehouse is too slow.
    """
    with pool.connection() as connection:
        try:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
                cursor.execute("set local statement_timeout = %s", [STATEMENT_TIMEOUT])
            yield connection
        except NOT_PUBLISHED as error:
            raise Unavailable(
                "marts_not_built",
                "The marts behind this are not built yet.",
                remedy="Upload the files it needs and wait until they are modelled; see /data.",
            ) from error
        except psycopg2.errors.QueryCanceled as error:
            raise Unavailable(
                "too_slow",
                f"The marts did not answer within {STATEMENT_TIMEOUT}.",
                remedy="Try again in a minute: a transform may be running.",
            ) from error


def answer_within(connection: Connection, insight: Insight, arguments: Mapping[str, str]) -> Result:
    """The insight, read from the snapshot of which this is the connection. Raises BadRequest."""
    check_names(insight.name, [parameter.name for parameter in insight.parameters], arguments)
    given = {name: value for name, value in arguments.items() if value}
    allowed, found = kept(connection, insight, given, lambda: _found(connection, insight, given))
    choices = tuple(map(partial(_choice, given), insight.parameters, allowed))
    freshness = freshness_of(connection, insight.datasets)
    return Result(insight, choices, found, insight.finding(found), freshness, passport_of(connection, insight))


def _found(connection: Connection, insight: Insight, given: Mapping[str, str]) -> Found:
    """The values that each parameter may take, and the rows for those given. Raises BadRequest for any other value."""
    allowed = tuple(
        tuple(str(next(iter(row.values()))) for row in rows(connection, parameter.values_sql, {}))
        for parameter in insight.parameters
    )
    bound = {
        choice.parameter.name: choice.value for choice in map(partial(_choice, given), insight.parameters, allowed)
    }
    return allowed, rows(connection, insight.sql, bound)


def check_names(insight: str, names: Sequence[str], arguments: Mapping[str, str]) -> None:
    """Raises BadRequest where an argument is none of an insight's parameters."""
    if unknown := sorted(set(arguments) - set(names)):
        raise BadRequest(
            "unknown_parameter",
            f"{insight} has no parameter {', '.join(unknown)}.",
            allowed="Parameters: " + (", ".join(names) or "none") + ".",
            remedy="GET /api/v1/insights lists every parameter.",
        )


def _choice(given: Mapping[str, str], parameter: Parameter, allowed: tuple[str, ...]) -> Choice:
    value = given.get(parameter.name)
    if value is not None and value not in allowed:
        raise BadRequest(
            "bad_parameter",
            f"The data holds no such {parameter.name}.",
            allowed=f"{parameter.name}: {', '.join(allowed) or 'nothing yet'}; leave it out for "
            f"{parameter.all_label or parameter.default}.",
            parameter=parameter.name,
        )
    return Choice(parameter, allowed, value if value is not None else parameter.default)


def rows(connection: Connection, sql: str, arguments: Mapping[str, Any]) -> tuple[Row, ...]:
    """What a statement gives, in its order."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql, arguments)
        return tuple(cursor.fetchall())


def freshness_of(connection: Connection, datasets: Sequence[str]) -> Freshness:
    """What is in the published marts of these datasets."""
    published = rows(
        connection,
        """
        select
            published_at, transform_run_id,
            (
                select max(later.finished_at) from catalog.publication as later
                where later.status = 'failed' and later.transform_run_id > publication.transform_run_id
            ) as failed_at
        from catalog.publication
        where status = 'published'
        order by transform_run_id desc
        limit 1
        """,
        {},
    )
    status = rows(
        connection,
        """
        select
            dataset_id, title, live_submissions, open_submissions, lines_read, rows_loaded, rows_rejected,
            last_received_at, last_modelled_at, raw_version = modelled_version as is_current
        from catalog.dataset_status
        where dataset_id = any(%(datasets)s)
        order by dataset_id
        """,
        {"datasets": list(datasets)},
    )
    return Freshness(
        published_at=published[0]["published_at"] if published else None,
        transform_run_id=published[0]["transform_run_id"] if published else None,
        failed_at=published[0]["failed_at"] if published else None,
        datasets=status,
    )
