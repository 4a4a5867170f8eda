"""One submission into raw, exactly once or not at all: rows, refused lines and the ledger's state commit together."""

import dataclasses
import errno
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from psycopg2.extensions import connection as Connection

from elt import fixing, guarding, header_mapping, ledger, locks, raw_tables, rejects
from elt.contract import Contract
from elt.copying import Claim, Tally, copy_rows
from elt.database import transaction
from elt.detecting import Front, Stated, read_front
from elt.duplicates import reject_duplicates
from elt.error_groups import error_groups, explained, group_errors
from elt.errors import LaurelError, NotFound, Refused
from elt.guarding import Removal
from elt.store import ObjectStore
from elt.streams import Source
from elt.unpacking import open_csv

RETRY_BASE_SECONDS = 10
RETRY_LONGEST_SECONDS = 3600


@dataclass(frozen=True)
class Loaded:
    """What became of one submission."""

    id: str
    status: str
    tally: Tally = field(default_factory=Tally)


def load(connection: Connection, store: ObjectStore, contract: Contract, submission_id: int) -> Loaded | None:
    """Load one submission; None where another loader has it or nothing is left to do.

    A file that breaks its contract as a whole ends as `rejected`. Whatever else goes wrong is ours: the submission is
    set to `failed`, to be tried again later, and the error is raised.
    """
    if not locks.try_load_lock(connection, submission_id):
        return None
    try:
        claim = _claim(connection, submission_id)
        if claim is None:
            return None
        try:
            with transaction(connection):
                return _load_claimed(connection, store, contract, claim)
        except Refused as refusal:
            return _refuse(connection, claim, refusal)
        except Exception as error:
            _fail(connection, claim, error)
            raise
    finally:
        if not connection.closed:
            connection.rollback()
            locks.unlock_load(connection, submission_id)


def _claim(connection: Connection, submission_id: int) -> Claim | None:
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
            obstacle = _obstacle(connection, contract, claim, tally)
            is_fixed = fixing.has_fixes(connection, claim.submission_id)
            if obstacle and not is_fixed:
                cursor.execute("rollback to savepoint before_rows")
            cursor.execute("delete from catalog.rejected_line where submission_id = %s", [claim.submission_id])
        rejects.store(connection, rejects.OF_SUBMISSIONS, spooled)
        if is_fixed:
            target = fixing.Target(contract, claim.submission_id, front.header, front.delimiter)
            fixing.replay(connection, store, target, tally)
            obstacle = _obstacle(connection, contract, claim, tally)
            if obstacle:
                raw_tables.remove_rows(connection, contract, claim.submission_id)
        group_errors(connection, claim.submission_id)
        if isinstance(obstacle, Refused):
            groups = error_groups(connection, claim.submission_id)
            obstacle = explained(obstacle, groups, tally.rejected, front.encoding)
        return _settle(connection, contract, claim, front, tally, obstacle)


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


def _settle(
    connection: Connection,
    contract: Contract,
    claim: Claim,
    front: Front,
    tally: Tally,
    obstacle: Refused | Removal | None,
) -> Loaded:
    """The state that the counts call for; also makes room where this is a new version of another submission."""
    if tally.read != tally.loaded + tally.rejected:
        raise LaurelError("lines_unaccounted", "Not every line of the file was either loaded or refused.")
    status = {Refused: "rejected", Removal: "held", NoneType: "loaded"}[type(obstacle)]
    outcome: dict[str, Any] = {
        "submission_id": claim.submission_id,
        "contract_version": contract.version,
        "encoding": front.encoding,
        "dialect": json.dumps(front.dialect),
        "read": tally.read,
        "loaded": 0 if obstacle else tally.loaded,
        "rejected": tally.rejected,
        "status": status,
        **_told(obstacle),
    }
    with connection.cursor() as cursor:
        if not obstacle and claim.replaces_submission_id is not None:
            _replace(connection, contract, claim.replaces_submission_id)
        outcome["version"] = None if obstacle else raw_tables.raise_version(connection, contract)
        cursor.execute(
            """
            update catalog.submission
            set status = %(status)s, contract_version = %(contract_version)s, encoding = %(encoding)s,
                dialect = %(dialect)s, lines_read = %(read)s, rows_loaded = %(loaded)s, rows_rejected = %(rejected)s,
                error_code = %(code)s, error_message = %(message)s, held_for = %(held_for)s, raw_version = %(version)s,
                loaded_at = case when %(status)s = 'loaded' then clock_timestamp() end,
                settled_at = case when %(status)s = 'rejected' then clock_timestamp() end
            where submission_id = %(submission_id)s and status = 'loading'
            """,
            outcome,
        )
        if cursor.rowcount == 0:  # retracted while it was being loaded
            connection.rollback()
            return Loaded(claim.id, "retracting")
    return Loaded(claim.id, outcome["status"], tally)


