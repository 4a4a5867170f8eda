"""One submission into raw, exactly once or not at all: rows, refused lines and the ledger's state commit together."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as Connection

from elt import locks
from elt.contracting.contract import Contract
from elt.database import transaction
from elt.errors import LaurelError, Refused
from elt.fixing import joining as fixing
from elt.loading import attempts, raw_tables, rejects
from elt.loading.copying import Claim, copy_rows
from elt.loading.duplicates import reject_duplicates
from elt.loading.error_groups import error_groups, explained, group_errors
from elt.loading.rejects import LineFormat
from elt.loading.settling import Loaded, obstacle_of, settle
from elt.reading import header_mapping
from elt.reading.detecting import read_front
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv
from elt.store import ObjectStore


def load(connection: Connection, store: ObjectStore, contract: Contract, submission_id: int) -> Loaded | None:
    """Load one submission; None where another loader has it or nothing is left to do.

    A file that breaks its contract as a whole ends as `rejected`. Whatever else goes wrong is ours: the submission is
    set to `failed`, to be tried again later, and the error is raised.
    """
    if not locks.try_load_lock(connection, submission_id):
        return None
    try:
        claim = attempts.claim(connection, submission_id)
        if claim is None:
            return None
        try:
            with transaction(connection):
                return _load_claimed(connection, store, contract, claim)
        except Refused as refusal:
            attempts.end(connection, claim, "rejected", refusal.code, refusal.in_words())
            return Loaded(claim.id, "rejected")
        except Exception as error:
            attempts.fail(connection, claim, error)
            raise
    finally:
        if not connection.closed:
            connection.rollback()
            locks.unlock_load(connection, submission_id)


def _load_claimed(connection: Connection, store: ObjectStore, contract: Contract, claim: Claim) -> Loaded:
    with store.open(claim.object_key) as body, tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spooled:
        source = Source(body)
        with (
            _refused_only_as_sent(source, claim),
            open_csv(source) as (csv, compression),
            connection.cursor() as cursor,
        ):
            contract = header_mapping.fitted(connection, contract, claim.submission_id, csv.sample(), claim.stated)
            front = read_front(csv.sample(), contract, claim.stated, compression)
            cursor.execute("savepoint before_rows")
            tally = copy_rows(connection, csv, front, contract, claim, spooled)
            check_unchanged(source, claim)
            reject_duplicates(connection, store, contract, claim, front, tally, spooled)
            obstacle = obstacle_of(connection, contract, claim, tally)
            is_fixed = fixing.has_fixes(connection, claim.submission_id)
            if obstacle and not is_fixed:
                cursor.execute("rollback to savepoint before_rows")
            cursor.execute("delete from catalog.rejected_line where submission_id = %s", [claim.submission_id])
        rejects.store(connection, rejects.OF_SUBMISSIONS, spooled)
        if is_fixed:
            target = fixing.Target(
                contract, claim.submission_id, front.header, LineFormat(front.delimiter, front.quote_char)
            )
            fixing.replay(connection, store, target, tally)
            obstacle = obstacle_of(connection, contract, claim, tally)
            if obstacle:
                raw_tables.remove_rows(connection, contract, claim.submission_id)
        group_errors(connection, claim.submission_id)
        if isinstance(obstacle, Refused):
            groups = error_groups(connection, claim.submission_id)
            obstacle = explained(obstacle, groups, tally.rejected, front.encoding)
        return settle(connection, contract, claim, front, tally, obstacle)


@contextmanager
def _refused_only_as_sent(source: Source, claim: Claim) -> Iterator[None]:
    """What is wrong with an object that somebody overwrote is not its sender's to mend."""
    try:
        yield
    except Refused:
        source.drained_sha256()
        check_unchanged(source, claim)
        raise


def check_unchanged(source: Source, claim: Claim) -> None:
    """Raises LaurelError where the bytes that were read are not the ones that were promised."""
    if source.sha256 != claim.sha256:
        raise LaurelError(
            "object_changed",
            "The stored bytes are not the ones that were sent.",
            remedy="Send the file again, and ask who writes to the bucket.",
        )
