"""The servers that every other integration test stands on."""

import io
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from elt import warehouse
from elt.access import accounts
from elt.access.policies import database_role
from elt.access.reading import ReadingAs
from elt.access.roles import ROLES, Scope
from elt.contracting.contract import load_contracts
from elt.database import Pool, transaction
from elt.errors import Refused
from elt.settings import Settings
from elt.store import ObjectStore
from elt.warehouse import READER_VIEWS
from stack import object_store as rclone
from stack import ports
from stack.databases import create_databases
from stack.postgres import Cluster


def of_schemas(cursor: Cursor, *schemas: str) -> list[str]:
    """Every table and view of these schemas, quoted."""
    cursor.execute(
        "select format('%%I.%%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname = any(%s) and relkind in ('r', 'v', 'm', 'p') order by 1",
        [list(schemas)],
    )
    return [name for (name,) in cursor.fetchall()]


@pytest.fixture
def with_marts(settings: Settings) -> Settings:
    """A prepared warehouse with one table each where the publisher puts what is for everyone, and what is not."""
    with closing(psycopg2.connect(settings.database_url)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("create view marts.open as select 1 as x; create table marts.open_table as select 1 as x")
        cursor.execute("create view marts_private.closed as select 1 as x; create table build.closed as select 1 as x")
    return settings


def test_the_reader_reads_nothing_and_the_roles_it_takes_on_the_ledgers_views(with_marts: Settings) -> None:
    """What is in marts without having been published is nobody's either."""
    read: dict[str, set[str]] = {}
    with (
        closing(psycopg2.connect(with_marts.database_url)) as owner,
        closing(psycopg2.connect(with_marts.reader_database_url)) as reader,
        owner.cursor() as schemas,
        reader.cursor() as cursor,
    ):
        reader.autocommit = True
        everything = of_schemas(schemas, "public", "catalog", "access", "raw", "build", "marts", "marts_private")
        assert {"raw.laurel_students", "marts.open", "catalog.rejected_line", "access.login"} <= set(everything)
        for role in ("none", *map(database_role, ROLES)):
            cursor.execute(f"set role {role}")
            read[role] = set()
            for table in everything:
                try:
                    cursor.execute(f"select * from {table} limit 1")  # noqa: S608 - quoted by Postgres
                    read[role].add(table)
                except psycopg2.errors.InsufficientPrivilege:
                    pass
    assert read.pop("none") == set()
    assert read == {database_role(role): {f"catalog.{view}" for view in READER_VIEWS} for role in ROLES}


def test_what_a_program_predicts_falls_under_the_policies_too(with_marts: Settings) -> None:
    """By its columns, as the marts do: prepared with the warehouse, for there is no publication that could."""
    key = "md5(row('laurel'::text, 'S1'::text)::text)::uuid"
    with closing(psycopg2.connect(with_marts.database_url)) as owner:
        with owner, owner.cursor() as cursor:
            cursor.execute("create schema if not exists predictions")
            cursor.execute(
                f"create table predictions.of_student as select {key} as student_key, 'laurel' as source_system"
            )
            cursor.execute("create table predictions.of_nobody as select 1 as x")
        warehouse.prepare(owner, with_marts.reader_database_url, load_contracts())
        with transaction(owner):
            head = accounts.authenticate(owner, accounts.add(owner, "head", "principal", Scope("laurel")))
            other = accounts.authenticate(owner, accounts.add(owner, "other", "principal", Scope("oulad")))
    readers = Pool(with_marts.reader_database_url, 1)
    seen = {}
    for name, role, account in (
        ("administrator", "administrator", None), ("researcher", "researcher", None), ("auditor", "auditor", None),
        ("head", "principal", head), ("other", "principal", other),
    ):  # fmt: skip
        bound = ReadingAs(readers, role, account.account_id if account else None)
        with bound.connection() as connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from predictions.of_nobody")
            assert cursor.fetchone() == (1,), name
            try:
                cursor.execute("select count(*) from predictions.of_student")
                seen[name] = cursor.fetchone()
            except psycopg2.errors.InsufficientPrivilege:
                seen[name] = "may not ask"
            connection.rollback()
    readers.close()
    assert seen == {
        "administrator": (1,), "researcher": "may not ask", "auditor": "may not ask", "head": (1,), "other": (0,),
    }  # fmt: skip


def test_the_reader_changes_nothing(with_marts: Settings) -> None:
    statements = (
        "insert into marts.open_table values (2)",
        "update marts.open_table set x = 2",
        "delete from marts.open_table",
        "truncate marts.open_table",
        "drop table marts.open_table",
        "create table marts.mine (x integer)",
        "create table public.mine (x integer)",
        "create schema mine",
    )
    with closing(psycopg2.connect(with_marts.reader_database_url)) as reader, reader.cursor() as cursor:
        reader.autocommit = True
        for role in ("none", *map(database_role, ROLES)):
            cursor.execute(f"set role {role}")
            for statement in (*statements, "create temporary table mine (x integer)"):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)


