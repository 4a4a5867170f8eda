"""Real servers for the integration tests: one Postgres and one S3 store per test run, on free ports."""

import secrets
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from elt import warehouse
from elt.contract import load_contracts
from elt.database import connect, migrate
from elt.settings import Settings
from elt.store import ObjectStore
from stack import object_store as rclone
from stack import ports
from stack.databases import create_roles
from stack.postgres import Cluster, service_identity

OWNER_PASSWORD = READER_PASSWORD = AIRFLOW_PASSWORD = "test-password"


@pytest.fixture(scope="session")
def scratch_directory() -> Iterator[Path]:
    """A directory for servers. Not tmp_path: below that, the user that root's Postgres runs as cannot go."""
    directory = Path(tempfile.mkdtemp(prefix="laurel-test-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgres(scratch_directory: Path) -> Iterator[Cluster]:
    """A running cluster with the roles laurel, laurel_reader and airflow, and no database of ours yet."""
    cluster = Cluster(scratch_directory / "postgres", ports.any_free(), secrets.token_hex(16))
    cluster.create()
    with (scratch_directory / "postgres.log").open("w") as log:
        server = subprocess.Popen(
            cluster.command(fsync="off", full_page_writes="off", synchronous_commit="off"),
            stdout=log,
            stderr=subprocess.STDOUT,
            **service_identity(),
        )
    cluster.wait_until_ready()
    create_roles(cluster.url("postgres"), OWNER_PASSWORD, READER_PASSWORD, AIRFLOW_PASSWORD)
    yield cluster
    server.terminate()
    server.wait(timeout=30)


@dataclass(frozen=True)
class Database:
    """A fresh database, migrated: its URLs as owner, as reader and as superuser."""

    url: str
    reader_url: str
    superuser_url: str


def _new_database(cluster: Cluster) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(cluster.url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("create database {} owner laurel").format(sql.Identifier(name)))
    database = Database(
        url=cluster.url(name, "laurel", OWNER_PASSWORD),
        reader_url=cluster.url(name, "laurel_reader", READER_PASSWORD),
        superuser_url=cluster.url(name),
    )
    owner = connect(database.url)
    migrate(owner)
    owner.close()
    yield database
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
    connection.close()


@pytest.fixture
def database(postgres: Cluster) -> Iterator[Database]:
    """A fresh migrated warehouse for one test."""
    yield from _new_database(postgres)


@pytest.fixture(scope="module")
def module_database(postgres: Cluster) -> Iterator[Database]:
    """A fresh migrated warehouse that the tests of one module share."""
    yield from _new_database(postgres)


@dataclass(frozen=True)
class StoreServer:
    """A running S3 server."""

    endpoint: str
    access_key: str
    secret_key: str


@pytest.fixture(scope="session")
def store_server(scratch_directory: Path) -> Iterator[StoreServer]:
    """A running S3 store without buckets."""
    port, access_key, secret_key = ports.any_free(), secrets.token_hex(10), secrets.token_hex(20)
    directory = scratch_directory / "s3"
    directory.mkdir()
    with (scratch_directory / "s3.log").open("w") as log:
        server = subprocess.Popen(
            rclone.command(directory, port),
            env=rclone.environment(access_key, secret_key),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    rclone.wait_until_listening(port)
    yield StoreServer(rclone.endpoint(port), access_key, secret_key)
    server.terminate()
    server.wait(timeout=30)


def _new_settings(database: Database, server: StoreServer, home: Path) -> Settings:
    return Settings.from_environment(
        {
            "LAUREL_DATABASE_URL": database.url,
            "LAUREL_READER_DATABASE_URL": database.reader_url,
            "LAUREL_S3_ENDPOINT": server.endpoint,
            "LAUREL_S3_BUCKET": f"test-{uuid.uuid4().hex[:12]}",
            "LAUREL_S3_ACCESS_KEY": server.access_key,
            "LAUREL_S3_SECRET_KEY": server.secret_key,
            "LAUREL_SESSION_SECRET": secrets.token_hex(32),
            "LAUREL_HOME": str(home),
        }
    )


def _prepared(settings: Settings) -> Settings:
    """What `python -m elt migrate` does."""
    owner = connect(settings.database_url)
    warehouse.prepare(owner, settings, load_contracts())
    owner.close()
    ObjectStore(settings).create_bucket()
    return settings


@pytest.fixture
def settings(database: Database, store_server: StoreServer, tmp_path: Path) -> Settings:
    """Settings of a whole fresh system, for one test: its own warehouse, its own (existing) bucket."""
    return _prepared(_new_settings(database, store_server, tmp_path))


@pytest.fixture(scope="module")
def module_settings(
    module_database: Database, store_server: StoreServer, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The same, shared by the tests of one module."""
    return _prepared(_new_settings(module_database, store_server, tmp_path_factory.mktemp("home")))


@pytest.fixture
def object_store(settings: Settings) -> ObjectStore:
    """The bucket of `settings`."""
    return ObjectStore(settings)
