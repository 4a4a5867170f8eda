"""The roles and databases inside the embedded cluster."""

from contextlib import closing

import psycopg2
from psycopg2 import sql


def create_roles(superuser_url: str, owner_password: str, reader_password: str, airflow_password: str) -> None:
    """Make the three roles, or give those that exist their password again."""
    passwords = {"laurel": owner_password, "laurel_reader": reader_password, "airflow": airflow_password}
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select rolname from pg_roles")
        existing = {name for (name,) in cursor.fetchall()}
        for role, password in passwords.items():
            verb = "alter" if role in existing else "create"
            cursor.execute(
                sql.SQL(f"{verb} role {{}} with login password %s").format(sql.Identifier(role)),
                [password],
            )


def create_databases(superuser_url: str) -> None:
    """Make the warehouse and Airflow's database; nobody but their roles may connect."""
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True  # CREATE DATABASE refuses to run in a transaction
        with connection.cursor() as cursor:
            cursor.execute("select datname from pg_database")
            existing = {name for (name,) in cursor.fetchall()}
            for name in ("laurel", "airflow"):
                database = sql.Identifier(name)
                if name not in existing:
                    cursor.execute(sql.SQL("create database {} owner {}").format(database, database))
                cursor.execute(sql.SQL("revoke connect on database {} from public").format(database))
            cursor.execute("grant connect on database laurel to laurel_reader")