def _obstacle(connection: Connection, contract: Contract, claim: Claim, tally: Tally) -> Refused | Removal | None:
    """What keeps the rows from joining raw: too many refused lines, or a removal that nobody has confirmed."""
    if refusal := refusal_of(contract, tally):
        return refusal
    removal = guarding.removal(connection, contract, claim)
    return removal if removal and removal.is_too_much else None


def _told(obstacle: Refused | Removal | None) -> dict[str, Any]:
    if isinstance(obstacle, Removal):
        return {
            "code": "would_remove_rows",
            "message": obstacle.in_words(),
            "held_for": json.dumps(dataclasses.asdict(obstacle)),
        }
    code, message = (obstacle.code, _sentences(obstacle)) if obstacle else (None, None)
    return {"code": code, "message": message, "held_for": None}


def refusal_of(contract: Contract, tally: Tally) -> Refused | None:
    """Why nothing of a file is loaded, although it could be read; None where its good lines are."""
    if tally.read == 0:
        return Refused("header_only", "The file has a header and no lines.", remedy="Send the file with its data.")
    if tally.rejected > contract.max_rejected_rate * tally.read:
        return Refused(
            "too_many_rejected",
            f"{tally.rejected:,} of {tally.read:,} lines were refused, so nothing of the file was loaded.",
            allowed=f"At most {contract.max_rejected_rate:.0%} of the lines of this dataset may be refused.",
            remedy="The refused lines say what is wrong with each; correct your file and send it again.",
        )
    return None


def _replace(connection: Connection, contract: Contract, predecessor: int | None) -> None:
    """The rows of the version before leave raw in the same transaction in which the new ones arrive.

    So do those of the versions before it, where it was replaced itself before it ever took their place.
    """
    locks.wait_for_removal_lock(connection)
    with connection.cursor() as cursor:
        while predecessor is not None:
            locks.wait_for_load_lock(connection, predecessor)
            raw_tables.remove_rows(connection, contract, predecessor)
            cursor.execute(
                "update catalog.submission set status = 'replaced', settled_at = clock_timestamp() "
                "where submission_id = %s and status in %s",
                [predecessor, ledger.LIVE],
            )
            cursor.execute(
                "select replaces_submission_id from catalog.submission where submission_id = %s and loaded_at is null",
                [predecessor],
            )
            row = cursor.fetchone()
            predecessor = row[0] if row else None


def _refuse(connection: Connection, claim: Claim, refusal: Refused) -> Loaded:
    _end_attempt(connection, claim, "rejected", refusal.code, _sentences(refusal))
    return Loaded(claim.id, "rejected")


def _fail(connection: Connection, claim: Claim, error: Exception) -> None:
    """Note the failure and when to try again. Where Postgres itself is away, the next poll finds it `loading`."""
    code, message = "internal_error", "Laurel could not load the file; the operators see why, and it is tried again."
    if isinstance(error, NotFound):
        code, message = "object_lost", "The stored file is gone. Send it again."
    elif isinstance(error, LaurelError):
        code, message = error.code, _sentences(error)
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        code, message = "loader_disk_full", "The loader has no space for its temporary files; it is tried again."
    if not connection.closed:
        _end_attempt(connection, claim, "failed", code, message)


def _end_attempt(connection: Connection, claim: Claim, status: str, code: str, message: str) -> None:
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
                "lost": ledger.LOST_BYTES,
                "base": RETRY_BASE_SECONDS,
                "longest": RETRY_LONGEST_SECONDS,
            },
        )


def _sentences(error: LaurelError) -> str:
    return " ".join(part for part in (error.message, error.allowed, error.remedy) if part)