def test_store_keeps_bytes(object_store: ObjectStore) -> None:
    object_store.put("a/b c.csv", io.BytesIO(b"x" * 10_000_000))
    assert object_store.size("a/b c.csv") == 10_000_000


class Letters(io.RawIOBase):
    """So many bytes; then the end, or an error."""

    def __init__(self, byte_count: int, error: Exception | None = None) -> None:
        self._left, self._error = byte_count, error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._left == 0 and self._error:
            raise self._error
        count = min(size, self._left)
        self._left -= count
        return b"x" * count


def test_a_stream_of_known_length_is_kept_in_one_request(object_store: ObjectStore) -> None:
    object_store.put("a/whole", cast(BinaryIO, Letters(9_000_000)), 9_000_000)
    with object_store.open("a/whole") as stored:
        assert stored.read() == b"x" * 9_000_000


@pytest.mark.parametrize("told", [8_500_000, 8_999_998, 9_000_003, 20_000_000])
def test_a_stream_that_is_not_as_long_as_told_is_kept_as_it_is(object_store: ObjectStore, told: int) -> None:
    object_store.put("a/whole", cast(BinaryIO, Letters(9_000_000)), told)
    with object_store.open("a/whole") as stored:
        assert stored.read() == b"x" * 9_000_000


@pytest.mark.parametrize("told", [8_500_000, 9_000_000])
def test_a_stream_that_breaks_behind_what_was_told_leaves_nothing(object_store: ObjectStore, told: int) -> None:
    with pytest.raises(Refused, match="broken"):
        object_store.put("a/broken", cast(BinaryIO, Letters(9_000_000, Refused("a", "broken"))), told)
    assert list(object_store.keys("a/")) == []


def test_a_stream_that_breaks_says_so_itself_and_leaves_nothing(object_store: ObjectStore) -> None:
    with pytest.raises(Refused, match="broken"):
        object_store.put("a/broken", cast(BinaryIO, Letters(8_500_000, Refused("a", "broken"))), 9_000_000)
    assert list(object_store.keys("a/")) == []


def test_a_store_that_starts_again_removes_what_the_dead_one_had_by_half(tmp_path: Path) -> None:
    half, whole = tmp_path / "bucket" / "a" / ".rclone_temp_put_1", tmp_path / "bucket" / "a" / "whole"
    whole.parent.mkdir(parents=True)
    half.touch()
    whole.touch()
    port = ports.any_free()
    keys = rclone.environment("test-key", "test-secret")
    with subprocess.Popen(rclone.supervised_command(tmp_path, port), env=os.environ | keys) as server:
        rclone.wait_until_listening(port)
        server.terminate()
    assert whole.exists()
    assert not half.exists()


def test_databases_are_made_once_and_closed_to_others(postgres: Cluster) -> None:
    create_databases(postgres.url("postgres"))
    create_databases(postgres.url("postgres"))
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(postgres.url("laurel", "airflow", "test-password"))


def test_a_made_cluster_is_left_alone(postgres: Cluster) -> None:
    before = (postgres.data / "PG_VERSION").stat().st_mtime_ns
    postgres.create()
    assert (postgres.data / "PG_VERSION").stat().st_mtime_ns == before
