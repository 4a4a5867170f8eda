"""A new version that would remove far more rows than usual waits until a person says that it may."""

from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contracting.contract import Contract
from elt.errors import Conflict
from elt.ledger import Submission
from elt.loading.copying import Claim
from elt.notifying import WORK_CHANNEL, notify
from elt.versioning.comparing import compare

# The rows of the versions that this one would take the place of: of one, as a rule. A version that was replaced before
# it was loaded has none, but the one before it may have.
_PRESENT_VERSIONS = """
    with recursive earlier as (
        select submission_id, replaces_submission_id, status, loaded_at
        from catalog.submission where submission_id = %s
        union all
        select submission.submission_id, submission.replaces_submission_id, submission.status, submission.loaded_at
        from catalog.submission inner join earlier on earlier.replaces_submission_id = submission.submission_id
        where earlier.loaded_at is null
    )
    select submission_id from earlier where status in ('loaded', 'modelled')
"""


@dataclass(frozen=True)
class Removal:
    """What a version would do to the rows of the one before; `max_removed_rate` is what goes without being asked."""

    rows_before: int
    removed: int
    new: int
    changed: int
    unchanged: int
    max_removed_rate: float

    @property
    def is_too_much(self) -> bool:
        """Whether a person must confirm it."""
        return self.removed > self.max_removed_rate * self.rows_before

    def in_words(self) -> str:
        """For the submission's `error`."""
        return (
            f"The new version lacks {self.removed:,} of the {self.rows_before:,} rows of the version before. "
            f"At most {self.max_removed_rate:.0%} of a version's rows go without being asked. Confirm it "
            "(POST …/confirm), drop it (DELETE), or send another version; GET …/diff?format=csv&kind=removed lists "
            "the lines that would go."
        )


def removal(
    connection: Connection, contract: Contract, claim: Claim, relation: sql.Composable | None = None
) -> Removal | None:
    """What the version, whose rows are in raw beside those of the one before, removes; None where it replaces none.

    `relation` has the rows where they are not in raw, as in elt.versioning.comparing.

    A row is removed where its key is gone; without a key, it is the number of rows that counts.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT_VERSIONS, [claim.replaces_submission_id])
        before = [submission_id for (submission_id,) in cursor.fetchall()]
        cursor.execute(
            "select confirmed_at is not null from catalog.submission where submission_id = %s", [claim.submission_id]
        )
        row = cursor.fetchone()
    if not before or (row and row[0]):
        return None
    found = compare(connection, contract, before, [claim.submission_id], relation)
    removed = found.removed if contract.key_columns else max(0, found.removed - found.new)
    return Removal(
        rows_before=found.removed + found.changed + found.unchanged,
        removed=removed,
        new=found.new,
        changed=found.changed,
        unchanged=found.unchanged,
        max_removed_rate=contract.max_removed_rate,
    )


def confirm(connection: Connection, submission: Submission) -> Submission:
    """Let a version that is `held` take its place, and wake `ingest`. Asking twice is asking once.

    Raises Conflict where it is not held, and was not.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.submission set status = 'received', confirmed_at = now(), error_code = null, "
            "error_message = null, next_attempt_at = now() where submission_id = %s and status = 'held'",
            [submission.submission_id],
        )
        changed = cursor.rowcount
    now = ledger.get(connection, submission.id)
    if not changed and now.confirmed_at is None:
        raise Conflict(
            "not_held",
            f"The submission is {now.status}: nothing waits for a confirmation.",
            allowed="A submission that is held can be confirmed.",
            remedy="Nothing to do.",
        )
    if changed:
        notify(connection, WORK_CHANNEL, "received")
    return now
