"""A file comes in: first its bytes become durable, then the ledger knows it, and only then is it promised."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contracting.contract import Contract
from elt.database import Pool
from elt.errors import Conflict, LaurelError, NotFound, Refused
from elt.ledger import LIVE, Incoming, Submission
from elt.notifying import WORK_CHANNEL, notify
from elt.reading.detecting import DELIMITERS, QUOTES, Stated
from elt.receiving.incoming_objects import announce, arrived, discard, disown
from elt.receiving.streams import Content, Source
from elt.store import ObjectStore

REPLACEABLE = LIVE


@dataclass(frozen=True)
class Receipt:
    """The submission that now stands for the bytes; `created` is false where it already did."""

    submission: Submission
    created: bool


def contract_of(contracts: Mapping[str, Contract], dataset_id: str) -> Contract:
    """Raises NotFound with the nearest names where there is no such dataset."""
    if dataset_id in contracts:
        return contracts[dataset_id]
    near = difflib.get_close_matches(dataset_id, contracts, n=3, cutoff=0.5)
    raise NotFound(
        "unknown_dataset",
        "There is no such dataset." + (" Did you mean " + " or ".join(near) + "?" if near else ""),
        allowed=", ".join(contracts),
        remedy="GET /api/v1/datasets lists what can be uploaded.",
        near=near,
    )


def keep(pool: Pool, store: ObjectStore, source: Source, incoming: Incoming, refusal: Refused | None = None) -> Receipt:
    """Make the bytes durable, then enter them. Where the ledger refuses, or anything fails, no object stays behind.

    With a `refusal`, what nobody can unpack is kept all the same, as a rejected submission: its sender is not there
    to be told.
    """
    with pool.connection() as connection:
        object_key = announce(connection, f"submissions/{incoming.dataset_id}/")
    entered = False
    try:
        store.put(object_key, cast(BinaryIO, source), source.total_bytes)
        content = None if refusal else source.content()
        try:
            with pool.connection() as connection:
                arrived(connection, object_key)
                id = ledger.add(connection, incoming, object_key, source.sha256, source.byte_count, content, refusal)
        except UniqueViolation as error:
            with pool.connection() as connection:
                constraint = error.diag.constraint_name or ""
                receipt = _already_there(connection, incoming, source, object_key, constraint)
            entered = receipt.submission.object_key == object_key
            return receipt
        entered = True
        with pool.connection() as connection:
            return Receipt(ledger.get(connection, id), created=True)
    finally:
        if not entered:
            discard(pool, store, object_key)


def _already_there(
    connection: Connection, incoming: Incoming, source: Source, object_key: str, constraint: str
) -> Receipt:
    """The receipt for content that the ledger will not enter again. Raises Conflict where it is not the sender's."""
    if constraint == "submission_one_successor":
        raise _replaced_already()
    if constraint == "submission_live_content":
        live = ledger.find_live(connection, incoming.dataset_id, source.content().sha256)
        if live is None:
            raise Conflict("ledger_moved_on", "The ledger changed meanwhile.", remedy="Send the file again.")
        check_own_content(incoming, live)
        # What came again stands in for what was lost.
        if live.status == "failed" and live.error_code in ledger.LOST_BYTES:
            content = source.content()
            live = _restore_object(connection, live, object_key, source.sha256, source.byte_count, content)
        return Receipt(live, created=False)
    if earlier := sent_earlier(connection, incoming):
        return repeated(earlier, incoming, source.sha256)
    raise LaurelError("ledger_conflict", "The ledger refused the submission.", remedy="Send it again.")


