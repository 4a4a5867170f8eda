"""Drafts: a sample file comes in, its contract is drafted, a researcher edits and confirms it, and it is a dataset."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt import audit, contract_document, contract_patch, datasets, drafting, header_mapping, ledger
from elt.contract import Contract
from elt.database import Pool, only_row, transaction
from elt.detecting import SAMPLE_BYTES, Compression, Stated, read_layout
from elt.errors import Conflict, LaurelError, NotFound, Refused, Unavailable
from elt.gzip_files import gzip_sample
from elt.incoming_objects import announce, arrived
from elt.ledger import Incoming
from elt.notifying import DRAFT_CHANNEL, notify
from elt.packing import packing_of
from elt.store import ObjectStore
from elt.streams import Content, Source
from elt.unpacking import open_csv

log = logging.getLogger(__name__)
EDITABLE = ("ready",)


@dataclass(frozen=True)
class SampleDraft:
    """One row of catalog.dataset_draft. `contract` and `findings` are None until the sample has been read."""

    draft_id: int
    id: UUID
    account_id: int
    account_name: str
    dataset_id: str
    status: str
    filename: str
    object_key: str
    sha256: str
    byte_count: int
    stated: Mapping[str, str]
    content: Mapping[str, Any] | None
    contract: dict[str, Any] | None
    findings: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    drafted_at: datetime | None
    edited_at: datetime | None
    confirmed_at: datetime | None
    submission: UUID | None

    def flaws(self) -> list[dict[str, str]]:
        """What must still be corrected before the contract can be confirmed."""
        if self.contract is None:
            return []
        try:
            contract_document.checked(self.contract, self.dataset_id, 1)
        except Refused as refusal:
            return list(refusal.details["flaws"])
        return []


_SELECT = """
    select dataset_draft.*, account.name as account_name, submission.id as submission
    from catalog.dataset_draft
    join catalog.account using (account_id)
    left join catalog.submission using (submission_id)
"""
_COLUMNS = tuple(column.name for column in fields(SampleDraft))


def _rows(connection: Connection, where: str, parameters: Mapping[str, Any]) -> list[SampleDraft]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, parameters)
        rows = [{name: row[name] for name in _COLUMNS} for row in cursor.fetchall()]
    uuids = ("id", "submission")
    return [SampleDraft(**{**row, **{name: UUID(row[name]) for name in uuids if row[name]}}) for row in rows]


def find(connection: Connection, id: UUID, account_id: int | None) -> SampleDraft:
    """The draft, where it is this account's (None: anybody's). Raises NotFound."""
    where = "where dataset_draft.id = %(id)s and (%(account)s is null or dataset_draft.account_id = %(account)s)"
    found = _rows(connection, where, {"id": str(id), "account": account_id})
    if not found:
        raise NotFound(
            "unknown_draft",
            "There is no such draft among yours.",
            remedy="GET /api/v1/datasets/drafts lists yours.",
        )
    return found[0]


def listing(connection: Connection, account_id: int | None) -> list[SampleDraft]:
    """An account's drafts (None: everybody's), newest first."""
    where = "where (%(account)s is null or dataset_draft.account_id = %(account)s) order by draft_id desc limit 200"
    return _rows(connection, where, {"account": account_id})


def take_sample(
    pool: Pool, store: ObjectStore, stream: BinaryIO, incoming: Incoming, account_id: int, max_bytes: int
) -> UUID:
    """Keep a sample and enter its draft. Raises Refused where it is no CSV, Conflict where the name is taken."""
    datasets.check_name(incoming.dataset_id)
    source = Source(stream, max_bytes)
    packing = packing_of(source.sample())
    if packing != "zip":
        read_layout(gzip_sample(source.sample(), SAMPLE_BYTES) if packing else source.sample(), incoming.stated)
    with pool.connection() as connection:
        datasets.check_free(connection, incoming.dataset_id)
        object_key = announce(connection, "drafts/")
    store.put(object_key, source.buffered())  # what fails from here on is swept
    with pool.connection() as connection, connection.cursor() as cursor:
        arrived(connection, object_key)
        cursor.execute(
            "insert into catalog.dataset_draft "
            "(account_id, dataset_id, filename, object_key, sha256, byte_count, stated) "
            "values (%s, %s, %s, %s, %s, %s, %s) returning id",
            [
                account_id,
                incoming.dataset_id,
                incoming.filename,
                object_key,
                source.sha256,
                source.byte_count,
                json.dumps(incoming.stated.as_json()),
            ],
        )
        (id,) = only_row(cursor)
        audit.record(connection, account_id, "draft.create", id, {"dataset": incoming.dataset_id})
        notify(connection, DRAFT_CHANNEL, "received")
    return UUID(id)


def draft_waiting(connection: Connection, store: ObjectStore) -> int:
    """Draft every sample that waits, oldest first; returns how many were done."""
    done = 0
    while _draft_next(connection, store, None):
        done += 1
    return done


def draft_one(connection: Connection, store: ObjectStore, id: UUID) -> None:
    """Draft this sample, unless somebody else is at it."""
    _draft_next(connection, store, id)


def _draft_next(connection: Connection, store: ObjectStore, id: UUID | None) -> bool:
    """Whether there was one to draft. Its row stays locked meanwhile, and whatever kills the drafter frees it."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            select draft_id, object_key, dataset_id, stated from catalog.dataset_draft
            where status = 'drafting' and (%(id)s is null or id = %(id)s)
            order by draft_id limit 1 for update skip locked
            """,
            {"id": str(id) if id else None},
        )
        row = cursor.fetchone()
        if row is None:
            return False
        draft_id, object_key, dataset_id, stated = row
        outcome = _outcome(store, object_key, dataset_id, Stated(**stated))
        cursor.execute(
            """
            update catalog.dataset_draft
            set status = %(status)s, contract = %(contract)s, findings = %(findings)s, content = %(content)s,
                error_code = %(code)s,
                error_message = %(message)s,
                drafted_at = case when %(status)s = 'ready' then clock_timestamp() end
            where draft_id = %(draft)s
            """,
            {**outcome, "draft": draft_id},
        )
        return True


def _outcome(store: ObjectStore, object_key: str, dataset_id: str, stated: Stated) -> dict[str, Any]:
    """What to keep of a draft, or of its failure: the file's own, or ours. Raises Unavailable: worth another try."""
    kept = ("contract", "findings", "content", "code", "message")
    nothing: dict[str, Any] = {"status": "failed", **dict.fromkeys(kept)}
    try:
        with store.open(object_key) as body, open_csv(Source(body)) as (csv, compression):
            found = asdict(drafting.draft(lambda: cast(BinaryIO, csv), dataset_id, stated))
            content = Content(csv.sha256, compression)
    except Unavailable:
        raise
    except (Refused, NotFound) as refusal:
        return {**nothing, "code": refusal.code, "message": refusal.in_words()}
    except Exception as error:
        log.error("a sample could not be drafted: %s", type(error).__name__)
        message = "Laurel could not draft a contract for this file; the operators see why."
        return {**nothing, "code": "internal_error", "message": message}
    contract = found.pop("contract")
    return {
        **nothing,
        "status": "ready",
        "contract": json.dumps(contract, ensure_ascii=False),
        "findings": json.dumps(found, ensure_ascii=False),
        "content": json.dumps(asdict(content)),
    }


