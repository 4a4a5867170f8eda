"""Attempts to load a submission: how one begins, and how one ends that loaded nothing."""

import errno

from psycopg2.extensions import connection as Connection

from elt.database import transaction
from elt.errors import LaurelError, NotFound
from elt.ledger import LOST_BYTES
from elt.loading.copying import Claim
from elt.reading.detecting import Stated

RETRY_BASE_SECONDS = 10
RETRY_LONGEST_SECONDS = 3600


def claim(connection: Connection, submission_id: int) -> Claim | None:
    """Mark it `loading`, visibly, unless it has been settled meanwhile."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.submission
            set status = 'loading', loading_at = now(), attempt_count = attempt_count + 1, error_code = null,
                error_message = null
            where submission_id = %s and status in ('received', 'loading', 'failed')
            returning submission_id, id::text, object_key, sha256, replaces_submission_id, stated
            """,
            [submission_id],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        submission, id, object_key, sha256, replaces, stated = row
        return Claim(submission, id, object_key, sha256, replaces, Stated(**stated))


def fail(connection: Connection, claim: Claim, error: Exception) -> None:
    """Note the failure and when to try again. Where Postgres itself is away, the next poll finds it `loading`."""
    code, message = "internal_error", "Laurel could not load the file; the operators see why, and it is tried again."
    if isinstance(error, NotFound):
        code, message = "object_lost", "The stored file is gone. Send it again."
    elif isinstance(error, LaurelError):
        code, message = error.code, error.in_words()
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        code, message = "loader_disk_full", "The loader has no space for its temporary files; it is tried again."
    if not connection.closed:
        end(connection, claim, "failed", code, message)


def end(connection: Connection, claim: Claim, status: str, code: str, message: str) -> None:
    """Note why nothing was loaded: `rejected` for good, `failed` until the next attempt."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.submission
            set status = %(status)s, error_code = %(code)s, error_message = %(message)s,
                settled_at = case when %(status)s = 'rejected' then now() end,
                next_attempt_at = case when %(code)s in %(lost)s then 'infinity' else now() + make_interval(secs =>
                    least(%(longest)s, %(base)s * power(2, least(attempt_count, 20)))::double precision) end
            where submission_id = %(submission_id)s and status = 'loading'
            """,
            {
                "status": status,
                "code": code,
                "message": message,
                "submission_id": claim.submission_id,
                "lost": LOST_BYTES,
                "base": RETRY_BASE_SECONDS,
                "longest": RETRY_LONGEST_SECONDS,
            },
        )
