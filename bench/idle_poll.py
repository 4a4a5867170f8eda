"""What a poll with nothing to do costs once many files have been loaded, and what the API's listings do.

Makes a throw-away database beside the warehouse and fills its ledger with loaded submissions; the store is the stack's.
"""

import argparse
import dataclasses
import statistics
import time
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from backend.app import create_app
from elt import warehouse
from elt.access import accounts
from elt.contracting.contract import load_contracts
from elt.database import connect, transaction
from elt.polling import poll
from elt.settings import Settings
from elt.store import ObjectStore

DATABASE = "laurel_bench_poll"


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def listings(settings: Settings, repeats: int) -> None:
    """The pages that a researcher and an operator ask for, in this process: without a server's own time."""
    connection = connect(settings.database_url)
    with transaction(connection):
        key = accounts.add(connection, "bench", "administrator")
        with connection.cursor() as cursor:
            cursor.execute("update catalog.submission set account_id = (select max(account_id) from catalog.account)")
    connection.close()
    client = create_app(settings).test_client()
    for name, path in (
        ("submissions", "/api/v1/submissions?limit=200"),
        ("of one dataset", "/api/v1/submissions?dataset=laurel/students&limit=200"),
        ("with one status", "/api/v1/submissions?status=rejected"),
        ("datasets", "/api/v1/datasets"),
        ("metrics", "/metrics"),
    ):
        taken = []
        for _ in range(repeats + 1):
            started = time.perf_counter()
            answer = client.get(path, headers={"Authorization": f"Bearer {key}"})
            taken.append(time.perf_counter() - started)
            if answer.status_code != 200:
                raise SystemExit(f"{path} was answered with {answer.status_code}: {answer.text}")
        print(f"  {name:<22} {statistics.median(taken[1:]):.3f} s ({max(taken[1:]):.3f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--polls", type=int, default=10)
    parser.add_argument("--superuser-url", help="who may create a database, where LAUREL_DATABASE_URL's role may not")
    options = parser.parse_args()
    real = Settings.from_environment()
    admin = psycopg2.connect(options.superuser_url or real.database_url)
    admin.autocommit = True
    admin.cursor().execute(f"create database {DATABASE}")
    settings = dataclasses.replace(
        real,
        database_url=with_database(options.superuser_url or real.database_url, DATABASE),
        reader_database_url=with_database(real.reader_database_url, DATABASE),
    )
    try:
        connection = connect(settings.database_url)
        warehouse.prepare(connection, settings.reader_database_url, load_contracts())
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "insert into catalog.submission (dataset_id, status, object_key, filename, sha256, byte_count) "
                "select 'laurel/students', 'modelled', 'submissions/' || n, n || '.csv', md5(n::text), 1000 "
                "from generate_series(1, %s) as n",
                [options.files],
            )
            cursor.execute("analyze catalog.submission")
        connection.close()
        store = ObjectStore(settings)
        taken = []
        for _ in range(options.polls):
            started = time.perf_counter()
            poll(settings, store, load_contracts())
            taken.append(time.perf_counter() - started)
        print(f"{options.files:,} files loaded: median (worst) of {options.polls}")
        print(f"  idle poll              {statistics.median(taken):.3f} s ({max(taken):.3f} s)")
        listings(settings, options.polls)
    finally:
        admin.cursor().execute(f"drop database {DATABASE} with (force)")


if __name__ == "__main__":
    main()
