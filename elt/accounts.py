"""Accounts and their API keys. A key is shown once; only its hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from elt.errors import Conflict

ROLES = ("researcher", "admin")


@dataclass(frozen=True)
class Account:
    """Who is asking."""

    account_id: int
    name: str
    role: str


def _hash(key: str) -> bytes:
    # A key carries 256 random bits, so a plain hash cannot be guessed backwards; no salt, so that it can be looked up.
    return hashlib.sha256(key.encode()).digest()


def add(connection: Connection, name: str, role: str, key: str | None = None) -> str:
    """A new account and its key (made up here unless given). Raises Conflict where the name is taken."""
    key = key or "laurel_" + secrets.token_urlsafe(32)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "with account as (insert into catalog.account (name, role) values (%s, %s) returning account_id) "
                "insert into catalog.api_key (account_id, key_hash) select account_id, %s from account",
                [name, role, _hash(key)],
            )
    except UniqueViolation as error:
        raise Conflict(
            "name_taken", "There is already an account with this name.", remedy="Choose another name."
        ) from error
    return key


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
