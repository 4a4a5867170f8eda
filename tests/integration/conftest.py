"""Real servers for the integration tests: one Postgres and one S3 store per test run, on free ports."""

import io
import secrets
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg2
import psycopg2.errors
import pytest
from dbt_common.behavior_flags import BehaviorFlagRendered
from psycopg2 import sql

from elt import warehouse
from elt.access import grants
from elt.contracting.contract import load_contracts
from elt.database import connect, transaction
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming.run import transform
from stack import object_store as rclone
from stack import ports
from stack.databases import create_roles
from stack.postgres import Cluster, service_identity

OWNER_PASSWORD = READER_PASSWORD = AIRFLOW_PASSWORD = "test-password"
EMPTY_TEMPLATE = "test_template"
MODELLED, MODELLED_TEMPLATE = "test_modelled", "test_modelled_template"


@pytest.fixture(scope="session", autouse=True)
def no_search_for_callers() -> Iterator[None]:
    """dbt asks `inspect` who calls it, five times a run: 4 ms, but a second among pytest's frames and imports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BehaviorFlagRendered, "_default_source", staticmethod(lambda: "dbt"))
        yield


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
            cluster.command(fsync="off", full_page_writes="off", synchronous_commit="off", autovacuum="off"),
            stdout=log,
            stderr=subprocess.STDOUT,
            **service_identity(),
        )
    cluster.wait_until_ready()
    create_roles(cluster.url("postgres"), OWNER_PASSWORD, READER_PASSWORD, AIRFLOW_PASSWORD)
    yield cluster
    server.send_signal(signal.SIGQUIT)  # nobody needs what is in it any more
    server.wait(timeout=30)


@dataclass(frozen=True)
class Database:
    """A fresh warehouse: its URLs as owner, as reader and as superuser."""

    url: str
    reader_url: str
    superuser_url: str


def _administer(cluster: Cluster, statement: str, *names: str) -> None:
    with closing(psycopg2.connect(cluster.url("postgres"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _database(cluster: Cluster, name: str) -> Database:
    return Database(
        url=cluster.url(name, "laurel", OWNER_PASSWORD),
        reader_url=cluster.url(name, "laurel_reader", READER_PASSWORD),
        superuser_url=cluster.url(name),
    )


def _create_database(cluster: Cluster, name: str) -> Database:
    """A copy of a warehouse as `python -m elt migrate` leaves it, which takes a fifth of the time of making one."""
    try:
        return _copy_database(cluster, name, EMPTY_TEMPLATE)
    except psycopg2.errors.InvalidCatalogName:
        _administer(cluster, "create database {} owner laurel", EMPTY_TEMPLATE)
        template = _database(cluster, EMPTY_TEMPLATE)
        with closing(connect(template.url)) as owner:
            warehouse.prepare(owner, template.reader_url, load_contracts())
        return _copy_database(cluster, name, EMPTY_TEMPLATE)


def _copy_database(cluster: Cluster, name: str, template: str) -> Database:
    _administer(cluster, "create database {} template {} owner laurel", name, template)
    database = _database(cluster, name)
    with closing(connect(database.url)) as owner, transaction(owner):
        grants.open_database(owner)
    return database


def _new_database(cluster: Cluster) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield _create_database(cluster, name)
    _administer(cluster, "drop database {} with (force)", name)


@pytest.fixture
def database(postgres: Cluster) -> Iterator[Database]:
    """A fresh warehouse for one test."""
    yield from _new_database(postgres)


@pytest.fixture(scope="module")
def module_database(postgres: Cluster) -> Iterator[Database]:
    """A fresh warehouse that the tests of one module share."""
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


def _with_bucket(settings: Settings) -> Settings:
    ObjectStore(settings).create_bucket()
    return settings


@pytest.fixture
def settings(database: Database, store_server: StoreServer, tmp_path: Path) -> Settings:
    """Settings of a whole fresh system, for one test: its own warehouse, its own (existing) bucket."""
    return _with_bucket(_new_settings(database, store_server, tmp_path))


@pytest.fixture(scope="module")
def module_settings(
    module_database: Database, store_server: StoreServer, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The same, shared by the tests of one module."""
    return _with_bucket(_new_settings(module_database, store_server, tmp_path_factory.mktemp("home")))


@dataclass(frozen=True)
class Modelled:
    """Copies of a system whose marts were built once, before anything arrived: what comes builds what it changes.

    To build everything takes dbt twenty seconds. A copy has the original's name, so that what dbt has parsed fits;
    therefore there can be one at a time.
    """

    original: Settings
    cluster: Cluster
    server: StoreServer

    @contextmanager
    def copy(self, home: Path) -> Iterator[Settings]:
        """One that goes with the block, unless it was renamed."""
        settings = _new_settings(_copy_database(self.cluster, MODELLED, MODELLED_TEMPLATE), self.server, home)
        shutil.copytree(self.original.home / "dbt", home / "dbt")
        original, store = ObjectStore(self.original), ObjectStore(settings)
        store.create_bucket()
        for key in original.keys(""):
            with original.open(key) as stored:
                store.put(key, io.BytesIO(stored.read()))
        yield settings
        _administer(self.cluster, "drop database if exists {} with (force)", MODELLED)

    def renamed(self, settings: Settings, name: str) -> Settings:
        """The copy under a name of its own, which makes room for the next; nobody may be connected."""
        _administer(self.cluster, "alter database {} rename to {}", MODELLED, name)
        database = _database(self.cluster, name)
        return replace(settings, database_url=database.url, reader_database_url=database.reader_url)


@pytest.fixture(scope="session")
def modelled(postgres: Cluster, store_server: StoreServer, tmp_path_factory: pytest.TempPathFactory) -> Modelled:
    """Where copies of a modelled system come from."""
    home = tmp_path_factory.mktemp("modelled")
    settings = _with_bucket(_new_settings(_create_database(postgres, MODELLED), store_server, home))
    assert transform(settings) is not None
    _administer(postgres, "alter database {} rename to {}", MODELLED, MODELLED_TEMPLATE)
    return Modelled(settings, postgres, store_server)


@pytest.fixture(scope="module")
def modelled_settings(modelled: Modelled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A modelled system that the tests of one module share."""
    with modelled.copy(tmp_path_factory.mktemp("home")) as settings:
        yield settings


@pytest.fixture
def object_store(settings: Settings) -> ObjectStore:
    """The bucket of `settings`."""
    return ObjectStore(settings)
