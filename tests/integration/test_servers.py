"""The servers that every other integration test stands on."""

import io

import psycopg2
import pytest

from elt.store import ObjectStore
from stack.databases import create_databases
from stack.postgres import Cluster


def test_reader_cannot_write(database) -> None:
    connection = psycopg2.connect(database.reader_url)
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("create table public.mine (x integer)")
    connection.close()


def test_store_keeps_bytes(object_store: ObjectStore) -> None:
    object_store.put("a/b c.csv", io.BytesIO(b"x" * 10_000_000))
    assert object_store.size("a/b c.csv") == 10_000_000


def test_databases_are_made_once_and_closed_to_others(postgres: Cluster) -> None:
    create_databases(postgres.url("postgres"))
    create_databases(postgres.url("postgres"))
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(postgres.url("laurel", "airflow", "test-password"))


def test_a_made_cluster_is_left_alone(postgres: Cluster) -> None:
    before = (postgres.data / "PG_VERSION").stat().st_mtime_ns
    postgres.create()
    assert (postgres.data / "PG_VERSION").stat().st_mtime_ns == before
