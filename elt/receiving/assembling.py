"""The poll's share of large uploads: parts become one object, hashed on the way; what was given up is cleared away."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from psycopg2.extensions import connection as Connection

from elt import audit, locks
from elt.contracting.contract import Contract
from elt.database import Pool, transaction
from elt.dry_runs import making as dry_run
from elt.errors import Conflict, NotFound, Refused
from elt.ledger import Incoming
from elt.receiving import multipart, parts, uploads
from elt.receiving.intake import receive
from elt.receiving.parts import URL_SECONDS, Missing
from elt.receiving.uploads import Upload
from elt.receiving.whole_files import Receipt
from elt.store import ObjectStore

log = logging.getLogger(__name__)
ABANDONED_AFTER = timedelta(days=1)
# A URL that was given out may still bring a part of an upload that is over.
URLS_EXPIRED_AFTER = timedelta(seconds=URL_SECONDS) + timedelta(minutes=5)
_IDS = "select id from catalog.upload where cleared_at is null and "
COMPLETING = _IDS + "status = 'completing' order by upload_id"
# Locked, so that a sender who completes it just now comes before or behind.
ABANDONED = _IDS + "status = 'open' and touched_at < now() - %(abandoned)s for update"
UNCLEARED = _IDS + "settled_at < now() - %(expired)s"
Counted = Callable[[str], AbstractContextManager[None]]
Taken = TypeVar("Taken")
# elt.receiving.intake.receive and elt.dry_runs.making.receive: a stream of bytes becomes submissions, or a dry run.
Into = Callable[[Pool, ObjectStore, Mapping[str, Contract], BinaryIO, Incoming, int], Taken]


@dataclass(frozen=True)
class Assembler:
    """What a poll has at hand. `counted` surrounds the work on one upload, so that one that fails holds up no other."""

    connection: Connection
    pool: Pool
    store: ObjectStore
    contracts: Mapping[str, Contract]
    max_bytes: int
    counted: Counted

    def assemble_waiting(self) -> int:
        """Make submissions of the uploads that are complete, oldest first; returns how many uploads made new ones."""
        made = 0
        for id in self._listed(COMPLETING):
            with self.counted(f"upload {id}"):
                made += self._assemble(id)
        return made

    def sweep(self) -> None:
        """Give up what nobody has asked after for a day; remove the parts of everything that is over."""
        with transaction(self.connection):
            for id in self._ids(ABANDONED):
                uploads.end(self.connection, uploads.get(self.connection, id), "aborted", _abandoned())
        for id in self._listed(UNCLEARED):
            with self.counted(f"upload {id}"), transaction(self.connection), self.connection.cursor() as cursor:
                parts.clear(self.store, uploads.get(self.connection, id))
                cursor.execute("update catalog.upload set cleared_at = now() where id = %s", [str(id)])

    def _listed(self, statement: str) -> list[UUID]:
        with transaction(self.connection):
            return self._ids(statement)

    def _ids(self, statement: str) -> list[UUID]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, {"abandoned": ABANDONED_AFTER, "expired": URLS_EXPIRED_AFTER})
            return [UUID(id) for (id,) in cursor.fetchall()]

    def _assemble(self, id: UUID) -> bool:
        """One upload, unless another poll has it; true where it made a new submission."""
        with transaction(self.connection):
            upload = uploads.get(self.connection, id)
        if not locks.try_assembly_lock(self.connection, upload.upload_id):
            return False
        try:
            with transaction(self.connection):
                if uploads.get(self.connection, id).status != "completing":
                    return False  # another poll was faster
            if upload.is_dry_run:
                self._look_at(upload)
                return False
            receipts = self._take(upload, receive)
            if receipts:
                self._settle(upload, receipts)
            return any(receipt.created for receipt in receipts or ())
        finally:
            if not self.connection.closed:
                self.connection.rollback()
                locks.unlock_assembly(self.connection, upload.upload_id)

    def _take(self, upload: Upload, into: Into[Taken]) -> Taken | None:
        """What the upload has become; None where it is refused, or a part of it is gone."""
        try:
            if gaps := parts.missing(self.store, upload):
                self._reopen(upload, gaps)
                return None
            with transaction(self.connection):
                incoming = multipart.incoming_of(self.connection, upload)
            with parts.content(self.store, upload) as stream:
                return into(self.pool, self.store, self.contracts, stream, incoming, self.max_bytes)
        except NotFound:  # a part was taken away while it was read
            self._reopen(upload, parts.missing(self.store, upload))
            return None
        except (Refused, Conflict) as error:
            with transaction(self.connection):
                uploads.end(self.connection, upload, "refused", error)
            parts.clear(self.store, upload)
            log.info("upload %s: %s", upload.id, error.code)
            return None

    def _look_at(self, upload: Upload) -> None:
        """Make a dry run of it. Where this dies before it is noted, another is made: a receipt more does no harm."""
        run = self._take(upload, dry_run.receive)
        if run is None:
            return
        with transaction(self.connection):
            uploads.looked_at(self.connection, upload, run.dry_run_id)
            detail = {"dataset": upload.dataset_id, "bytes": run.byte_count, "upload": str(upload.id)}
            audit.record(self.connection, upload.account_id, "dry_run.create", str(run.id), detail)
        log.info("upload %s: is dry run %s", upload.id, run.id)
        parts.clear(self.store, upload)

    def _settle(self, upload: Upload, receipts: list[Receipt]) -> None:
        is_new = any(receipt.created for receipt in receipts)
        with transaction(self.connection):
            uploads.settle(self.connection, upload, [receipt.submission for receipt in receipts], is_new=is_new)
            for receipt in receipts:
                subject = str(receipt.submission.id)
                detail: dict[str, Any] = {
                    "dataset": upload.dataset_id,
                    "bytes": receipt.submission.byte_count,
                    "created": receipt.created,
                    "upload": str(upload.id),
                }
                if upload.replaces_id:
                    detail["replaces"] = str(upload.replaces_id)
                action = "submission.replace" if upload.replaces_id else "submission.create"
                audit.record(self.connection, upload.account_id, action, subject, detail)
                log.info("upload %s: is submission %s", upload.id, subject)
        parts.clear(self.store, upload)

    def _reopen(self, upload: Upload, gaps: list[Missing]) -> None:
        with transaction(self.connection):
            uploads.end(self.connection, upload, "open", parts.parts_missing(gaps))
        log.warning("upload %s: parts were taken away; it is open again", upload.id)


def _abandoned() -> Conflict:
    return Conflict(
        "upload_abandoned", "Nothing was heard of the upload for a day, so it was given up.", remedy="Begin a new one."
    )
