"""The ledger: every submission and its state. Each function runs inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt.database import only_row
from elt.errors import LaurelError, Refused
from elt.notifying import WORK_CHANNEL, notify
from elt.reading.detecting import NOTHING_STATED, Stated
from elt.receiving.streams import Content

LIVE = ("received", "loading", "held", "loaded", "modelled", "failed")
LOST_BYTES = ("object_lost", "object_changed")  # only the sender can mend these: with the same bytes


@dataclass(frozen=True)
class Submission:
    """One row of the ledger. Times are UTC; counts are null until the file has been read."""

    submission_id: int
    id: UUID
    dataset_id: str
    account_id: int | None
    account_name: str | None
    status: str
    filename: str
    object_key: str
    sha256: str
    byte_count: int
    title: str | None
    note: str | None
    replaces_id: UUID | None
    replaced_by_id: UUID | None
    restores_id: UUID | None
    held_for: Mapping[str, Any] | None
    confirmed_at: datetime | None
    open_fixes: int
    stated: Mapping[str, str]
    compression: str | None
    archive_filename: str | None
    archive_member: str | None
    contract_version: int | None
    header_mapping: Mapping[str, str] | None
    encoding: str | None
    dialect: Mapping[str, Any] | None
    lines_read: int | None
    rows_loaded: int | None
    rows_rejected: int | None
    error_code: str | None
    error_message: str | None
    received_at: datetime
    loading_at: datetime | None
    loaded_at: datetime | None
    modelled_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True)
class Incoming:
    """What is known of a file before its first byte; no account: it was dropped straight into the bucket."""

    dataset_id: str
    account_id: int | None
    filename: str
    idempotency_key: str | None = None
    replaces: Submission | None = None
    header_mapping: Mapping[str, str] | None = None
    stated: Stated = NOTHING_STATED
    archive_filename: str | None = None  # of the ZIP of several files that it came in
    archive_member: str | None = None
    title: str | None = None
    note: str | None = None


_SELECT = """
    select submission.*, account.name as account_name, predecessor.id as replaces_id, successor.id as replaced_by_id,
        restored.id as restores_id,
        (
            select count(*) from catalog.fix
            where fix.submission_id = submission.submission_id and fix.status in ('received', 'failed')
        ) as open_fixes
    from catalog.submission
    left join catalog.account on account.account_id = submission.account_id
    left join catalog.submission as predecessor on predecessor.submission_id = submission.replaces_submission_id
    left join catalog.submission as restored on restored.submission_id = submission.restores_submission_id
    left join catalog.submission as successor on successor.replaces_submission_id = submission.submission_id
        and successor.status not in ('rejected', 'retracted')
"""
_COLUMNS = tuple(column.name for column in fields(Submission))
_UUIDS = ("id", "replaces_id", "replaced_by_id", "restores_id")


def _rows(connection: Connection, where: str, parameters: Mapping[str, Any]) -> list[Submission]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, parameters)
        return [_submission(row) for row in cursor.fetchall()]


def _submission(row: Mapping[str, Any]) -> Submission:
    values = {name: row[name] for name in _COLUMNS}
    return Submission(**{**values, **{name: UUID(row[name]) for name in _UUIDS if row[name]}})


def find(connection: Connection, id: UUID) -> Submission | None:
    """The submission with this public id."""
    return next(iter(_rows(connection, "where submission.id = %(id)s", {"id": str(id)})), None)


def get(connection: Connection, id: UUID) -> Submission:
    """The submission with this public id, which the caller knows to be there."""
    submission = find(connection, id)
    if submission is None:
        raise LaurelError("ledger_row_lost", "The submission is no longer in the ledger.")
    return submission


def with_number(connection: Connection, submission_id: int) -> Submission:
    """The submission with this number, which the caller knows to be there."""
    (submission,) = _rows(connection, "where submission.submission_id = %(id)s", {"id": submission_id})
    return submission


def versions(connection: Connection, submission: Submission) -> list[Submission]:
    """Every version of the file that this submission is one of, oldest first; refused and retracted ones too."""
    where = "where submission.submission_id in (select catalog.versions_of(%(id)s)) order by submission.submission_id"
    return _rows(connection, where, {"id": submission.submission_id})


def find_live(connection: Connection, dataset_id: str, sha256: str) -> Submission | None:
    """The submission that holds this content for this dataset and has not been refused, replaced or retracted."""
    where = """
        where submission.dataset_id = %(dataset_id)s and submission.status in %(live)s
          and coalesce(submission.content_sha256, submission.sha256) = %(sha256)s
    """
    return next(iter(_rows(connection, where, {"dataset_id": dataset_id, "sha256": sha256, "live": LIVE})), None)


def find_idempotent(connection: Connection, account_id: int, idempotency_key: str) -> Submission | None:
    """The submission that this account made with this Idempotency-Key."""
    where = "where submission.account_id = %(account)s and submission.idempotency_key = %(key)s"
    return next(iter(_rows(connection, where, {"account": account_id, "key": idempotency_key})), None)


def page(
    connection: Connection,
    *,
    account_id: int | None = None,
    dataset_id: str | None = None,
    status: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Submission]:
    """Newest first; `before` is the submission_id of the last one on the page before."""
    where = """
        where (%(account)s is null or submission.account_id = %(account)s)
          and (%(dataset)s is null or submission.dataset_id = %(dataset)s)
          and (%(status)s is null or submission.status = %(status)s)
          and (%(before)s is null or submission.submission_id < %(before)s)
        order by submission.submission_id desc limit %(limit)s
    """
    parameters = {"account": account_id, "dataset": dataset_id, "status": status, "before": before, "limit": limit}
    return _rows(connection, where, parameters)


def add(
    connection: Connection,
    incoming: Incoming,
    object_key: str,
    sha256: str,
    byte_count: int,
    content: Content | None = None,
    refusal: Refused | None = None,
) -> UUID:
    """Enter a file whose bytes are durable, and wake `ingest`; where it cannot even be unpacked, as `rejected`.

    `content`, of the CSV inside, is None where nobody looked. Raises UniqueViolation where it is already live.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into catalog.submission
                (dataset_id, account_id, object_key, filename, sha256, byte_count, idempotency_key,
                 replaces_submission_id, header_mapping, stated, archive_filename, archive_member, content_sha256,
                 compression, title, note, status, error_code, error_message, settled_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
                 %s, %s, %s, %s, %s, %s, case when %s then now() end) returning id
            """,
            [
                incoming.dataset_id,
                incoming.account_id,
                object_key,
                incoming.filename,
                sha256,
                byte_count,
                incoming.idempotency_key,
                incoming.replaces.submission_id if incoming.replaces else None,
                json.dumps(incoming.header_mapping) if incoming.header_mapping else None,
                json.dumps(incoming.stated.as_json()),
                incoming.archive_filename,
                incoming.archive_member,
                content.sha256 if content else None,
                content.compression.format if content and content.compression else None,
                incoming.title,
                incoming.note,
                "rejected" if refusal else "received",
                refusal.code if refusal else None,
                refusal.in_words() if refusal else None,
                refusal is not None,
            ],
        )
        (id,) = only_row(cursor)
    notify(connection, WORK_CHANNEL, "received")
    return UUID(id)


def describe(connection: Connection, submission: Submission, *, title: str | None, note: str | None) -> Submission:
    """Set title and note."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.submission set title = %s, note = %s where submission_id = %s",
            [title, note, submission.submission_id],
        )
    return get(connection, submission.id)
