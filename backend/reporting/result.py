"""Runs an insight's SQL as the reader role, and says how fresh and how complete the data behind it is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg2.errors
from psycopg2.extensions import connection as Connection

from backend.problems import BadRequest
from backend.reporting.answers import Found, kept
from backend.reporting.behind import Behind
from backend.reporting.freshness import Freshness
from backend.reporting.insight import Finding, Insight, Parameter, Row
from backend.reporting.passport import EMPTY, Passport
from backend.reporting.querying import rows
from elt.database import Pool
from elt.errors import LaurelError, Unavailable

STATEMENT_TIMEOUT = "10s"
# Rights and new columns come with the first publication after an upgrade.
NOT_PUBLISHED = (
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.UndefinedColumn,
    psycopg2.errors.InvalidSchemaName,
    psycopg2.errors.InsufficientPrivilege,
)


@dataclass(frozen=True)
class Choice:
    """A parameter with the values it may take in the present data, and the one in use (None: all)."""

    parameter: Parameter
    allowed: tuple[str, ...]
    value: str | None

    @property
    def all_label(self) -> str | None:
        """What no choice is called; None where there is always one."""
        is_sole = self.parameter.is_sole_default and len(self.allowed) == 1
        return None if is_sole else self.parameter.all_label


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
        return "; ".join(f"{choice.parameter.label}: {choice.value or choice.all_label}" for choice in self.choices)


def answer(insight: Insight, arguments: Mapping[str, str], pool: Pool) -> Result:
    """The insight for these arguments, all of it read from one snapshot.

    Raises BadRequest for a parameter or value that is not allowed, Unavailable while the marts are not built
    or where the warehouse is too slow.
    """
    with snapshot(pool) as connection:
        return answer_within(Behind(connection, [insight]), insight, arguments)


def answers(asked: Sequence[tuple[Insight, Mapping[str, str]]], pool: Pool) -> list[Result | LaurelError]:
    """Each of these, all read from one snapshot; in place of one that cannot be answered, why.

    What stands behind them is asked of the ledger once for all. Raises Unavailable where none can be asked.
    """
    with snapshot(pool) as connection:
        behind = Behind(connection, [insight for insight, _ in asked])
        return [_attempt(behind, insight, arguments) for insight, arguments in asked]


def _attempt(behind: Behind, insight: Insight, arguments: Mapping[str, str]) -> Result | LaurelError:
    with behind.connection.cursor() as cursor:
        cursor.execute("savepoint attempt")
        try:
            with _told():
                return answer_within(behind, insight, arguments)
        except (BadRequest, Unavailable) as error:
            cursor.execute("rollback to savepoint attempt")
            return error


@contextmanager
def snapshot(pool: Pool) -> Iterator[Connection]:
    """A connection on which everything is read as of one moment, with a time limit for each statement.

    Raises Unavailable while the marts are not built or where the warehouse is too slow.
    """
    with pool.connection() as connection, _told():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local statement_timeout = %s", [STATEMENT_TIMEOUT])
        yield connection


@contextmanager
def _told() -> Iterator[None]:
    """Postgres's errors as Unavailable, where they mean that the marts are not built or the warehouse is too slow."""
    try:
        yield
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


def answer_within(behind: Behind, insight: Insight, arguments: Mapping[str, str]) -> Result:
    """The insight, read from the snapshot of `behind`. Raises BadRequest."""
    check_names(insight.name, [parameter.name for parameter in insight.parameters], arguments)
    given = {name: value for name, value in arguments.items() if value}
    allowed, found = kept(behind, insight, given, lambda: _found(behind.connection, insight, given))
    choices = tuple(map(partial(_choice, given), insight.parameters, allowed))
    fresh, passport = behind.freshness(insight.datasets), behind.passport(insight)
    return Result(insight, choices, found, insight.finding(found), fresh, passport)


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
    return Choice(parameter, allowed, value if value is not None else _default(parameter, allowed))


def _default(parameter: Parameter, allowed: tuple[str, ...]) -> str | None:
    is_sole = parameter.is_sole_default and len(allowed) == 1
    is_missing = parameter.default is not None and parameter.default not in allowed
    return allowed[0] if allowed and (is_sole or is_missing) else parameter.default
