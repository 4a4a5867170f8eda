"""From a row of a mart to the lines it came from, and from there to the file, its sender and its contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt.contracting.contract import Contract
from elt.errors import NotFound, Refused
from elt.loading import raw_tables
from elt.transforming.lineage import datasets_behind

ROWS = 50  # of a mart that are traced at once
SUBMISSIONS = 1000  # listed behind rows that are made from many


@dataclass(frozen=True)
class Origin:
    """What one row of a mart came from; no lines: the row is made from several, or the mart does not say."""

    submission_id: int
    lines: tuple[int, ...]
    fixes: Mapping[int, UUID]  # by line: the fix that brought it


@dataclass(frozen=True)
class Trace:
    """`origins`: one per row. Where the mart carries none, `behind` holds all submissions it is made from."""

    origins: list[Origin]
    behind: list[int]
    is_whole: bool  # false: there are more rows than were traced


def trace(
    connection: Connection,
    readable: Connection,
    contracts: Mapping[str, Contract],
    mart: str,
    where: Mapping[str, str],
    sender: int | None,
) -> Trace:
    """The origins of the rows of `marts.<mart>` in which each of these columns has this text.

    Found are the rows that `readable` shows, and those that came from files of the account `sender`: whoever asks is
    told nothing of others, not even that they are there.

    Raises NotFound where there is no such mart or row, Refused where a column is not the mart's.
    """
    columns = _columns(connection, mart)
    unknown = sorted(set(where) - set(columns))
    if unknown or not where:
        raise Refused(
            "unknown_column" if unknown else "no_column",
            "The mart has no such column: " + ", ".join(unknown) + "." if unknown else "No column says which row.",
            allowed=", ".join(columns),
            remedy="Give the columns that tell the row apart, such as its keys: ?student_key=….",
        )
    found = _rows(readable, mart, where)
    if not found and sender is not None and "submission_id" in columns:
        found = _rows(connection, mart, where, sender)
    if not found:
        raise NotFound(
            "unknown_row",
            "The mart has no such row.",
            allowed="The columns of a row as the mart has them, compared as text.",
            remedy="Ask with fewer columns.",
        )
    if "submission_id" not in columns:
        return Trace([], _behind(connection, mart), is_whole=True)
    origins = [origin(connection, contracts, row) for row in found[:ROWS] if row["submission_id"] is not None]
    behind = _behind(connection, mart) if len(origins) < len(found[:ROWS]) else []
    return Trace(origins, behind, len(found) <= ROWS)


def _columns(connection: Connection, mart: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns where table_schema = 'marts' and table_name = %s "
            "order by ordinal_position",
            [mart],
        )
        columns = [name for (name,) in cursor.fetchall()]
    if not columns:
        raise NotFound("unknown_mart", "There is no such mart.", remedy="docs/data-dictionary.md lists them.")
    return columns


def _rows(
    connection: Connection, mart: str, where: Mapping[str, str], sender: int | None = None
) -> list[dict[str, Any]]:
    """The rows, at most one more than are traced; of a `sender` those of its own files."""
    conditions = [sql.SQL("{}::text = %s").format(sql.Identifier(name)) for name in where]
    if sender is not None:
        own = "submission_id in (select submission_id from catalog.submission where account_id = {})"
        conditions.append(sql.SQL(own).format(sql.Literal(sender)))
    statement = sql.SQL("select * from {} where {} limit {}").format(
        sql.Identifier("marts", mart), sql.SQL(" and ").join(conditions), sql.Literal(ROWS + 1)
    )
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(statement, list(where.values()))
        return [dict(row) for row in cursor.fetchall()]


def origin(connection: Connection, contracts: Mapping[str, Contract], row: Mapping[str, Any]) -> Origin:
    """What a row of a model came from: its `submission_id`, and its lines by number or by the dataset's key."""
    number: int = row["submission_id"]
    if "line_number" in row:
        lines = [row["line_number"]]
    elif "line_numbers" in row:
        lines = row["line_numbers"]
    else:
        lines = _lines_by_key(connection, contracts, number, row)
    lines = sorted(line for line in lines if line is not None)
    with connection.cursor() as cursor:
        cursor.execute(
            "select line_number, fix.id::text from catalog.fixed_line inner join catalog.fix using (fix_id) "
            "where fixed_line.submission_id = %s and line_number = any(%s)",
            [number, lines],
        )
        fixes = {line: UUID(fix) for line, fix in cursor.fetchall()}
    return Origin(number, tuple(lines), fixes)


def _lines_by_key(
    connection: Connection, contracts: Mapping[str, Contract], number: int, row: Mapping[str, Any]
) -> list[int]:
    """The lines of the submission that have the row's key, where the mart has the dataset's key columns."""
    with connection.cursor() as cursor:
        cursor.execute("select dataset_id from catalog.submission where submission_id = %s", [number])
        (dataset_id,) = cursor.fetchone() or (None,)
        contract = contracts.get(str(dataset_id))
        if contract is None or not contract.key_columns or not set(contract.key_columns) <= set(row):
            return []
        # As staging tidies them: white space at either end, or twice, tells no keys apart.
        same = sql.SQL(" and ").join(
            sql.SQL(r"btrim(regexp_replace({}::text, '[\s\u00a0]+', ' ', 'g')) = %s").format(sql.Identifier(column))
            for column in contract.key_columns
        )
        cursor.execute(
            sql.SQL("select _line_number from {} where _submission_id = %s and {}").format(
                raw_tables.table(contract), same
            ),
            [number, *(str(row[column]) for column in contract.key_columns)],
        )
        return [line for (line,) in cursor.fetchall()]


def _behind(connection: Connection, mart: str) -> list[int]:
    """The submissions that the published mart is made from, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select submission_id from catalog.submission "
            "where dataset_id = any(%s) and status = 'modelled' order by submission_id desc limit %s",
            [sorted(datasets_behind(mart)), SUBMISSIONS],
        )
        return [number for (number,) in cursor.fetchall()]
