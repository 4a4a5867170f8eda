"""Accounts and their API keys. A key is shown once; only its hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection

from elt.access.roles import ADMINISTRATOR, AUDITOR, SENDERS, Scope, role_named, set_scope
from elt.errors import Conflict, NotFound


@dataclass(frozen=True)
class Account:
    """Who is asking."""

    account_id: int
    name: str
    role: str

    @property
    def is_administrator(self) -> bool:
        """Whether everybody's data and settings are open to it."""
        return self.role == ADMINISTRATOR

    @property
    def sees_every_submission(self) -> bool:
        """Whether it may know of everybody's files; what is in them an auditor may not read."""
        return self.role in (ADMINISTRATOR, AUDITOR)

    @property
    def may_send(self) -> bool:
        """Whether it sends files, and reads the lines of those that it may see."""
        return self.role in SENDERS


def _hash(key: str) -> bytes:
    # A key carries 256 random bits, so a plain hash cannot be guessed backwards; no salt, so that it can be looked up.
    return hashlib.sha256(key.encode()).digest()


def add(connection: Connection, name: str, role: str, scope: Scope | None = None) -> str:
    """A new account's key; also a new key for an account whose keys are all revoked. Raises Conflict otherwise.

    `role` may be given by another spelling; `scope` is what a teacher or principal belongs to.
    """
    key = "laurel_" + secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(
            "with account as (insert into catalog.account as known (name, role) values (%s, %s) "
            "on conflict (name) do update set role = excluded.role where not exists "
            "(select from catalog.api_key where account_id = known.account_id and revoked_at is null) "
            "returning account_id) "
            "insert into catalog.api_key (account_id, key_hash) select account_id, %s from account "
            "returning account_id",
            [name, role_named(role), _hash(key)],
        )
        row = cursor.fetchone()
        if row is None:
            raise Conflict(
                "name_taken",
                "There is already an account with this name.",
                remedy="Choose another name, or revoke its keys first.",
            )
    set_scope(connection, row[0], scope)
    return key


def ensure(connection: Connection, name: str, role: str, key: str) -> None:
    """Make the account unless there is one, and let this key open it too; a key that was revoked stays so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.account (name, role) values (%s, %s) on conflict (name) do nothing",
            [name, role_named(role)],
        )
        cursor.execute(
            "insert into catalog.api_key (account_id, key_hash) select account_id, %s from catalog.account "
            "where name = %s on conflict (key_hash) do nothing",
            [_hash(key), name],
        )


def revoke(connection: Connection, name: str) -> int:
    """Close every key of an account, and so its sessions; returns how many there were. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("select account_id from catalog.account where name = %s", [name])
        row = cursor.fetchone()
        if row is None:
            raise NotFound("unknown_account", "There is no account with this name.")
        cursor.execute(
            "update catalog.api_key set revoked_at = now() where account_id = %s and revoked_at is null", row
        )
        return cursor.rowcount


def listing(connection: Connection) -> list[tuple[str, str, int, datetime]]:
    """Name, role, number of keys that open it, and since when, of every account by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select name, role, (select count(*) from catalog.api_key where api_key.account_id = account.account_id "
            "and revoked_at is null), created_at from catalog.account order by name"
        )
        return cursor.fetchall()


def authenticate(connection: Connection, key: str) -> Account | None:
    """The account whose unrevoked key this is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account.account_id, account.name, account.role from catalog.api_key "
            "join catalog.account using (account_id) where key_hash = %s and revoked_at is null",
            [_hash(key)],
        )
        row = cursor.fetchone()
    return Account(*row) if row else None


def find(connection: Connection, account_id: int) -> Account | None:
    """The account with this number, as a signed session carries it; none once its last key is revoked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, name, role from catalog.account where account_id = %(id)s "
            "and exists (select from catalog.api_key where account_id = %(id)s and revoked_at is null)",
            {"id": account_id},
        )
        row = cursor.fetchone()
    return Account(*row) if row else None
