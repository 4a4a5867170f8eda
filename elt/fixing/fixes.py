"""The ledger of fixes: corrected rejects files, and what became of them. Inside the caller's transaction, always."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt import ledger
from elt.database import only_row
from elt.errors import Conflict
from elt.ledger import Submission
from elt.loading.attempts import RETRY_BASE_SECONDS, RETRY_LONGEST_SECONDS
from elt.notifying import WORK_CHANNEL, notify
from elt.receiving.incoming_objects import arrived, disown

FIXABLE = ("loaded", "modelled", "rejected")


@dataclass(frozen=True)
class Fix:
    """One corrected rejects file. Counts are null until it is applied: read = fixed + refused + unmatched."""

    fix_id: int
    id: UUID
    submission_id: int
    account_name: str | None
    status: str
    object_key: str
    filename: str
    sha256: str
    byte_count: int
    lines_read: int | None
    lines_fixed: int | None
    lines_refused: int | None
    lines_unmatched: int | None
    error_code: str | None
    error_message: str | None
    received_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True)
class UnmatchedLine:
    """A line of a fix that belongs to no refused line; `message` never holds a value."""

    fix_line_number: int
    code: str
    message: str


_SELECT = """
    select fix.*, account.name as account_name
    from catalog.fix left join catalog.account on account.account_id = fix.account_id
"""
_COLUMNS = tuple(column.name for column in fields(Fix))


def _rows(connection: Connection, where: str, parameters: Mapping[str, Any]) -> list[Fix]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, parameters)
        found = [{name: row[name] for name in _COLUMNS} for row in cursor.fetchall()]
    return [Fix(**{**values, "id": UUID(values["id"])}) for values in found]


def of_submission(connection: Connection, submission_id: int) -> list[Fix]:
    """Every fix that was sent for a submission, oldest first."""
    return _rows(connection, "where fix.submission_id = %(id)s order by fix_id", {"id": submission_id})


def valid(connection: Connection, submission_id: int) -> list[Fix]:
    """The fixes that belong to the submission's content, applied or about to be, in the order in which they came."""
    where = "where fix.submission_id = %(id)s and fix.status <> 'rejected' order by fix_id"
    return _rows(connection, where, {"id": submission_id})


def find(connection: Connection, submission_id: int, id: UUID) -> Fix | None:
    """The fix of this submission with this public id."""
    where = "where fix.submission_id = %(submission)s and fix.id = %(id)s"
    return next(iter(_rows(connection, where, {"submission": submission_id, "id": str(id)})), None)


def get(connection: Connection, fix_id: int) -> Fix:
    """The fix with this number, which the caller knows to be there."""
    (fix,) = _rows(connection, "where fix.fix_id = %(id)s", {"id": fix_id})
    return fix


def find_content(connection: Connection, submission_id: int, sha256: str) -> Fix | None:
    """The fix that has already brought these bytes to the submission."""
    where = "where fix.submission_id = %(submission)s and fix.sha256 = %(sha256)s and fix.status <> 'rejected'"
    return next(iter(_rows(connection, where, {"submission": submission_id, "sha256": sha256})), None)


def check_fixable(submission: Submission) -> None:
    """Raises Conflict where the submission has no refused lines that a fix could correct."""
    if submission.status not in FIXABLE:
        waiting = submission.status in ("received", "loading", "failed", "held", "retracting")
        raise Conflict(
            "not_fixable",
            f"The submission is {submission.status}: its lines cannot be corrected now.",
            allowed="A submission that is " + ", ".join(FIXABLE) + " and has refused lines can be corrected.",
            remedy="Wait until it is settled (GET with `?wait=`)."
            if waiting
            else "Restore it, or send the whole file.",
        )
    if not submission.rows_rejected:
        raise Conflict(
            "nothing_to_fix",
            "None of the submission's lines are refused.",
            allowed="Corrections of lines that GET …/rejects lists.",
            remedy="Correct the file and send it as a new version (PUT …/file)."
            if submission.status != "rejected"
            else "Correct the file as a whole and send it again; `error` says what is wrong with it.",
        )


