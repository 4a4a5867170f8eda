"""Every account with its keys, as an administrator sees them: who may what, and what is in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection

from elt.access import keys
from elt.access.keys import Key
from elt.access.roles import Scope, scopes_of

SELECT = "select account_id, name, role, created_at, closed_at, password_hash is not null from catalog.account"


@dataclass(frozen=True)
class Entry:
    """One account; `keys` are those it ever had, newest first. Its deeds are in the audit log."""

    account_id: int
    name: str
    role: str
    created_at: datetime
    closed_at: datetime | None
    has_password: bool
    scopes: tuple[Scope, ...]
    keys: tuple[Key, ...]


def entries(connection: Connection) -> list[Entry]:
    """Every account by name, closed ones last."""
    with connection.cursor() as cursor:
        cursor.execute(f"{SELECT} order by closed_at is not null, lower(name), name")
        rows = cursor.fetchall()
    keys_of, scopes = keys.of_everybody(connection), _scopes(connection)
    return [_entry(row, scopes.get(row[0], ()), keys_of.get(row[0], ())) for row in rows]


def entry(connection: Connection, account_id: int) -> Entry | None:
    """The open account with this number."""
    with connection.cursor() as cursor:
        cursor.execute(f"{SELECT} where account_id = %s and closed_at is null", [account_id])
        row = cursor.fetchone()
    return _entry(row, scopes_of(connection, account_id), keys.listing(connection, account_id)) if row else None


def _entry(row: tuple[Any, ...], scopes: Sequence[Scope], issued: Sequence[Key]) -> Entry:
    account_id, name, role, created_at, closed_at, has_password = row
    return Entry(account_id, name, role, created_at, closed_at, has_password, tuple(scopes), tuple(issued))


def _scopes(connection: Connection) -> dict[int, tuple[Scope, ...]]:
    found: dict[int, tuple[Scope, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, source_system, school_id, teacher_id from catalog.account_scope order by 1, 2, 3, 4"
        )
        for account_id, *scope in cursor.fetchall():
            found[account_id] = (*found.get(account_id, ()), Scope(*scope))
    return found
