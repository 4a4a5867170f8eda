"""A corrected rejects file comes in: first its bytes become durable, then the ledger knows it, then it is promised."""

from typing import BinaryIO

from psycopg2.errors import UniqueViolation

from elt.contracting.contract import Contract
from elt.database import Pool
from elt.errors import Conflict
from elt.fixing import fixes
from elt.fixing.fixes import Fix
from elt.fixing.joining import fitted_to_original
from elt.fixing.reading import read_fix_front
from elt.ledger import LOST_BYTES, Submission
from elt.receiving.incoming_objects import announce, discard
from elt.receiving.streams import Source
from elt.receiving.unpacking import csv_front, proven_on_its_way
from elt.store import ObjectStore


def receive_fix(
    pool: Pool,
    store: ObjectStore,
    contract: Contract,
    submission: Submission,
    account_id: int,
    stream: BinaryIO,
    filename: str,
    max_bytes: int,
) -> tuple[Fix, bool]:
    """The fix that now stands for the bytes, and whether it is new.

    Raises Refused where they cannot be read as corrections of this dataset, Conflict where the submission has no lines
    to correct: then nothing is kept.
    """
    source = Source(stream, max_bytes)
    head = source.sample()  # before a connection is borrowed: the sender may be slow
    front = csv_front(head)
    source = proven_on_its_way(source, max_bytes)
    with pool.connection() as connection:
        number, original = submission.submission_id, submission.object_key
        fitted, _ = fitted_to_original(connection, store, contract, number, original)
        read_fix_front(head if front is None else front, fitted)  # a ZIP archive is refused there
        object_key = announce(connection, f"fixes/{contract.name}/")
    entered = False
    try:
        store.put(object_key, source.buffered())
        source.content()  # raises where what came packed is broken
        with pool.connection() as connection:
            known = fixes.find_content(connection, submission.submission_id, source.sha256)
            if known:
                entered = known.status == "failed" and known.error_code in LOST_BYTES
                return (fixes.restore_object(connection, known, object_key) if entered else known), False
        try:
            with pool.connection() as connection:
                fix = fixes.add(
                    connection, submission, account_id, object_key, filename, source.sha256, source.byte_count
                )
        except UniqueViolation as error:
            raise _conflict(error.diag.constraint_name or "") from error
        entered = True
        return fix, True
    finally:
        if not entered:
            discard(pool, store, object_key)


def _conflict(constraint: str) -> Conflict:
    if constraint == "submission_live_content":
        return Conflict(
            "duplicate_content",
            "The refused file has been sent again since, and that submission is live.",
            allowed="The same file is loaded once per dataset.",
            remedy="Correct that submission, or retract it first.",
        )
    if constraint == "submission_one_successor":
        return Conflict(
            "already_replaced",
            "Another version has been sent since for the submission that the refused file was to replace.",
            allowed="Each submission is replaced at most once.",
            remedy="Correct that version, or retract it first.",
        )
    return Conflict("ledger_moved_on", "The same corrections came twice at once.", remedy="Send them again.")
