"""The service `init`: roles, databases, schemas, bucket and demo accounts. Safe to repeat; runs at every `up`."""

import os
import subprocess
from contextlib import closing
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import parse_dsn

from containers import airflow_processes
from containers.variables import required
from containers.waiting import accepts, wait_until
from elt.contracting.contract import load_contracts
from elt.database import MIGRATIONS, connect
from elt.errors import Unavailable
from elt.settings import Settings
from elt.store import ObjectStore
from elt.warehouse import prepare as prepare_warehouse
from stack import airflow
from stack.databases import ensure_database, ensure_roles, let_create_roles
from stack.starting import ensure_demo_accounts


class PreparationFailed(Exception):
    """A step of the preparation did not work; what it printed stands above."""


def prepare() -> None:
    """Bring both databases and the store up to this version. Raises PreparationFailed, TimeoutError, LaurelError."""
    settings = Settings.from_environment()
    airflow_url = required(airflow_processes.DATABASE_URL)
    _ensure_database(settings.database_url, reader_url=settings.reader_database_url)
    _ensure_database(airflow_url)
    store = ObjectStore(settings)
    wait_until("the object store", lambda: _has_bucket(store))
    with closing(connect(settings.database_url)) as connection:
        for name in prepare_warehouse(connection, settings.reader_database_url, load_contracts()):
            print(f"The warehouse: applied {name}.", flush=True)
    keys = os.environ.get("LAUREL_RESEARCHER_KEY"), os.environ.get("LAUREL_ADMIN_KEY")
    if keys[0] and keys[1]:
        ensure_demo_accounts(settings.database_url, keys[0], keys[1])
    print("The warehouse is ready. Airflow's database is next.", flush=True)
    environment = dict(os.environ) | airflow_processes.environment()
    if subprocess.run([airflow.COMMAND, "db", "migrate"], env=environment, check=False).returncode != 0:
        raise PreparationFailed("`airflow db migrate` failed.")
    print("All is ready.", flush=True)


def wait_for_warehouse(settings: Settings) -> None:
    """Returns once `prepare` has brought the warehouse to this version. Raises TimeoutError."""
    wait_until("the service init to prepare the warehouse", lambda: _is_current(settings.database_url))


def _ensure_database(owner_url: str, reader_url: str | None = None) -> None:
    """The database of a URL, its owner and its reader, made by the server's superuser."""
    owner = parse_dsn(owner_url)
    password = quote(required("LAUREL_POSTGRES_PASSWORD"), safe="")
    superuser_url = f"postgresql://postgres:{password}@{owner['host']}:{owner['port']}/postgres"
    wait_until(f"Postgres at {owner['host']}", lambda: accepts(superuser_url))
    logins = [parse_dsn(url) for url in (owner_url, reader_url) if url]
    ensure_roles(superuser_url, {login["user"]: login["password"] for login in logins})
    if reader_url:
        let_create_roles(superuser_url, owner["user"])
    ensure_database(superuser_url, owner["dbname"], readers=[login["user"] for login in logins[1:]])


def _has_bucket(store: ObjectStore) -> bool:
    try:
        store.create_bucket()
    except Unavailable:
        return False
    return True


def _is_current(database_url: str) -> bool:
    try:
        with closing(psycopg2.connect(database_url, connect_timeout=5)) as connection, connection.cursor() as cursor:
            cursor.execute("select name from public.schema_migration")
            applied = {name for (name,) in cursor.fetchall()}
    except psycopg2.Error:
        return False
    return {path.name for path in MIGRATIONS.glob("*.sql")} <= applied
