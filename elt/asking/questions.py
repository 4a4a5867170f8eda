"""Questions that were saved: SQL with a title, listed among the insights. Inside the caller's transaction."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt.asking.session import Column
from elt.errors import Conflict, NotFound, Refused

PREFIX = "asked_"
NAME_LENGTH = 60
CHART_KINDS = ("bar", "line", "point")


_SELECT = """
    select saved_question.*, account.name as account_name
    from catalog.saved_question left join catalog.account using (account_id)
"""


@dataclass(frozen=True)
class Chart:
    """How the rows are drawn: which columns lie along the axes, and which one, if any, gives the colour."""

    kind: str
    x: str
    y: str
    color: str | None = None


@dataclass(frozen=True)
class Question:
    """A saved question. `columns` are those that its SQL gave when it was saved."""

    name: str
    title: str
    question: str
    sql_text: str
    columns: tuple[Column, ...]
    chart: Chart | None
    account_name: str | None = None
    saved_at: datetime | None = None


def name_for(title: str) -> str:
    """The name of a question of this title, as it stands in URLs."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:NAME_LENGTH].strip("_")
    if not words:
        raise Refused("bad_title", "The title has no letter from a to z and no digit.", remedy="Give it another one.")
    return PREFIX + words


def check(columns: Sequence[Column], chart: Chart | None) -> None:
    """Raises Refused where the columns cannot be told apart, or the chart wants one that is not there."""
    names = [column.name for column in columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not names or repeated or "?column?" in names:
        raise Refused(
            "bad_columns",
            "The columns cannot be told apart" + (f": {', '.join(repeated)} is there twice." if repeated else "."),
            allowed="One name for each column.",
            remedy="Name them in the query: select count(*) as students, …",
        )
    wanted = [name for name in (chart.x, chart.y, chart.color) if name] if chart else []
    if missing := [name for name in wanted if name not in names]:
        raise Refused(
            "bad_chart",
            f"The query gives no column {', '.join(missing)}.",
            allowed=f"Columns: {', '.join(names)}.",
            remedy="Choose columns of the query for the chart, or save the question without one.",
        )


def save(connection: Connection, question: Question, account_id: int) -> None:
    """Keep a new question. Raises Conflict where its name is taken."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "insert into catalog.saved_question (name, title, question, sql_text, columns, chart, account_id) "
                "values (%s, %s, %s, %s, %s, %s, %s)",
                [
                    question.name,
                    question.title,
                    question.question,
                    question.sql_text,
                    json.dumps([asdict(column) for column in question.columns]),
                    json.dumps(asdict(question.chart)) if question.chart else None,
                    account_id,
                ],
            )
        except UniqueViolation as error:
            raise Conflict(
                "name_taken",
                "There is a saved question with this title already.",
                allowed="Titles that differ in more than punctuation and capitals.",
                remedy=f"Choose another title, or DELETE /api/v1/questions/{question.name} first.",
            ) from error


def forget(connection: Connection, name: str) -> None:
    """Delete a saved question. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("delete from catalog.saved_question where name = %s", [name])
        if cursor.rowcount == 0:
            raise _unknown()


def find(connection: Connection, name: str) -> Question:
    """The saved question of this name. Raises NotFound."""
    found = _rows(connection, "where saved_question.name = %s", [name])
    if not found:
        raise _unknown()
    return found[0]


def listing(connection: Connection) -> list[Question]:
    """Every saved question, by title."""
    return _rows(connection, "order by title, saved_question.name", [])


def _rows(connection: Connection, where: str, values: list[Any]) -> list[Question]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, values)
        return [_question(row) for row in cursor.fetchall()]


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        name=row["name"],
        title=row["title"],
        question=row["question"],
        sql_text=row["sql_text"],
        columns=tuple(Column(**column) for column in row["columns"]),
        chart=Chart(**row["chart"]) if row["chart"] else None,
        account_name=row["account_name"],
        saved_at=row["saved_at"],
    )


def _unknown() -> NotFound:
    return NotFound(
        "unknown_question", "There is no saved question of that name.", remedy="GET /api/v1/questions lists them."
    )
