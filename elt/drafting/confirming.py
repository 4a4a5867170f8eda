"""A draft is confirmed: its contract becomes a dataset and, where that is asked for, its sample a submission."""

import logging
from dataclasses import replace

from psycopg2.extensions import connection as Connection

from elt import audit, ledger
from elt.contracting import datasets
from elt.contracting import document as contract_document
from elt.database import only_row
from elt.drafting.ledger import SampleDraft, check_editable
from elt.errors import LaurelError
from elt.ledger import Incoming
from elt.reading import header_mapping
from elt.reading.detecting import Compression, Stated
from elt.receiving.streams import Content, Source
from elt.receiving.unpacking import open_csv
from elt.store import ObjectStore

log = logging.getLogger(__name__)


def check_sample_fits(store: ObjectStore, draft: SampleDraft) -> None:
    """Raises Refused where the sample's own header no longer is the edited contract's."""
    check_editable(draft)
    contract = datasets.parsed(contract_document.checked(draft.contract, draft.dataset_id, 1))
    with store.open(draft.object_key) as body, open_csv(Source(body)) as (csv, _):
        header_mapping.matched(contract, {}, csv.sample(), Stated(**draft.stated))


def confirm(connection: Connection, draft: SampleDraft, load: bool, account_id: int) -> None:
    """Make the dataset; with `load`, its sample becomes the first submission. Raises Refused or Conflict."""
    check_editable(draft)
    with connection.cursor() as cursor:
        cursor.execute("select status from catalog.dataset_draft where draft_id = %s for update", [draft.draft_id])
        (status,) = only_row(cursor)
        check_editable(replace(draft, status=status))  # somebody may have been faster
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


def drop_sample(store: ObjectStore, draft: SampleDraft) -> None:
    """Remove a sample that is no submission; a store that is away keeps it until the draft is deleted again."""
    try:
        store.delete(draft.object_key)
    except LaurelError as error:
        log.warning("the sample of draft %s stays in the store: %s", draft.id, error.message)
