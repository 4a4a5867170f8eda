"""A file comes in: first its bytes become durable, then the ledger knows it, and only then is it promised."""

import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contract import Contract
from elt.database import Pool, only_row
from elt.errors import Conflict, LaurelError, NotFound
from elt.ledger import LIVE, Submission
from elt.reading import read_front
from elt.store import ObjectStore
from elt.streams import Source

log = logging.getLogger(__name__)
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


def receive(
    pool: Pool,
    store: ObjectStore,
    contracts: Mapping[str, Contract],
    *,
    stream: BinaryIO,
    dataset_id: str,
    account_id: int,
    filename: str,
    max_bytes: int,
    idempotency_key: str | None = None,
    replaces: Submission | None = None,
) -> Receipt:
    """Take a file from an account. Raises Refused where it cannot be read as this dataset: then nothing is kept."""
    contract = contract_of(contracts, dataset_id)
    with pool.connection() as connection:
        earlier = ledger.find_idempotent(connection, account_id, idempotency_key) if idempotency_key else None
    source = Source(stream, max_bytes)
    if earlier:
        return _repeated(earlier, dataset_id, source.drained_sha256(), replaces)
    if replaces:
        _check_replaceable(replaces)
    read_front(source.sample(), contract)
    return keep(pool, store, source, dataset_id, account_id, filename, idempotency_key, replaces)


def keep(
    pool: Pool,
    store: ObjectStore,
    source: Source,
    dataset_id: str,
    account_id: int | None,
    filename: str,
    idempotency_key: str | None = None,
    replaces: Submission | None = None,
) -> Receipt:
    """Make the bytes durable, then enter them. Where the ledger refuses, or anything fails, no object stays behind."""
    with pool.connection() as connection:
        object_key = _announce(connection, dataset_id)
    entered = False
    try:
        store.put(object_key, source.buffered())
        try:
            with pool.connection() as connection:
                id = ledger.add(
                    connection,
                    dataset_id=dataset_id,
                    account_id=account_id,
                    object_key=object_key,
                    filename=filename,
                    sha256=source.sha256,
                    byte_count=source.byte_count,
                    idempotency_key=idempotency_key,
                    replaces=replaces,
                )
        except UniqueViolation as error:
            constraint = error.diag.constraint_name or ""
            if constraint == "submission_live_content" and (
                restored := _restore_lost(pool, dataset_id, source.sha256, object_key)
            ):
                entered = True
                return Receipt(restored, created=False)
            return _already_there(pool, constraint, dataset_id, account_id, source.sha256, idempotency_key, replaces)
        entered = True
        with pool.connection() as connection:
            return Receipt(ledger.get(connection, id), created=True)
    finally:
        if not entered:
            _discard(pool, store, object_key)


def _announce(connection: Connection, dataset_id: str) -> str:
    """Choose the object's key and note that bytes are on their way to it. Keys sort by arrival."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.incoming_object (object_key) values ('submissions/' || %s || '/' || uuidv7()) "
            "returning object_key",
            [dataset_id],
        )
        return str(only_row(cursor)[0])


def _discard(pool: Pool, store: ObjectStore, object_key: str) -> None:
    """Remove what an upload without a promise left; what cannot be removed now is swept later."""
    try:
        with pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from catalog.submission where object_key = %s", [object_key])
            if cursor.fetchone() is None:  # an answer lost on its way back does not mean that it was not entered
                store.delete(object_key)
            cursor.execute("delete from catalog.incoming_object where object_key = %s", [object_key])
    except LaurelError as error:
        log.warning("object %s is left for the sweep: %s", object_key, error.message)


def _restore_lost(pool: Pool, dataset_id: str, sha256: str, object_key: str) -> Submission | None:
    """Where the submission of these bytes failed because its object was lost, the bytes that came again stand in."""
    with pool.connection() as connection:
        live = ledger.find_live(connection, dataset_id, sha256)
        if live is None or live.error_code not in ledger.LOST_BYTES:
            return None
        return ledger.restore_object(connection, live, object_key)


def _already_there(
    pool: Pool,
    constraint: str,
    dataset_id: str,
    account_id: int | None,
    sha256: str,
    idempotency_key: str | None,
    replaces: Submission | None,
) -> Receipt:
    with pool.connection() as connection:
        if constraint == "submission_one_successor":
            raise _replaced_already()
        if constraint == "submission_live_content":
            live = ledger.find_live(connection, dataset_id, sha256)
            if live is None:
                raise Conflict("ledger_moved_on", "The ledger changed meanwhile.", remedy="Send the file again.")
            if live.account_id == account_id or account_id is None:
                return _own_content(live, replaces)
            raise Conflict(
                "duplicate_content",
                "The same bytes are already loaded for this dataset, sent by somebody else.",
                allowed="The same file is loaded once per dataset, whoever sends it.",
                remedy="Nothing to do, unless it should differ: then change the file and send it again.",
            )
        if idempotency_key and account_id is not None:
            earlier = ledger.find_idempotent(connection, account_id, idempotency_key)
            if earlier:
                return _repeated(earlier, dataset_id, sha256, replaces)
    raise LaurelError("ledger_conflict", "The ledger refused the submission.", remedy="Send it again.")


def _own_content(live: Submission, replaces: Submission | None) -> Receipt:
    if replaces and replaces.id not in (live.id, live.replaces_id):
        raise Conflict(
            "duplicate_content",
            "The new version has the same bytes as another submission of yours that is loaded.",
            allowed="The same file is loaded once per dataset.",
            remedy="Retract the submission that should go, or change the file.",
            submission=str(live.id),
        )
    return Receipt(live, created=False)


def _repeated(earlier: Submission, dataset_id: str, sha256: str, replaces: Submission | None) -> Receipt:
    """The receipt of a request that was sent again unchanged; a different one under its key would lose a file."""
    wanted = (dataset_id, sha256, replaces.id if replaces else None)
    if (earlier.dataset_id, earlier.sha256, earlier.replaces_id) != wanted:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request: another file, dataset or submission.",
            allowed="One key for one request, repeated unchanged.",
            remedy="Send a new Idempotency-Key.",
        )
    return Receipt(earlier, created=False)


def _check_replaceable(submission: Submission) -> None:
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