def _restore_object(
    connection: Connection, submission: Submission, object_key: str, sha256: str, byte_count: int, content: Content
) -> Submission:
    """Give a submission whose object was lost the same content under a new key, and wake `ingest`."""
    arrived(connection, object_key)
    disown(connection, submission.object_key)
    with connection.cursor() as cursor:
        # A version that was brought back shares the object with the one that it restores.
        cursor.execute(
            "update catalog.submission set object_key = %s, sha256 = %s, byte_count = %s, compression = %s "
            "where object_key = %s",
            [
                object_key,
                sha256,
                byte_count,
                content.compression.format if content.compression else None,
                submission.object_key,
            ],
        )
        cursor.execute(
            "update catalog.submission set status = 'received', error_code = null, error_message = null, "
            "next_attempt_at = now() where submission_id = %s",
            [submission.submission_id],
        )
    notify(connection, WORK_CHANNEL, "received")
    return ledger.get(connection, submission.id)


def check_own_content(incoming: Incoming, live: Submission) -> None:
    """Raises Conflict unless `live`, which holds the same content, is what the sender means."""
    if incoming.account_id not in (live.account_id, None):
        raise Conflict(
            "duplicate_content",
            "The same data are already known for this dataset, sent by somebody else.",
            allowed="The same file is loaded once per dataset, whoever sends it and however it is packed.",
            remedy="Nothing to do, unless it should differ: then change the file and send it again.",
        )
    if incoming.replaces and incoming.replaces.id not in (live.id, live.replaces_id):
        raise Conflict(
            "duplicate_content",
            "The new version holds the same data as another submission of yours.",
            allowed="The same file is loaded once per dataset, however it is packed.",
            remedy="Retract the submission that should go, or change the file.",
            submission=str(live.id),
        )
    if differs_from(incoming.stated, live):
        raise Conflict(
            "duplicate_content",
            "The same data are already known for this dataset, and are read with another encoding or dialect.",
            allowed="The same file is loaded once per dataset, read in one way.",
            remedy="Retract that submission, then send the file again with the encoding and dialect that you state.",
            submission=str(live.id),
        )


def differs_from(stated: Stated, live: Submission) -> bool:
    """Whether what is stated now would read the file otherwise than `live` is, or will be, read."""
    dialect = live.dialect or {}
    read_as = {
        "encoding": live.encoding and live.encoding.removesuffix("-sig"),
        "delimiter": next((name for name, mark in DELIMITERS.items() if mark == dialect.get("delimiter")), None),
        "quote": next((name for name, mark in QUOTES.items() if dialect and mark == dialect["quoteChar"]), None),
    }
    return any((read_as[name] or live.stated.get(name)) != value for name, value in stated.as_json().items())


def sent_earlier(connection: Connection, incoming: Incoming) -> Submission | None:
    """What this account sent under the same Idempotency-Key."""
    if incoming.idempotency_key is None or incoming.account_id is None:
        return None
    return ledger.find_idempotent(connection, incoming.account_id, incoming.idempotency_key)


def repeated(earlier: Submission, incoming: Incoming, sha256: str) -> Receipt:
    """The receipt of a request that was sent again unchanged; a different one under its key would lose a file."""
    replaces_id = incoming.replaces.id if incoming.replaces else None
    wanted = (incoming.dataset_id, sha256, replaces_id, incoming.stated.as_json())
    if (earlier.dataset_id, earlier.sha256, earlier.replaces_id, earlier.stated) != wanted:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request: another file, dialect, dataset or submission.",
            allowed="One key for one request, repeated unchanged.",
            remedy="Send a new Idempotency-Key.",
        )
    return Receipt(earlier, created=False)


def check_replaceable(submission: Submission) -> None:
    """Raises Conflict where no new version of it can be taken."""
    if submission.replaced_by_id:
        raise _replaced_already()
    if submission.status not in REPLACEABLE:
        raise Conflict(
            "not_live",
            f"The submission is {submission.status}: there is nothing to replace.",
            allowed="A submission that is " + ", ".join(REPLACEABLE) + " can be replaced.",
            remedy="Send the file as a new submission.",
        )


def _replaced_already() -> Conflict:
    return Conflict(
        "already_replaced",
        "Another version has already been sent for this submission.",
        allowed="Each submission is replaced at most once.",
        remedy="Send the new version to the submission named in `replaced_by`.",
    )
