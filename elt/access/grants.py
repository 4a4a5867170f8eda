"""The database roles that policies name, and the rights that do not depend on any table. Safe to repeat."""

from collections.abc import Iterable, Sequence

from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import connection as Connection

from elt.access import policies
from elt.access.policies import KNOW_PERSONS, database_role
from elt.access.roles import ROLES
from elt.database import only_row
from elt.errors import LaurelError

PUBLIC_SCHEMAS = ("marts", "marts_store", "marts_part_store", "catalog", "access", "predictions")
PRIVATE_SCHEMAS = ("marts_private", "marts_private_store")
PROGRAMS_SCHEMAS = ("predictions",)  # whose tables a program fills, not dbt: there is no publication to protect them


def grant(connection: Connection, reader: str, ledger_views: Sequence[str]) -> None:
    """Make the five roles, let the backend's reading role act as each of them, and take from it what it saw itself.

    Raises LaurelError where the warehouse's owner may not make roles.
    """
    try:
        _make_roles(connection, reader)
    except InsufficientPrivilege as error:
        raise LaurelError(
            "roles_missing",
            "The roles that row-level security needs could not be made in the warehouse.",
            remedy="As a superuser: alter role <owner of the warehouse> createrole; then start again.",
        ) from error
    open_database(connection)
    everybody = [database_role(role) for role in ROLES]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("grant usage on schema {} to {}").format(_names(PUBLIC_SCHEMAS), _names(everybody)),
        )
        cursor.execute(
            sql.SQL("grant usage on schema {} to {}").format(
                _names(PRIVATE_SCHEMAS), _names(database_role(role) for role in KNOW_PERSONS)
            )
        )
        cursor.execute(
            "select table_schema, table_name, bool_or(column_name = any(%s)) from information_schema.columns "
            "where table_schema = any(%s) group by 1, 2 order by 1, 2",
            [list(policies.PERSONS), list(PROGRAMS_SCHEMAS)],
        )
        for schema, table, tells_of_persons in cursor.fetchall():
            policies.protect(connection, schema, table, is_aggregate=True, is_private=tells_of_persons)
        for view in ledger_views:
            cursor.execute(
                sql.SQL("grant select on {} to {}").format(sql.Identifier("catalog", view), _names(everybody))
            )
        # What it had before there were policies.
        for revoke in (
            "alter default privileges in schema marts revoke select on tables from {}",
            "revoke select on all tables in schema marts, catalog from {}",
        ):
            cursor.execute(sql.SQL(revoke).format(sql.Identifier(reader)))
        cursor.execute("insert into access.login (role_name) values (%s) on conflict do nothing", [reader])


def open_database(connection: Connection) -> None:
    """The rights on the database itself, which Postgres gives to no copy of it: all may connect, and make nothing."""
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        database, everybody = sql.Identifier(only_row(cursor)[0]), _names(map(database_role, ROLES))
        cursor.execute(sql.SQL("revoke temporary on database {} from public").format(database))
        cursor.execute(sql.SQL("grant connect on database {} to {}").format(database, everybody))


def _make_roles(connection: Connection, reader: str) -> None:
    with connection.cursor() as cursor:
        for role in map(database_role, ROLES):
            cursor.execute("select from pg_roles where rolname = %s", [role])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
            cursor.execute(
                "select from pg_auth_members where roleid = %s::regrole and member = %s::regrole and set_option",
                [sql.Identifier(role).as_string(connection), sql.Identifier(reader).as_string(connection)],
            )
            if cursor.fetchone() is None:  # it takes a role on, and has the rights of none until then
                cursor.execute(
                    sql.SQL("grant {} to {} with inherit false, set true").format(
                        sql.Identifier(role), sql.Identifier(reader)
                    )
                )


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
