"""A retracted submission leaves raw at once; the marts follow with the next transform."""

from collections.abc import Mapping

from psycopg2.extensions import connection as Connection

from elt import ledger, locks
from elt.contracting.contract import Contract
from elt.database import transaction
from elt.errors import Conflict
from elt.ledger import LIVE, Submission
from elt.loading import raw_tables
from elt.notifying import WORK_CHANNEL, notify


def request(connection: Connection, submission: Submission) -> Submission:
    """Mark it `retracting` and wake `ingest`. Raises Conflict where it has already been replaced or refused."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.submission set status = 'retracting' where submission_id = %s and status in %s",
            [submission.submission_id, LIVE],
        )
        changed = cursor.rowcount
    now = ledger.get(connection, submission.id)
    if not changed and now.status not in ("retracting", "retracted"):
        raise Conflict(
            "not_live",
            f"The submission is {now.status}: none of its rows are loaded.",
            allowed="A submission that is " + ", ".join(LIVE) + " can be retracted.",
            remedy="Retract the submission that took its place." if now.status == "replaced" else "Nothing to do.",
        )
    if changed:
        notify(connection, WORK_CHANNEL, "retracting")
    return now


def waiting(connection: Connection) -> list[tuple[int, str]]:
    """Submission and dataset of each retraction whose rows are still in raw, oldest first."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "select submission_id, dataset_id from catalog.submission "
            "where status = 'retracting' and removed_at is null order by submission_id"
        )
        return cursor.fetchall()


def retract(connection: Connection, contracts: Mapping[str, Contract], submission_id: int, dataset_id: str) -> int:
    """Remove a submission's rows; returns how many. One that never had any is `retracted` at once."""
    contract = contracts[dataset_id]
    with transaction(connection), connection.cursor() as cursor:
        locks.wait_for_removal_lock(connection)
        locks.wait_for_load_lock(connection, submission_id)
        removed = raw_tables.remove_rows(connection, contract, submission_id)
        version = raw_tables.raise_version(connection, contract) if removed else None
        cursor.execute(
            """
            update catalog.submission
            set removed_at = now(), raw_version = %(version)s,
                status = case when %(version)s is null then 'retracted' else status end,
                settled_at = case when %(version)s is null then now() end
            where submission_id = %(submission)s and status = 'retracting' and removed_at is null
            """,
            {"version": version, "submission": submission_id},
        )
    return removed