def edit(
    connection: Connection, draft: SampleDraft, dataset_id: str | None, change: Mapping[str, Any], account_id: int
) -> SampleDraft:
    """Take over what the researcher changed. Raises Refused, with every flaw, where it makes no contract."""
    _check_editable(draft)
    name = dataset_id or draft.dataset_id
    datasets.check_name(name)
    datasets.check_free(connection, name)
    contract = contract_document.checked(contract_patch.merged(draft.contract or {}, change), name, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.dataset_draft set dataset_id = %s, contract = %s, edited_at = now() where draft_id = %s",
            [name, json.dumps(contract, ensure_ascii=False), draft.draft_id],
        )
    audit.record(connection, account_id, "draft.edit", str(draft.id), {"dataset": name})
    return replace(draft, dataset_id=name, contract=contract)


def _check_editable(draft: SampleDraft) -> None:
    if draft.status in EDITABLE:
        return
    remedy = {
        "drafting": "Wait until the sample has been read: GET it with ?wait=30.",
        "failed": "Delete the draft, correct the file and send it again.",
        "confirmed": "Change the dataset's contract instead: PUT /api/v1/datasets/{dataset}/contract.",
    }[draft.status]
    raise Conflict(
        "draft_" + draft.status, f"The draft is {draft.status}.", allowed="A draft that is ready.", remedy=remedy
    )


def check_sample_fits(store: ObjectStore, draft: SampleDraft) -> None:
    """Raises Refused where the sample's own header no longer is the edited contract's."""
    _check_editable(draft)
    contract = datasets.parsed(contract_document.checked(draft.contract, draft.dataset_id, 1))
    with store.open(draft.object_key) as body, open_csv(Source(body)) as (csv, _):
        header_mapping.matched(contract, {}, csv.sample(), Stated(**draft.stated))


def confirm(connection: Connection, draft: SampleDraft, load: bool, account_id: int) -> Contract:
    """Make the dataset; with `load`, its sample becomes the first submission. Raises Refused or Conflict."""
    with connection.cursor() as cursor:
        cursor.execute("select status from catalog.dataset_draft where draft_id = %s for update", [draft.draft_id])
        (status,) = only_row(cursor)
        _check_editable(replace(draft, status=status))
        document = contract_document.checked(draft.contract, draft.dataset_id, 1)
        contract = datasets.describe(connection, document, draft.account_id)
        submission = None
        if load:
            content = draft.content or {}
            packed = Compression(**content["compression"]) if content["compression"] else None
            incoming = Incoming(
                contract.name,
                draft.account_id,
                draft.filename,
                stated=Stated(**draft.stated),
                archive_member=packed.member if packed else None,
            )
            inside = Content(content["sha256"], packed)
            id = ledger.add(connection, incoming, draft.object_key, draft.sha256, draft.byte_count, inside)
            submission = ledger.get(connection, id).submission_id
        cursor.execute(
            "update catalog.dataset_draft set status = 'confirmed', confirmed_at = now(), submission_id = %s "
            "where draft_id = %s",
            [submission, draft.draft_id],
        )
    audit.record(connection, account_id, "draft.confirm", str(draft.id), {"dataset": contract.name, "load": load})
    return contract


def remove(connection: Connection, store: ObjectStore, draft: SampleDraft, account_id: int) -> None:
    """Delete the draft and its sample; a sample that was loaded is a submission's by now, and stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from catalog.dataset_draft where draft_id = %s returning submission_id", [draft.draft_id]
        )
        row = cursor.fetchone()
    audit.record(connection, account_id, "draft.delete", str(draft.id), {"dataset": draft.dataset_id})
    if row and row[0] is None:
        store.delete(draft.object_key)


def drop_sample(store: ObjectStore, draft: SampleDraft) -> None:
    """Remove a sample that is no submission; a store that is away keeps it until the draft is deleted again."""
    try:
        store.delete(draft.object_key)
    except LaurelError as error:
        log.warning("the sample of draft %s stays in the store: %s", draft.id, error.message)
