"""The versions of one file, and the way back to one of them. Each function runs inside the caller's transaction."""

from dataclasses import dataclass

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.database import only_row
from elt.errors import Conflict
from elt.ledger import LIVE, Submission
from elt.notifying import WORK_CHANNEL, notify


@dataclass(frozen=True)
class Restored:
    """The submission that brings the content back; `created` is false where it was on its way, or live, already."""

    submission: Submission
    created: bool


def restore(connection: Connection, submission: Submission) -> Restored:
    """Bring back a replaced or retracted submission, with the corrections that it had, and wake `ingest`.

    Where another version is live, a new submission of the same bytes replaces that one; likewise where the submission
    was replaced and all later versions are retracted. A retracted one with no live version becomes live again itself,
    in its old place. Asking twice is asking once. Raises Conflict where there is nothing to bring back.
    """
    _lock_family(connection, submission)
    family = ledger.versions(connection, submission)
    now = next(version for version in family if version.id == submission.id)
    live = [version for version in family if version.status in LIVE]
    for version in live:
        if now.id in (version.id, version.restores_id):
            return Restored(version, created=False)
    if now.status not in ("replaced", "retracted"):
        raise Conflict(
            "not_restorable",
            f"The submission is {now.status}: there is nothing to bring back.",
            allowed="A submission that is replaced or retracted can be restored.",
            remedy="Wait until it is retracted (GET with `?wait=`)."
            if now.status == "retracting"
            else "Send it again.",
        )
    try:
        if now.status == "retracted" and not live:
            _revive(connection, now)
            return Restored(ledger.get(connection, now.id), created=True)
        return Restored(_add_again(connection, now, max(live or family, key=_number)), created=True)
    except UniqueViolation as error:
        raise Conflict(
            "duplicate_content",
            "The same bytes are live as another submission, or another version has just been sent.",
            allowed="The same file is loaded once per dataset.",
            remedy="Retract the submission that should go, wait until it is `retracted`, then restore this one.",
        ) from error


def _number(submission: Submission) -> int:
    return submission.submission_id


def _lock_family(connection: Connection, submission: Submission) -> None:
    """Two who restore versions of one file take turns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select from catalog.submission where submission_id in (select catalog.versions_of(%s)) "
            "order by submission_id for update",
            [submission.submission_id],
        )


def _revive(connection: Connection, submission: Submission) -> None:
    """As if it had just arrived, under the number that it always had: rows that came after it stay newer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.submission
            set status = 'received', attempt_count = 0, next_attempt_at = now(), lines_read = null, rows_loaded = null,
                rows_rejected = null, raw_version = null, error_code = null, error_message = null, held_for = null,
                loading_at = null, loaded_at = null, modelled_at = null, removed_at = null, settled_at = null
            where submission_id = %s
            """,
            [submission.submission_id],
        )
        cursor.execute(
            "update catalog.fix set status = 'received', next_attempt_at = now() "
            "where submission_id = %s and status = 'applied'",
            [submission.submission_id],
        )
    notify(connection, WORK_CHANNEL, "received")


def _add_again(connection: Connection, submission: Submission, newest: Submission) -> Submission:
    """The same bytes and corrections once more, as the version after the newest one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into catalog.submission
                (dataset_id, account_id, object_key, filename, sha256, byte_count, title, note, stated, compression,
                 archive_filename, archive_member, content_sha256, header_mapping, replaces_submission_id,
                 restores_submission_id)
            select dataset_id, account_id, object_key, filename, sha256, byte_count, title, note, stated, compression,
                archive_filename, archive_member, content_sha256, header_mapping, %s, submission_id
            from catalog.submission where submission_id = %s
            returning submission_id
            """,
            [newest.submission_id, submission.submission_id],
        )
        (number,) = only_row(cursor)
        cursor.execute(
            """
            insert into catalog.fix (submission_id, account_id, object_key, filename, sha256, byte_count, received_at)
            select %s, account_id, object_key, filename, sha256, byte_count, received_at
            from catalog.fix where submission_id = %s and status = 'applied' order by fix_id
            """,
            [number, submission.submission_id],
        )
    notify(connection, WORK_CHANNEL, "received")
    return ledger.with_number(connection, number)