def add(
    connection: Connection,
    submission: Submission,
    account_id: int | None,
    object_key: str,
    filename: str,
    sha256: str,
    byte_count: int,
) -> Fix:
    """Enter a fix whose bytes are durable, and wake `ingest`; one of a refused submission has it loaded anew.

    Raises UniqueViolation where the same bytes were sent before, or the refused submission's own are live elsewhere.
    """
    with connection.cursor() as cursor:
        arrived(connection, object_key)
        cursor.execute(
            "select status from catalog.submission where submission_id = %s for update", [submission.submission_id]
        )
        check_fixable(ledger.get(connection, submission.id))
        cursor.execute(
            "insert into catalog.fix (submission_id, account_id, object_key, filename, sha256, byte_count) "
            "values (%s, %s, %s, %s, %s, %s) returning fix_id",
            [submission.submission_id, account_id, object_key, filename, sha256, byte_count],
        )
        (fix_id,) = only_row(cursor)
        cursor.execute(
            "update catalog.submission set status = 'received', settled_at = null, attempt_count = 0, "
            "next_attempt_at = now() where submission_id = %s and status = 'rejected'",
            [submission.submission_id],
        )
    notify(connection, WORK_CHANNEL, "received")
    return get(connection, fix_id)


def unmatched_lines(connection: Connection, fix_id: int, limit: int) -> list[UnmatchedLine]:
    """The first lines of a fix that belong to no refused line, and why."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select fix_line_number, code, message from catalog.fix_line where fix_id = %s "
            "order by fix_line_number limit %s",
            [fix_id, limit],
        )
        return [UnmatchedLine(*row) for row in cursor.fetchall()]


def waiting(connection: Connection) -> list[tuple[int, int, str]]:
    """Fix, submission and dataset of each fix that is to be applied to rows in raw, in the order in which they came."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select fix_id, submission_id, dataset_id from catalog.fix join catalog.submission using (submission_id) "
            "where fix.status in ('received', 'failed') and isfinite(fix.next_attempt_at) "
            # No wait is longer; a later time was noted by a clock that has been put back since.
            "and (fix.next_attempt_at <= now() or fix.next_attempt_at > now() + make_interval(secs => %s)) "
            "and submission.status not in ('received', 'loading', 'held', 'failed') order by fix_id",
            [RETRY_LONGEST_SECONDS],
        )
        return cursor.fetchall()


def restore_object(connection: Connection, fix: Fix, object_key: str) -> Fix:
    """Give a fix whose object was lost the same bytes under a new key, and wake `ingest`."""
    with connection.cursor() as cursor:
        arrived(connection, object_key)
        disown(connection, fix.object_key)
        cursor.execute(
            "update catalog.fix set status = 'received', error_code = null, error_message = null, "
            "next_attempt_at = now() where fix_id = %s",
            [fix.fix_id],
        )
        # Fixes of a version that was brought back share their objects with those of the one that it restores.
        cursor.execute("update catalog.fix set object_key = %s where object_key = %s", [object_key, fix.object_key])
    notify(connection, WORK_CHANNEL, "received")
    return get(connection, fix.fix_id)


def settle(connection: Connection, fix: Fix, read: int, fixed: int, refused: int) -> None:
    """In the transaction that applied it: what became of its lines."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.fix set status = 'applied', lines_read = %s, lines_fixed = %s, lines_refused = %s, "
            "lines_unmatched = %s, error_code = null, error_message = null, applied_at = clock_timestamp() "
            "where fix_id = %s",
            [read, fixed, refused, read - fixed - refused, fix.fix_id],
        )


def end_attempt(connection: Connection, fix_id: int, status: str, code: str, message: str) -> None:
    """Note why it could not be applied: `rejected` for good, `failed` until the next attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.fix
            set status = %(status)s, error_code = %(code)s, error_message = %(message)s,
                attempt_count = attempt_count + 1,
                next_attempt_at = case when %(code)s in %(lost)s then 'infinity' else now() + make_interval(secs =>
                    least(%(longest)s, %(base)s * power(2, least(attempt_count, 20)))::double precision) end
            where fix_id = %(fix)s and status in ('received', 'failed')
            """,
            {
                "fix": fix_id,
                "status": status,
                "code": code,
                "message": message,
                "lost": ledger.LOST_BYTES,
                "base": RETRY_BASE_SECONDS,
                "longest": RETRY_LONGEST_SECONDS,
            },
        )
