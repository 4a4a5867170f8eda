"""Accounts: made, opened by a key or a session, and closed. A key is shown once; only its hash is kept."""

from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection

from elt import audit
from elt.access import keys, logins, sessions
from elt.access.roles import ADMINISTRATOR, AUDITOR, SENDERS, Scope, role_named, set_scope
from elt.errors import Conflict, NotFound


@dataclass(frozen=True)
class Account:
    """Who is asking."""

    account_id: int
    name: str
    role: str
    may_change: bool = True  # false: it came with a key that only reads

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


def add(connection: Connection, name: str, role: str, scope: Scope | None = None, made_by: int | None = None) -> str:
    """A new account's key; a closed account of this name is opened again. Raises Conflict where it is open.

    `role` may be given by another spelling; `scope` is what a teacher or principal belongs to; `made_by` the account
    that does it, None at the command line.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.account as known (name, role) values (%s, %s) "
            "on conflict (name) do update set role = excluded.role, closed_at = null "
            "where known.closed_at is not null returning account_id",
            [name, role_named(role)],
        )
        row = cursor.fetchone()
    if row is None:
        raise Conflict(
            "name_taken",
            "There is already an account with this name.",
            remedy="Choose another name, or revoke it first; `user key NAME` gives it one more key.",
        )
    set_scope(connection, row[0], scope)
    audit.record(connection, made_by or row[0], "account.open", name, {"role": role_named(role)})
    return keys.issue(connection, row[0], None)[0]


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
            [keys.hashed(key), name],
        )
        if cursor.rowcount:
            cursor.execute("update catalog.account set closed_at = null where name = %s", [name])


def revoke(connection: Connection, name: str, closed_by: int | None = None) -> int:
    """Close an account: its keys, password, sessions and database logins. Returns how many keys. Raises NotFound."""
    account_id = number_of(connection, name)
    logins.remove_all(connection, account_id)
    sessions.end_all(connection, account_id)
    audit.record(connection, closed_by or account_id, "account.close", name, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.account set closed_at = now(), password_hash = null where account_id = %s", [account_id]
        )
        cursor.execute(
            "update catalog.api_key set revoked_at = now() where account_id = %s and revoked_at is null", [account_id]
        )
        return cursor.rowcount


def number_of(connection: Connection, name: str) -> int:
    """The account_id of a name. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("select account_id from catalog.account where name = %s", [name])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("unknown_account", "There is no account with this name.")
    return int(row[0])


def number_of_open(connection: Connection, name: str) -> int:
    """The account_id of a name that is in use. Raises NotFound, or Conflict where the account is closed."""
    account = named(connection, name)
    if account is None:
        number_of(connection, name)
        raise Conflict("account_closed", "The account is closed.", remedy="`user add NAME --role …` opens it again.")
    return account.account_id


def listing(connection: Connection) -> list[tuple[str, str, int, datetime, datetime | None]]:
    """Name, role, number of keys that open it, since when, and until when, of every account by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select name, role, (select count(*) from catalog.api_key where api_key.account_id = account.account_id "
            "and revoked_at is null and coalesce(expires_at > now(), true)), created_at, closed_at "
            "from catalog.account order by name"
        )
        return cursor.fetchall()


def authenticate(connection: Connection, key: str) -> Account | None:
    """The account whose key this is, while both are in use."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account.account_id, account.name, account.role, scope = %s from catalog.api_key "
            "join catalog.account using (account_id) where key_hash = %s and revoked_at is null "
            "and coalesce(expires_at > now(), true) and closed_at is null",
            [keys.FULL, keys.hashed(key)],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    keys.note_use(connection, key)
    return Account(*row)


def named(connection: Connection, name: str) -> Account | None:
    """The account of this name, while it is open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, name, role from catalog.account where name = %s and closed_at is null",
            [name.replace("\0", "")],
        )
        row = cursor.fetchone()
    return Account(*row) if row else None


def find(connection: Connection, account_id: int) -> Account | None:
    """The account with this number, while it is open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, name, role from catalog.account where account_id = %s and closed_at is null",
            [account_id],
        )
        row = cursor.fetchone()
    return Account(*row) if row else None
