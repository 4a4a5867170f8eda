"""What a report reads: insights and rows, all of them from one snapshot, as whoever asks may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection

from backend.reporting.behind import Behind
from backend.reporting.insight import Row
from backend.reporting.querying import rows
from backend.reporting.registry import registry
from backend.reporting.result import Result, answer_within
from elt.errors import Unavailable


@dataclass(frozen=True)
class Version:
    """Which data a report tells of: the transform that published them, and when."""

    number: int
    published_at: datetime


@dataclass(frozen=True)
class Reading:
    """One report's view of the data; `subject` is what it is about, where there is one report for each."""

    connection: Connection
    version: Version
    subject: str = ""

    def insight(self, name: str, **arguments: str) -> Result:
        """An insight's answer; the same that its page gives."""
        return answer_within(Behind(self.connection, [registry()[name]]), registry()[name], arguments)

    def rows(self, sql: str, **arguments: Any) -> tuple[Row, ...]:
        """What a statement on marts gives; parameters are `%(name)s`."""
        return rows(self.connection, sql, arguments)

    def with_names(self, students: Iterable[Row]) -> list[Row]:
        """The rows, each with the `student` whom its `student_key` means: by name, or by number where none is known."""
        listed = list(students)
        known = self.rows(
            "select student_key, concat_ws(' ', first_name, last_name) as name from marts_private.student_identity "
            "where student_key = any(%(keys)s::uuid[])",
            keys=[str(row["student_key"]) for row in listed],
        )
        names = {row["student_key"]: row["name"] for row in known if row["name"]}
        return [{**row, "student": names.get(row["student_key"], row["student_id"])} for row in listed]

    def rejected_rate(self, datasets: Sequence[str]) -> float | None:
        """The share of lines refused, of the submissions that these marts hold; None where there are none."""
        counted: Mapping[str, Any] = self.rows(
            "select sum(rows_rejected)::double precision / nullif(sum(lines_read), 0) as rate "
            "from catalog.submission_status where status = 'modelled' and dataset_id = any(%(datasets)s)",
            datasets=list(datasets),
        )[0]
        return counted["rate"]  # type: ignore[no-any-return]


def version_of(connection: Connection) -> Version:
    """The published marts' version in this snapshot. Raises Unavailable before the first is published."""
    published = rows(
        connection,
        "select transform_run_id, published_at from catalog.publication where status = 'published' "
        "order by transform_run_id desc limit 1",
        {},
    )
    if not published:
        raise Unavailable(
            "marts_not_built",
            "No marts are published yet.",
            remedy="Upload files and wait until they are modelled; see /data.",
        )
    return Version(published[0]["transform_run_id"], published[0]["published_at"])
