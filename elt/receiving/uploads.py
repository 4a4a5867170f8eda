"""Large uploads in the ledger: one row each. Each function runs inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt.errors import LaurelError
from elt.ledger import Submission
from elt.reading.detecting import NOTHING_STATED, Stated

PREFIX = "incoming/"


@dataclass(frozen=True)
class Upload:
    """One row of catalog.upload: a file that is being sent in parts. Times are UTC."""

    upload_id: int
    id: UUID
    dataset_id: str
    account_id: int
    status: str
    filename: str
    byte_count: int
    part_bytes: int
    sha256: str | None
    idempotency_key: str | None
    stated: Stated
    replaces_id: UUID | None
    is_dry_run: bool
    submissions: tuple[UUID, ...]
    dry_run: UUID | None
    is_new_submission: bool | None
    error_code: str | None
    error_message: str | None
    started_at: datetime
    settled_at: datetime | None

    @property
    def part_count(self) -> int:
        """Parts are numbered from 1 to this."""
        return -(-self.byte_count // self.part_bytes)

    @property
    def prefix(self) -> str:
        """Where its parts are."""
        return f"{PREFIX}{self.id}/"

    def part_key(self, number: int) -> str:
        """The object of one part."""
        return f"{self.prefix}{number:05}"

    def part_size(self, number: int) -> int:
        """Bytes of one part: all the same, but for the last."""
        return min(self.part_bytes, self.byte_count - (number - 1) * self.part_bytes)


@dataclass(frozen=True)
class Announced:
    """What a sender says of a file before its first byte."""

    dataset_id: str
    account_id: int
    filename: str
    byte_count: int
    sha256: str | None = None
    idempotency_key: str | None = None
    stated: Stated = NOTHING_STATED
    replaces: Submission | None = None
    is_dry_run: bool = False


_COLUMNS = tuple(column.name for column in fields(Upload))


_SELECT = """
    select upload.*, array(
        select submission.id::text from catalog.submission
        where submission_id = any(upload.submission_ids) order by submission_id
    ) as submissions, replaced.id as replaces_id, dry_run.id as dry_run
    from catalog.upload
    left join catalog.submission as replaced on upload.replaces_submission_id = replaced.submission_id
    left join catalog.dry_run on upload.dry_run_id = dry_run.dry_run_id
"""


def _row(connection: Connection, where: str, parameters: Mapping[str, Any]) -> Upload | None:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    values = {name: row[name] for name in _COLUMNS}
    values |= {
        "id": UUID(row["id"]),
        "stated": Stated(**row["stated"]),
        "submissions": tuple(map(UUID, row["submissions"])),
        **{name: UUID(row[name]) for name in ("replaces_id", "dry_run") if row[name]},
    }
    return Upload(**values)


def find(connection: Connection, id: UUID) -> Upload | None:
    """The upload with this public id."""
    return _row(connection, "where upload.id = %(id)s", {"id": str(id)})


def get(connection: Connection, id: UUID) -> Upload:
    """The upload with this public id, which the caller knows to be there."""
    upload = find(connection, id)
    if upload is None:
        raise LaurelError("ledger_row_lost", "The upload is no longer in the ledger.")
    return upload


def find_idempotent(connection: Connection, announced: Announced) -> Upload | None:
    """The upload that this account began with this Idempotency-Key."""
    where = "where upload.account_id = %(account)s and upload.idempotency_key = %(key)s"
    return _row(connection, where, {"account": announced.account_id, "key": announced.idempotency_key})


def add(connection: Connection, announced: Announced, part_bytes: int) -> Upload | None:
    """A new, open upload; None where the account's Idempotency-Key is already taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into catalog.upload
                (dataset_id, account_id, filename, byte_count, part_bytes, sha256, idempotency_key, stated,
                 replaces_submission_id, is_dry_run)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (account_id, idempotency_key) do nothing returning id
            """,
            [
                announced.dataset_id,
                announced.account_id,
                announced.filename,
                announced.byte_count,
                part_bytes,
                announced.sha256,
                announced.idempotency_key,
                json.dumps(announced.stated.as_json()),
                announced.replaces.submission_id if announced.replaces else None,
                announced.is_dry_run,
            ],
        )
        row = cursor.fetchone()
    return get(connection, UUID(row[0])) if row else None


def touch(connection: Connection, upload: Upload) -> None:
    """Note that its sender is still at it, so that it is not swept."""
    with connection.cursor() as cursor:
        cursor.execute("update catalog.upload set touched_at = now() where upload_id = %s", [upload.upload_id])


def settle(connection: Connection, upload: Upload, submissions: list[Submission], *, is_new: bool) -> Upload:
    """It has become these submissions, or turned out to be known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.upload set status = 'completed', submission_ids = %s, is_new_submission = %s, "
            "settled_at = now() where upload_id = %s",
            [[submission.submission_id for submission in submissions], is_new, upload.upload_id],
        )
    return get(connection, upload.id)


def looked_at(connection: Connection, upload: Upload, dry_run_id: int) -> None:
    """It has become this dry run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.upload set status = 'completed', dry_run_id = %s, is_new_submission = false, "
            "settled_at = now() where upload_id = %s",
            [dry_run_id, upload.upload_id],
        )


def end(connection: Connection, upload: Upload, status: str, error: LaurelError | None) -> None:
    """It goes back to `open`, or is over: `refused` or `aborted`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.upload set status = %(status)s, error_code = %(code)s, error_message = %(message)s, "
            "settled_at = case when %(status)s <> 'open' then now() end where upload_id = %(id)s",
            {
                "status": status,
                "code": error.code if error else None,
                "message": error.in_words() if error else None,
                "id": upload.upload_id,
            },
        )
