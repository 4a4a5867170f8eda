"""Sessions of the web pages, kept in the ledger so that signing out ends them wherever their cookie was copied to."""

import hashlib
import secrets
from datetime import timedelta

from psycopg2.extensions import connection as Connection

LIFETIME = timedelta(hours=12)  # a working day; then one signs in again


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # 256 random bits: nothing to guess backwards


def open_session(connection: Connection, account_id: int) -> str:
    """A new session's token, for the cookie."""
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.session (token_hash, account_id, expires_at) values (%s, %s, now() + %s)",
            [_hash(token), account_id, LIFETIME],
        )
    return token


def account_id_of(connection: Connection, token: str) -> int | None:
    """Whose session this is, while it lasts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id from catalog.session where token_hash = %s and ended_at is null and expires_at > now()",
            [_hash(token)],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def end(connection: Connection, token: str) -> int | None:
    """End a session for good; returns whose it was, if it was one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.session set ended_at = now() where token_hash = %s and ended_at is null "
            "returning account_id",
            [_hash(token)],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def end_all(connection: Connection, account_id: int) -> None:
    """End every session of an account: its password changed, or it was closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.session set ended_at = now() where account_id = %s and ended_at is null", [account_id]
        )
