"""Dry runs in the ledger: each one's state and receipt. Each function runs inside the caller's transaction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from elt.database import only_row
from elt.errors import Conflict
from elt.ledger import Incoming
from elt.notifying import DRY_RUN_CHANNEL, notify
from elt.receiving.incoming_objects import arrived

KEPT_FOR = timedelta(days=30)
SETTLED = ("done", "rejected", "failed")
# No wait for another try is longer; a later time was noted by a clock that has been put back since.
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class DryRun:
    """One row of catalog.dry_run. Counts are null until the file has been read; `receipt` grows as it is made."""

    dry_run_id: int
    id: UUID
    dataset_id: str
    account_id: int
    account_name: str | None
    status: str
    object_key: str | None
    filename: str
    sha256: str
    byte_count: int
    replaces_submission_id: int | None
    replaces_id: UUID | None
    header_mapping: Mapping[str, str] | None
    stated: Mapping[str, str]
    encoding: str | None
    dialect: Mapping[str, Any] | None
    header: list[str] | None
    lines_read: int | None
    rows_accepted: int | None
    rows_rejected: int | None
    receipt: Mapping[str, Any] | None
    error_code: str | None
    error_message: str | None
    attempt_count: int
    received_at: datetime
    settled_at: datetime | None
    expires_at: datetime | None


_SELECT = """
    select dry_run.*, account.name as account_name, replaced.id as replaces_id
    from catalog.dry_run
    inner join catalog.account using (account_id)
    left join catalog.submission as replaced on replaced.submission_id = dry_run.replaces_submission_id
"""
_COLUMNS = tuple(column.name for column in fields(DryRun))


def _one(connection: Connection, where: str, parameters: list[Any]) -> DryRun | None:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(_SELECT + where, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    values = {name: row[name] for name in _COLUMNS}
    ids = {name: UUID(row[name]) for name in ("id", "replaces_id") if row[name]}
    return DryRun(**{**values, **ids})


def find(connection: Connection, id: UUID) -> DryRun | None:
    """The dry run with this public id, until its last day."""
    return _one(connection, "where dry_run.id = %s and coalesce(expires_at > now(), true)", [str(id)])


def add(connection: Connection, incoming: Incoming, object_key: str, sha256: str, byte_count: int) -> UUID:
    """Enter a file whose bytes are durable, and wake whoever makes dry runs."""
    with connection.cursor() as cursor:
        arrived(connection, object_key)
        cursor.execute(
            """
            insert into catalog.dry_run
                (dataset_id, account_id, object_key, filename, sha256, byte_count, replaces_submission_id,
                 header_mapping, stated)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning id
            """,
            [
                incoming.dataset_id,
                incoming.account_id,
                object_key,
                incoming.filename,
                sha256,
                byte_count,
                incoming.replaces.submission_id if incoming.replaces else None,
                json.dumps(incoming.header_mapping) if incoming.header_mapping else None,
                json.dumps(incoming.stated.as_json()),
            ],
        )
        (id,) = only_row(cursor)
    notify(connection, DRY_RUN_CHANNEL, "received")
    return UUID(id)


def is_due(connection: Connection) -> bool:
    """Whether there is something to make, or to clear away."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select
                exists (
                    select from catalog.dry_run where object_key is not null
                    and (settled_at is not null or not next_attempt_at between now() and now() + %(longest)s)
                )
                or exists (select from catalog.dry_run where expires_at <= now())
            """,
            {"longest": LONGEST_WAIT},
        )
        return bool(only_row(cursor)[0])


def claim(connection: Connection) -> DryRun | None:
    """The oldest one that waits, now `checking`. One that a killed process left behind waits too."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.dry_run
            set status = 'checking', checking_at = now(), modelling_at = null, attempt_count = attempt_count + 1,
                receipt = null, error_code = null, error_message = null
            where dry_run_id = (
                select dry_run_id from catalog.dry_run
                where settled_at is null and not next_attempt_at between now() and now() + %(longest)s
                order by dry_run_id limit 1
            )
            returning dry_run_id
            """,
            {"longest": LONGEST_WAIT},
        )
        row = cursor.fetchone()
        if row is not None:
            cursor.execute("delete from catalog.dry_run_rejected_line where dry_run_id = %s", row)
    return None if row is None else _one(connection, "where dry_run.dry_run_id = %s", [row[0]])


def advance(connection: Connection, run: DryRun, status: str, **columns: Any) -> None:
    """Set the state and these columns; a dictionary or list is stored as JSON. A settled one gets its last day."""
    values = {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in columns.items()}
    assignments = "".join(f", {name} = %({name})s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            update catalog.dry_run
            set status = %(status)s,
                modelling_at = case when %(status)s = 'modelling' then clock_timestamp() else modelling_at end,
                settled_at = case when %(status)s in %(settled)s then clock_timestamp() end,
                expires_at = case when %(status)s in %(settled)s then clock_timestamp() + %(kept)s end
                {assignments}
            where dry_run_id = %(id)s
            """,  # noqa: S608 (the names are the callers' own words)
            {**values, "status": status, "id": run.dry_run_id, "settled": SETTLED, "kept": KEPT_FOR},
        )


def retry_later(connection: Connection, run: DryRun, seconds: float, counts: bool) -> None:
    """Back to the queue, for something of ours went wrong; `counts` as one of its tries, or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.dry_run set status = 'received', next_attempt_at = now() + make_interval(secs => %s), "
            "attempt_count = attempt_count - %s where dry_run_id = %s",
            [seconds, 0 if counts else 1, run.dry_run_id],
        )


def kept_bytes(connection: Connection) -> list[str]:
    """Objects of dry runs that are over."""
    with connection.cursor() as cursor:
        cursor.execute("select object_key from catalog.dry_run where object_key is not null and settled_at is not null")
        return [key for (key,) in cursor.fetchall()]


def forget_bytes(connection: Connection, object_key: str) -> None:
    """Note that the object is gone."""
    with connection.cursor() as cursor:
        cursor.execute("update catalog.dry_run set object_key = null where object_key = %s", [object_key])


def expire(connection: Connection) -> None:
    """Receipts past their last day go, with the refused lines they kept."""
    with connection.cursor() as cursor:
        cursor.execute("delete from catalog.dry_run where expires_at <= now() and object_key is null")


def forget(connection: Connection, run: DryRun) -> None:
    """Let its last day be now: nobody sees it any more, and the next sweep deletes it. Raises Conflict if unsettled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.dry_run set expires_at = now() where dry_run_id = %s and settled_at is not null",
            [run.dry_run_id],
        )
        if cursor.rowcount == 0:
            raise Conflict(
                "not_settled", "The dry run is still being made.", remedy="Wait until it is settled (GET with ?wait=)."
            )
    notify(connection, DRY_RUN_CHANNEL, "expired")
