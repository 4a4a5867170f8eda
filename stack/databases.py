"""The roles and databases inside a cluster."""

from collections.abc import Mapping, Sequence
from contextlib import closing

import psycopg2
from psycopg2 import sql


def create_roles(superuser_url: str, owner_password: str, reader_password: str, airflow_password: str) -> None:
    """Make the three roles of the embedded cluster, or give those that exist their password again.

    Their passwords are random secrets, which no number of iterations makes harder to guess; 4,096 of them are half of
    what a connection costs (13.3 ms against 6.8 ms), and dbt makes one per node.
    """
    ensure_roles(
        superuser_url,
        {"laurel": owner_password, "laurel_reader": reader_password, "airflow": airflow_password},
        scram_iterations=1,
    )
    let_create_roles(superuser_url, "laurel")


def create_databases(superuser_url: str) -> None:
    """Make the warehouse and Airflow's database; nobody but their roles may connect."""
    ensure_database(superuser_url, "laurel", readers=["laurel_reader"])
    ensure_database(superuser_url, "airflow")


def ensure_roles(superuser_url: str, passwords: Mapping[str, str], scram_iterations: int = 4096) -> None:
    """Make a role per name, or give those that exist their password again."""
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("set scram_iterations = %s", [scram_iterations])
        cursor.execute("select rolname from pg_roles")
        existing = {name for (name,) in cursor.fetchall()}
        for role, password in passwords.items():
            verb = "alter" if role in existing else "create"
            cursor.execute(
                sql.SQL(f"{verb} role {{}} with login password %s").format(sql.Identifier(role)),
                [password],
            )


def let_create_roles(superuser_url: str, owner: str) -> None:
    """Let the warehouse's owner make the roles that its policies name, and logins for people's tools."""
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("alter role {} createrole").format(sql.Identifier(owner)))


def ensure_database(superuser_url: str, name: str, readers: Sequence[str] = ()) -> None:
    """Make a database unless it is there; only the role of its name, which owns it, and the readers may connect."""
    database = sql.Identifier(name)
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True  # CREATE DATABASE refuses to run in a transaction
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create database {} owner {}").format(database, database))
            cursor.execute(sql.SQL("revoke connect on database {} from public").format(database))
            for reader in readers:
                cursor.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(reader)))
