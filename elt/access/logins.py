"""Database logins of accounts, for tools that bring SQL of their own: who logs in is who reads, whatever they set."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password

from elt import audit
from elt.access.policies import database_role
from elt.database import only_row
from elt.errors import NotFound
from elt.settings import Settings

# A tool keeps a handful of connections open; the limit is Postgres's, so that no tool takes the warehouse's last.
CONNECTIONS = 10
SETTINGS = {  # defaults, for a tool's good: what a login may not do is not a matter of settings
    "default_transaction_read_only": "on",
    "statement_timeout": "120s",
    "idle_in_transaction_session_timeout": "60s",
    "search_path": "marts",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Login:
    """A database role that logs in; `url` says where, with the password, which is kept nowhere."""

    role_name: str
    url: str


def create(connection: Connection, settings: Settings, account_name: str) -> Login:
    """A new read-only login for a BI tool of this account. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("select account_id, role from catalog.account where name = %s", [account_name])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("unknown_account", "There is no account with this name.")
    role_name, password = f"laurel_bi_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    _make(connection, role_name, password, row[0], row[1])
    audit.record(connection, row[0], "login.create", role_name, None)
    return Login(role_name, _with_login(settings.reader_database_url, role_name, password))


def for_own_sql(connection: Connection, settings: Settings, account_id: int, role: str) -> Login:
    """The login through which the backend runs SQL that this account wrote; made where there is none.

    Its password comes from the session secret; with a new secret there is a new login.
    """
    purpose = hashlib.sha256(b"laurel sql login\0" + settings.session_secret.encode()).hexdigest()[:16]
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('laurel sql login'), %s)", [account_id])
        cursor.execute(
            "select role_name from access.login where account_id = %s and purpose = %s", [account_id, purpose]
        )
        row = cursor.fetchone()
    role_name = row[0] if row else f"laurel_sql_{secrets.token_hex(4)}"
    password = hmac.new(settings.session_secret.encode(), role_name.encode(), hashlib.sha256).hexdigest()
    if row is None:
        _make(connection, role_name, password, account_id, role, purpose)
    return Login(role_name, _with_login(settings.reader_database_url, role_name, password))


def remove_all(connection: Connection, account_id: int) -> int:
    """Drop the account's logins and end their sessions; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("delete from access.login where account_id = %s returning role_name", [account_id])
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])
            cursor.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(name)))
    return len(names)


def _make(
    connection: Connection, role_name: str, password: str, account_id: int, role: str, purpose: str | None = None
) -> None:
    name = sql.Identifier(role_name)
    verifier = encrypt_password(password, role_name, connection, "scram-sha-256")  # the server never sees the password
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        owner = sql.Identifier(only_row(cursor)[0])
        cursor.execute(
            sql.SQL("create role {} login connection limit {} password %s").format(name, sql.Literal(CONNECTIONS)),
            [verifier],
        )
        group = sql.Identifier(database_role(role))
        cursor.execute(sql.SQL("grant {} to {} with inherit true, set false").format(group, name))
        cursor.execute(sql.SQL("grant {} to {} with inherit true, set false").format(name, owner))  # to end sessions
        for setting, value in SETTINGS.items():
            cursor.execute(sql.SQL("alter role {} set {} = %s").format(name, sql.Identifier(setting)), [value])
        cursor.execute(
            "insert into access.login (role_name, account_id, purpose) values (%s, %s, %s)",
            [role_name, account_id, purpose],
        )


def _with_login(url: str, role_name: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role_name}:{quote(password, safe='')}@{host}"))
