"""What taking back one submission costs in raw, by how many others lie beside it.

Makes a throw-away database beside the warehouse, and in it the same table twice: of few submissions, and of many.
"""

import argparse
import dataclasses
import statistics
import time
from collections.abc import Mapping

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from bench.idle_poll import with_database
from elt import warehouse
from elt.contracting.contract import Contract, load_contracts
from elt.database import connect, transaction
from elt.loading import raw_tables
from elt.settings import Settings
from elt.versioning import retracting

DATABASE = "laurel_bench_retract"
DATASET = "laurel/students"


def fill(connection: Connection, contract: Contract, submissions: int, rows: int) -> None:
    """An emptied table with so many submissions of so many rows each, in the order in which they would arrive."""
    text = sql.SQL("left(md5((s * 100000 + n)::text), 12)")
    values = [text if field.postgres_type == "text" else sql.SQL("null") for field in contract.fields]
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(sql.SQL("truncate {}").format(raw_tables.table(contract)))
        cursor.execute("truncate catalog.submission restart identity cascade")
        cursor.execute(
            "insert into catalog.submission (dataset_id, status, object_key, filename, sha256, byte_count) "
            "select %s, 'loaded', 'submissions/' || s, s || '.csv', md5(s::text), 1 from generate_series(1, %s) as s",
            [DATASET, submissions],
        )
        cursor.execute(
            sql.SQL(
                "insert into {} ({}) select s, n, {} from generate_series(1, %s) as s, generate_series(1, %s) as n"
            ).format(raw_tables.table(contract), raw_tables.columns(contract), sql.SQL(", ").join(values)),
            [submissions, rows],
        )
    connection.autocommit = True
    with connection.cursor() as cursor:  # as autovacuum leaves it
        cursor.execute(sql.SQL("vacuum analyze {}").format(raw_tables.table(contract)))
    connection.autocommit = False


def pages_touched(connection: Connection, contract: Contract, submission_id: int) -> int:
    """Pages of table and index that the removal looks at or changes: the same on a busy machine as on a quiet one."""
    with connection.cursor() as cursor:
        statement = "explain (analyze, buffers, format json) delete from {} where _submission_id = %s"
        cursor.execute(sql.SQL(statement).format(raw_tables.table(contract)), [submission_id])
        ((plans,),) = cursor.fetchall()
    connection.rollback()
    return int(plans[0]["Plan"]["Shared Hit Blocks"]) + int(plans[0]["Plan"]["Shared Read Blocks"])


def retract_some(
    connection: Connection, contracts: Mapping[str, Contract], submissions: int, times: int
) -> list[float]:
    """Seconds of each of so many retractions, spread over the table."""
    taken = []
    for number in range(1, times + 1):
        submission_id = number * submissions // (times + 1) + 1
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(
                "update catalog.submission set status = 'retracting' where submission_id = %s", [submission_id]
            )
        started = time.perf_counter()
        removed = retracting.retract(connection, contracts, submission_id, DATASET)
        taken.append(time.perf_counter() - started)
        if not removed:
            raise SystemExit("The retraction removed nothing.")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="of each submission")
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--superuser-url", help="who may create a database, where LAUREL_DATABASE_URL's role may not")
    options = parser.parse_args()
    real = Settings.from_environment()
    url = options.superuser_url or real.database_url
    admin = psycopg2.connect(url)
    admin.autocommit = True
    admin.cursor().execute(f"create database {DATABASE}")
    settings = dataclasses.replace(
        real,
        database_url=with_database(url, DATABASE),
        reader_database_url=with_database(real.reader_database_url, DATABASE),
    )
    try:
        contracts = load_contracts()
        connection = connect(settings.database_url)
        warehouse.prepare(connection, settings.reader_database_url, contracts)
        medians = []
        for submissions in (options.few, options.many):
            fill(connection, contracts[DATASET], submissions, options.rows)
            pages = pages_touched(connection, contracts[DATASET], submissions // 2)
            taken = retract_some(connection, contracts, submissions, options.times)
            medians.append(statistics.median(taken))
            print(
                f"1 of {submissions:>5} submissions of {options.rows:,} rows: "
                f"median {medians[-1] * 1000:.1f} ms (worst {max(taken) * 1000:.1f} ms), {pages:,} pages"
            )
        print(f"ratio {medians[1] / medians[0]:.2f}")
        connection.close()
    finally:
        admin.cursor().execute(f"drop database {DATABASE} with (force)")


if __name__ == "__main__":
    main()
