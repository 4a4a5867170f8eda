"""What needs a hand today, the most urgent first: students, files, transforms, tests, old data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.reporting.insight import Row
from backend.reporting.result import NOT_PUBLISHED
from backend.reporting.seeds import kpi_threshold
from backend.reporting.values import shown
from backend.services import Services
from elt.access.accounts import Account
from elt.access.policies import KNOW_PERSONS

REFUSED_DAYS = 14  # a refused file that nobody mended for longer is history
TIERS = (4, 3)  # those whose students need help first


@dataclass(frozen=True)
class Task:
    """One thing: what kind, how many or what exactly, and where to go on."""

    badge: str
    text: str
    url: str
    is_urgent: bool = False


def tasks(parts: Services, asking: Account, account_id: int | None) -> list[Task]:
    """For whoever asks: of students and files those that the account may see, of the data's tests only who sees all."""
    found: list[Task] = []
    looks: list[Callable[[Connection], Iterator[Task]]] = [_transform]
    if asking.role in KNOW_PERSONS:
        looks.insert(0, _students)
    if asking.sees_every_submission:
        looks += [_tests, _old_data]
    with parts.reader_pool.connection() as connection:
        for look in looks:
            found += _looked(look, connection)
    with parts.pool.connection() as connection:
        found += _files(connection, account_id)
    return sorted(found, key=lambda task: not task.is_urgent)


def _looked(look: Callable[[Connection], Iterator[Task]], connection: Connection) -> list[Task]:
    """Before the first transform there are no marts to look into."""
    with connection.cursor() as cursor:
        cursor.execute("savepoint before_look")
        try:
            return list(look(connection))
        except NOT_PUBLISHED:
            cursor.execute("rollback to savepoint before_look")
            return []


def _rows(
    connection: Connection, statement: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None
) -> list[Row]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _students(connection: Connection) -> Iterator[Task]:
    tiers = _rows(
        connection,
        "select risk_tier, count(*) as students from marts.rpt_at_risk_student where risk_tier = any(%s) "
        "group by risk_tier order by risk_tier desc",
        [list(TIERS)],
    )
    for row in tiers:
        one = row["students"] == 1
        yield Task(
            f"Tier {row['risk_tier']}",
            f"{shown(row['students'], 'integer')} student{'' if one else 's'} need{'s' if one else ''} attention"
            f"{' first' if row['risk_tier'] == TIERS[0] else ''}, by the early-warning rules.",
            url_for("pages.students", tier=row["risk_tier"]),
            is_urgent=row["risk_tier"] == TIERS[0],
        )


def _transform(connection: Connection) -> Iterator[Task]:
    last = _rows(
        connection,
        "select status, finished_at from catalog.publication where finished_at is not null "
        "order by transform_run_id desc limit 1",
    )
    for row in last:
        if row["status"] == "failed":
            yield Task(
                "Transform",
                f"The last transform failed at {shown(row['finished_at'], 'time')}: pages show the last good figures.",
                url_for("pages.data"),
                is_urgent=True,
            )


def _tests(connection: Connection) -> Iterator[Task]:
    [row] = _rows(
        connection,
        """
        select
            count(*) filter (where status in ('fail', 'error')) as failed,
            (select count(*) from marts.data_quality_issue) as issues
        from catalog.transform_node
        where
            resource_type = 'test'
            and transform_run_id
            = (select max(transform_run_id) from catalog.publication where finished_at is not null)
        """,
    )
    if row["failed"]:
        told = f"{row['failed']} test{'s' if row['failed'] != 1 else ''} of the data failed in the last transform."
        yield Task("Tests", told, url_for("pages.last_transform"), is_urgent=True)
    if row["issues"]:
        told = f"{shown(row['issues'], 'integer')} issue{'s' if row['issues'] != 1 else ''} in loaded lines: what "
        told += "contradicts itself or points nowhere."
        yield Task("Tests", told, url_for("pages.insight", name="data_quality_issues"))


def _old_data(connection: Connection) -> Iterator[Task]:
    days = int(kpi_threshold("stale_data_days"))
    old = _rows(
        connection,
        "select title, last_received_at from catalog.dataset_status "
        "where live_submissions > 0 and dataset_id like %s and last_received_at <= %s order by last_received_at",
        ["laurel/%", datetime.now(UTC) - timedelta(days=days)],
    )
    for row in old:
        told = f"{row['title']}: nothing new for {days} days or more, since {shown(row['last_received_at'], 'time')}."
        yield Task("Old data", told, url_for("pages.insight", name="data_quality"))


FILES = {
    "held": ("Confirm", "would remove many rows and wait{s} for a yes", True),
    "failed": ("Files", "could not be loaded yet; Laurel tries again", True),
    "rejected": (
        "Refused",
        f"of the last {REFUSED_DAYS} days {{was}} refused: {{it}} must be mended and sent again",
        True,
    ),
    "received": ("Waiting", "wait{s} to be loaded", False),
    "loaded": ("Waiting", "{is} loaded, and wait{s} for the next transform", False),
}


def _files(connection: Connection, account_id: int | None) -> Iterator[Task]:
    counted = _rows(
        connection,
        """
        select case status when 'loading' then 'received' else status end as state, count(*) as files
        from catalog.submission
        where
            (
                status in ('received', 'loading', 'held', 'failed', 'loaded')
                or (
                    status = 'rejected' and received_at > %(since)s
                    and not exists (
                        select from catalog.submission as later
                        where later.replaces_submission_id = submission.submission_id
                    )
                )
            )
            and (%(account)s::integer is null or account_id = %(account)s)
        group by 1
        """,
        {"since": datetime.now(UTC) - timedelta(days=REFUSED_DAYS), "account": account_id},
    )
    by_state = {row["state"]: row["files"] for row in counted}
    for state, (badge, words, is_urgent) in FILES.items():
        if files := by_state.get(state):
            one = files == 1
            forms = {"s": "s" if one else "", "was": "was" if one else "were", "is": "is" if one else "are"}
            told = words.format(**forms, it="it" if one else "they")
            yield Task(
                badge, f"{shown(files, 'integer')} file{'' if one else 's'} {told}.", url_for("pages.data"), is_urgent
            )
