"""Drafts of contracts in the ledger: found, edited, removed. Each function runs inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt import audit
from elt.contracting import datasets
from elt.contracting import document as contract_document
from elt.contracting import patch as contract_patch
from elt.errors import Conflict, NotFound, Refused
from elt.store import ObjectStore


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


# In the ledger a draft has failed; to its maker, a file that is at fault is rejected, as a submission would be.
_SELECT = """
    select dataset_draft.*,
        case
            when dataset_draft.status = 'failed' and dataset_draft.error_code <> 'internal_error' then 'rejected'
            else dataset_draft.status
        end as shown_status,
        account.name as account_name, submission.id as submission
    from catalog.dataset_draft
    join catalog.account using (account_id)
    left join catalog.submission using (submission_id)
"""
_COLUMNS = tuple(column.name for column in fields(SampleDraft))


def _rows(connection: Connection, where: str, parameters: Mapping[str, Any]) -> list[SampleDraft]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, parameters)
        rows = [{name: row[name] for name in _COLUMNS} | {"status": row["shown_status"]} for row in cursor.fetchall()]
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


def edit(
    connection: Connection, draft: SampleDraft, dataset_id: str | None, change: Mapping[str, Any], account_id: int
) -> None:
    """Take over what the researcher changed. Raises Refused, with every flaw, where it makes no contract."""
    check_editable(draft)
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


def check_editable(draft: SampleDraft) -> None:
    """Raises Conflict unless the draft may be edited and confirmed."""
    if draft.status == "ready":
        return
    remedy = {
        "drafting": "Wait until the sample has been read: GET it with ?wait=30.",
        "rejected": "Delete the draft, correct the file and send it again.",
        "failed": "Delete the draft and send the file again; where that fails too, ask the operators.",
        "confirmed": "Change the dataset's contract instead: PUT /api/v1/datasets/{dataset}/contract.",
    }[draft.status]
    raise Conflict(
        "draft_" + draft.status, f"The draft is {draft.status}.", allowed="A draft that is ready.", remedy=remedy
    )


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
