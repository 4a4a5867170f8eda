"""A file too large for one request: its sender puts the parts into the store himself, and resumes at will.

A part is a plain object of its own, because the embedded store forgets S3's own multipart uploads when it restarts, and
takes their parts in order only. What has arrived is asked of the store, never kept twice.
"""

from collections.abc import Mapping

from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contracting.contract import Contract
from elt.database import Pool
from elt.errors import Conflict, Refused
from elt.ledger import Incoming
from elt.notifying import WORK_CHANNEL, notify
from elt.receiving import parts, uploads
from elt.receiving.intake import check_front
from elt.receiving.streams import Source
from elt.receiving.uploads import Announced, Upload
from elt.receiving.whole_files import check_replaceable, contract_of, differs_from
from elt.store import ObjectStore

MEBIBYTE = 2**20
SMALLEST_PART = 16 * MEBIBYTE
MOST_PARTS = 1000  # so that one page of the store's listing holds them all


def part_bytes(byte_count: int) -> int:
    """The size of the parts of a file of this size: whole mebibytes, and never more than MOST_PARTS of them."""
    return max(SMALLEST_PART, -(-byte_count // (MOST_PARTS * MEBIBYTE)) * MEBIBYTE)


def begin(
    connection: Connection, contracts: Mapping[str, Contract], announced: Announced, max_bytes: int
) -> tuple[Upload, bool]:
    """The upload for this file, and whether it is new: the same Idempotency-Key gives the one that was begun with it.

    Where the announced hash is that of a live submission of the same account, the upload is `completed` at once.
    Raises NotFound, Refused, or Conflict where the key stands for another file.
    """
    contract_of(contracts, announced.dataset_id)
    if announced.replaces and announced.replaces.dataset_id != announced.dataset_id:
        raise Refused("other_dataset", "The submission that it replaces is of another dataset.")
    if announced.byte_count == 0:
        raise Refused("empty_file", "The file is empty.", remedy="Send a CSV with a header and at least one line.")
    if announced.byte_count > max_bytes:
        raise Refused(
            "too_large",
            "The file is larger than this server takes.",
            allowed=f"At most {max_bytes:,} bytes.",
            remedy="Split it into several files, each with the header, or ask the operator for more "
            "(LAUREL_MAX_MULTIPART_BYTES).",
        )
    if earlier := uploads.find_idempotent(connection, announced):
        return _repeated(earlier, announced), False
    if announced.replaces:
        check_replaceable(announced.replaces)
    upload = uploads.add(connection, announced, part_bytes(announced.byte_count))
    if upload is None:  # the same request, at the same moment
        return _repeated(_just_begun(connection, announced), announced), False
    known = _known(connection, announced)
    return (uploads.settle(connection, upload, [known], is_new=False) if known else upload), True


def _just_begun(connection: Connection, announced: Announced) -> Upload:
    upload = uploads.find_idempotent(connection, announced)
    if upload is None:
        raise Conflict("ledger_moved_on", "The ledger changed meanwhile.", remedy="Send the request again.")
    return upload


def _repeated(earlier: Upload, announced: Announced) -> Upload:
    replaces_id = announced.replaces.id if announced.replaces else None
    wanted = (announced.dataset_id, announced.byte_count, announced.sha256, announced.stated)
    purpose = (replaces_id, announced.is_dry_run)
    begun = (earlier.dataset_id, earlier.byte_count, earlier.sha256, earlier.stated)
    if begun != wanted or (earlier.replaces_id, earlier.is_dry_run) != purpose:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another upload: another file, dataset or purpose.",
            allowed="One key for one file.",
            remedy="Send a new Idempotency-Key.",
        )
    return earlier


def _known(connection: Connection, announced: Announced) -> ledger.Submission | None:
    """The sender's own live submission of these bytes; of anybody else's nothing is told for a mere hash."""
    if announced.sha256 is None or announced.replaces or announced.is_dry_run:
        return None
    live = ledger.find_live(connection, announced.dataset_id, announced.sha256)
    if live is None or live.account_id != announced.account_id or live.error_code in ledger.LOST_BYTES:
        return None
    return None if differs_from(announced.stated, live) else live


def incoming_of(connection: Connection, upload: Upload) -> Incoming:
    """What the file is to the ledger. Its own key finds what a poll that died had already entered."""
    key = f"upload:{upload.id}"
    replaces = ledger.get(connection, upload.replaces_id) if upload.replaces_id else None
    # A new version stays with the owner of the old one, also where an administrator sends it; a receipt is the asker's.
    owner = replaces.account_id if replaces and not upload.is_dry_run else None
    return Incoming(upload.dataset_id, owner or upload.account_id, upload.filename, key, replaces, stated=upload.stated)


def complete(pool: Pool, store: ObjectStore, contracts: Mapping[str, Contract], upload: Upload) -> Upload:
    """Hand the parts over to the next poll, once they are all there and begin like a file of this dataset.

    Raises Conflict where parts are missing or the upload is over without a submission, Refused where it is no such CSV.
    """
    if upload.status in ("completing", "completed"):
        return upload
    check_not_over(upload)
    gaps = parts.missing(store, upload)
    if gaps:
        raise parts.parts_missing(gaps)
    with pool.connection() as connection:
        incoming = incoming_of(connection, upload)
    if incoming.replaces:
        check_replaceable(incoming.replaces)
    with parts.content(store, upload) as stream:
        check_front(pool, contract_of(contracts, upload.dataset_id), Source(stream).sample(), incoming)
    with pool.connection() as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "update catalog.upload set status = 'completing', touched_at = now(), error_code = null, "
                "error_message = null where upload_id = %s and status = 'open'",
                [upload.upload_id],
            )
        notify(connection, WORK_CHANNEL, "completing")
        return uploads.get(connection, upload.id)


def abort(pool: Pool, store: ObjectStore, upload: Upload) -> Upload:
    """Give it up and remove its parts. Raises Conflict where it was already completed."""
    with pool.connection() as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "update catalog.upload set status = 'aborted', settled_at = now() "
                "where upload_id = %s and status = 'open'",
                [upload.upload_id],
            )
        now = uploads.get(connection, upload.id)
    if now.status in ("completing", "completed"):
        raise Conflict(
            "upload_completed",
            f"The upload is {now.status}: it cannot be taken back any more.",
            allowed="An upload that is open can be aborted.",
            remedy="Retract the submission that it becomes: DELETE /api/v1/submissions/{id}.",
        )
    parts.clear(store, now)
    return now


def check_not_over(upload: Upload) -> None:
    """Raises Conflict where it was refused or aborted."""
    if upload.status not in ("refused", "aborted"):
        return
    if upload.status == "refused" and upload.error_code and upload.error_message:
        raise Conflict(upload.error_code, upload.error_message)
    why = f" ({upload.error_code}: {upload.error_message})" if upload.error_code else ""
    raise Conflict(
        "upload_over",
        f"The upload is {upload.status}{why}.",
        allowed="An upload that is open can be completed.",
        remedy="Begin a new one, with a new Idempotency-Key.",
    )
