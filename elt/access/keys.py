"""An account's API keys: each with a purpose, what it may do, and an end."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg2.extensions import connection as Connection

from elt.database import only_row
from elt.errors import NotFound

FULL, READ = "full", "read"
SCOPES = (FULL, READ)  # read: nothing that changes anything
DAYS_MAXIMUM = 3650
COLUMNS = (
    "id::text, label, scope, created_at, last_used_at, expires_at, "
    "revoked_at is null and coalesce(expires_at > now(), true)"
)


@dataclass(frozen=True)
class Key:
    """A key as it is listed; the key itself is kept nowhere."""

    id: UUID
    label: str | None
    scope: str
    created_at: datetime
    last_used_at: datetime | None  # to the minute
    expires_at: datetime | None
    is_open: bool


def hashed(key: str) -> bytes:
    """What is kept of a key. It carries 256 random bits, so a plain hash cannot be guessed backwards."""
    return hashlib.sha256(key.encode()).digest()


def new_key() -> str:
    """A random key; whoever keeps it, it is not us."""
    return "laurel_" + secrets.token_urlsafe(32)


def issue(
    connection: Connection, account_id: int, label: str | None, scope: str = FULL, days: int | None = None
) -> tuple[str, Key]:
    """One more key of an account, which ends after so many days (None: when it is revoked)."""
    key = new_key()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.api_key (account_id, key_hash, label, scope, expires_at) "
            "values (%s, %s, %s, %s, now() + %s) returning id",
            [account_id, hashed(key), label, scope, None if days is None else timedelta(days=days)],
        )
        id = UUID(only_row(cursor)[0])
    return key, next(found for found in listing(connection, account_id) if found.id == id)


def listing(connection: Connection, account_id: int) -> list[Key]:
    """Every key that the account ever had, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {COLUMNS} from catalog.api_key where account_id = %s order by api_key_id desc",  # noqa: S608
            [account_id],
        )
        return [Key(UUID(id), *rest) for id, *rest in cursor.fetchall()]


def of_everybody(connection: Connection) -> dict[int, list[Key]]:
    """The same of every account that has any, by its account_id."""
    found: dict[int, list[Key]] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"select account_id, {COLUMNS} from catalog.api_key order by api_key_id desc")  # noqa: S608
        for account_id, id, *rest in cursor.fetchall():
            found.setdefault(account_id, []).append(Key(UUID(id), *rest))
    return found


def note_use(connection: Connection, key: str) -> None:
    """Write down that a key was used, once a minute; nobody waits for somebody else who does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.api_key set last_used_at = now() where api_key_id = ("
            "select api_key_id from catalog.api_key where key_hash = %s "
            "and coalesce(last_used_at < now() - interval '1 minute', true) for update skip locked)",
            [hashed(key)],
        )


def revoke(connection: Connection, account_id: int, id: UUID) -> None:
    """Close one key of the account. Raises NotFound where it has no such key, or closed it already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.api_key set revoked_at = now() where account_id = %s and id = %s and revoked_at is null",
            [account_id, str(id)],
        )
        if cursor.rowcount == 0:
            raise NotFound("unknown_key", "There is no such key in use.", remedy="GET /api/v1/keys lists yours.")
