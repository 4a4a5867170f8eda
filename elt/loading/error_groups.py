"""Refused lines told together: so many of one kind in one column, and where the first of them is."""

import re
from dataclasses import astuple, dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from elt.errors import Refused
from elt.loading.checking import EMPTY_LINE
from elt.loading.rejects import OF_SUBMISSIONS, RejectsTable

MOST_GROUPS = 50  # of a submission; the most frequent ones
# One of them is told as "is not a date", many as "are not dates".
PLURALS = (
    (r"^is not a whole number", "are not whole numbers"),
    (r"^is not a number", "are not numbers"),
    (r"^is not a date and time", "are not dates and times"),
    (r"^is not a date", "are not dates"),
    (r"^is ", "are "),
    (r"^holds ", "hold "),
    (r"^(the line )?still holds .*", "still hold escapes that stand for bytes which are no text"),
    (r"^does ", "do "),
)
EMPTY = "empty there, and must not be"  # the message speaks of the cell, a group of its lines
# Errors whose message differs from line to line, or speaks of the line itself.
TOGETHER = {
    "too_few_cells": "have fewer cells than the header",
    "too_many_cells": "have more cells than the header",
    "duplicate_key": "repeat the key of an earlier line",
    "unclosed_quote": "open a quotation mark that is not closed",
    "stray_quote": "have other characters after a quoted cell",
    EMPTY_LINE: "hold nothing",
    "line_too_long": "are longer than a line may be",
}


@dataclass(frozen=True)
class ErrorGroup:
    """All lines of a submission with one error in one column; no column: in the line as a whole."""

    column: str | None
    code: str
    line_count: int
    first_line_number: int
    message: str

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "column": self.column,
            "code": self.code,
            "lines": self.line_count,
            "first_line": self.first_line_number,
            "message": sentence(self),
        }


_COUNTED = """
    select error ->> 'column', error ->> 'code', count(distinct line_number), min(line_number),
        (array_agg(error ->> 'message' order by line_number))[1]
    from {table}, jsonb_array_elements(errors) as error
    where {owner} = %s
    group by error ->> 'column', error ->> 'code'
    order by count(distinct line_number) desc, min(line_number) limit %s
"""


def count_errors(connection: Connection, table: RejectsTable, owner_id: int) -> list[ErrorGroup]:
    """Refused lines by column and kind of error, the largest groups first; at most MOST_GROUPS."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_COUNTED).format(**table.identifiers), [owner_id, MOST_GROUPS])
        return [ErrorGroup(*row) for row in cursor.fetchall()]


def group_errors(connection: Connection, submission_id: int) -> None:
    """Keep the counts of a submission, once all its refused lines are in the ledger."""
    groups = count_errors(connection, OF_SUBMISSIONS, submission_id)
    with connection.cursor() as cursor:
        cursor.execute("delete from catalog.error_group where submission_id = %s", [submission_id])
        execute_values(
            cursor,
            "insert into catalog.error_group "
            "(submission_id, column_name, code, line_count, first_line_number, message) values %s",
            [(submission_id, *astuple(group)) for group in groups],
        )


def error_groups(connection: Connection, submission_id: int) -> list[ErrorGroup]:
    """The groups of a submission, the largest first; at most MOST_GROUPS."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select column_name, code, line_count, first_line_number, message from catalog.error_group
            where submission_id = %s order by line_count desc, first_line_number
            """,
            [submission_id],
        )
        return [ErrorGroup(*row) for row in cursor.fetchall()]


def explained(refusal: Refused, groups: list[ErrorGroup], rejected: int, encoding: str) -> Refused:
    """Why nothing of a file is loaded, with the way out where most refused lines are in another encoding than it."""
    broken = max((group.line_count for group in groups if group.code == "encoding"), default=0)
    if not broken or 2 * broken < rejected:
        return refusal
    return Refused(
        refusal.code,
        f"{refusal.message} {broken:,} lines hold bytes that are not {encoding.removesuffix('-sig')}, which the "
        "beginning of the file is.",
        allowed=refusal.allowed,
        remedy="Save the file as UTF-8, or send it again and state what it is in: ?encoding=windows-1252, for example.",
    )


def sentence(group: ErrorGroup) -> str:
    """As a person reads it: "column `Age`: 412 lines are not whole numbers, first at line 7"."""
    where = f"column `{group.column}`: " if group.column else ""
    if group.line_count == 1:
        return f"{where}line {group.first_line_number:,} {_one(group)}"
    return f"{where}{group.line_count:,} lines {_many(group)}, first at line {group.first_line_number:,}"


def _one(group: ErrorGroup) -> str:
    if group.code == "required":
        return f"is {EMPTY}"
    return group.message if group.column and group.code not in TOGETHER else f"is refused: {group.message}"


def _many(group: ErrorGroup) -> str:
    if group.code == "required":
        return f"are {EMPTY}"
    if group.code in TOGETHER:
        return TOGETHER[group.code]
    for singular, plural in PLURALS:
        if re.search(singular, group.message):
            return re.sub(singular, plural, group.message)
    return f"are refused: {group.message}"
