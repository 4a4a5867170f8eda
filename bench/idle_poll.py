"""What a poll with nothing to do costs once many files have been loaded.

Makes a throw-away database beside the warehouse and fills its ledger with loaded submissions; the store is the stack's.
"""

import argparse
import dataclasses
import statistics
import time
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from elt import warehouse
from elt.contract import load_contracts
from elt.database import connect
from elt.polling import poll
from elt.settings import Settings
from elt.store import ObjectStore

DATABASE = "laurel_bench_poll"


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
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
        warehouse.prepare(connection, settings, load_contracts())
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
        print(
            f"{options.files:,} files loaded: an idle poll takes "
            f"{statistics.median(taken):.3f} s (worst {max(taken):.3f} s)"
        )
    finally:
        admin.cursor().execute(f"drop database {DATABASE} with (force)")


if __name__ == "__main__":
    main()
