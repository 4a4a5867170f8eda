"""Signing in with a name and a password: argon2id, and a lock after too many that were wrong."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from psycopg2.extensions import connection as Connection

from elt import audit
from elt.access import sessions
from elt.database import only_row
from elt.errors import NotFound, Refused

SHORTEST, LONGEST = 12, 200
ATTEMPTS = 5  # that may be wrong, one after the other
LOCKED = timedelta(minutes=15)


@cache
def _hasher() -> PasswordHasher:
    return (
        PasswordHasher()
    )  # the library's own parameters (RFC 9106, low memory); a hash carries those it was made with


@cache
def _nobodys_hash() -> str:
    """Checked where there is no account, so that the time it takes does not tell."""
    return _hasher().hash("nobody has this password")


@dataclass(frozen=True)
class Attempt:
    """What became of a sign-in: the account's number where it worked; whether the account is locked where not."""

    account_id: int | None
    is_locked: bool = False


def set_password(connection: Connection, name: str, password: str) -> None:
    """Give an account a password; sessions that are open end. Raises NotFound, Refused."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(
            "bad_password",
            "The password is too short or too long.",
            allowed=f"{SHORTEST} to {LONGEST} characters, any.",
            remedy="A few words that you remember are better than a short one with odd characters.",
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.account set password_hash = %s, failed_sign_ins = 0, locked_until = null "
            "where name = %s and closed_at is null returning account_id",
            [_hasher().hash(password), name],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound("unknown_account", "There is no open account with this name.")
    sessions.end_all(connection, row[0])
    audit.record(connection, row[0], "account.password", None, None)


def change(connection: Connection, account_id: int, name: str, current: str, new: str) -> Attempt:
    """An account gives itself a password, and says the one it has; sessions that are open end. Raises Refused.

    A wrong one counts as at the door, or a session left open would be a place to guess: the caller must commit.
    """
    with connection.cursor() as cursor:
        cursor.execute("select password_hash is not null from catalog.account where account_id = %s", [account_id])
        has_password = bool(only_row(cursor)[0])
    attempt = sign_in(connection, name, current) if has_password else Attempt(account_id)
    if attempt.account_id is not None:
        set_password(connection, name, new)
    return attempt


def sign_in(connection: Connection, name: str, password: str) -> Attempt:
    """Try a name and a password. What fails is counted and on record, so the caller must commit either way.

    A locked account opens to nobody, the right password included, until its time is over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, password_hash, coalesce(locked_until > now(), false) from catalog.account "
            "where name = %s and closed_at is null and password_hash is not null for update",
            [name],
        )
        row = cursor.fetchone()
        account_id, password_hash, is_locked = row or (None, _nobodys_hash(), False)
        is_right = _matches(password_hash, password)
        if account_id is None:
            audit.record(connection, None, "sign_in.failed", None, None)  # the name may be a password in the wrong box
            return Attempt(None)
        if is_locked:
            audit.record(connection, account_id, "sign_in.locked", None, None)
            return Attempt(None, is_locked=True)
        if is_right:
            cursor.execute(
                "update catalog.account set failed_sign_ins = 0, locked_until = null where account_id = %s",
                [account_id],
            )
            return Attempt(account_id)
        # The count starts afresh with the lock, so that the time after it gives as many attempts again.
        cursor.execute(
            "update catalog.account set failed_sign_ins = (failed_sign_ins + 1) %% %(attempts)s, "
            "locked_until = case when failed_sign_ins + 1 >= %(attempts)s then now() + %(locked)s end "
            "where account_id = %(id)s returning locked_until is not null",
            {"attempts": ATTEMPTS, "locked": LOCKED, "id": account_id},
        )
        row = cursor.fetchone()
    audit.record(connection, account_id, "sign_in.failed", None, None)
    return Attempt(None, is_locked=bool(row and row[0]))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
