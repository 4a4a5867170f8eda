"""What row-level security costs on a table like fct_resource_interaction: the same query, for each role, beside none.

    .run/venv/bin/python -m bench.servers .run/venv/bin/python -m bench.row_security

Rows are made up: students of the Open University's number, each with as many days. The policies are the ones that
publishing puts on the real table. Each role asks in turn, so that other work on the machine falls on all alike; nobody
reads in parallel workers, so that a ratio is one of work.
"""

import argparse
import os
import time
from contextlib import closing
from statistics import median

from psycopg2.extensions import connection as Connection

from elt import warehouse
from elt.access import accounts, policies
from elt.access.roles import Scope
from elt.contracting.contract import load_contracts
from elt.database import connect, transaction
from elt.settings import Settings

STUDENTS, SCHOOLS = 30_000, 5
OF_A_TEACHER = 120  # students
TABLE = "interaction"
QUERY = f"select interaction_date / 7 as week, count(*), sum(click_count) from marts_store.{TABLE} group by 1"  # noqa: S608
ONE = f"select sum(click_count) from marts_store.{TABLE} where student_key = md5('42')::uuid"  # noqa: S608
READERS = {
    "administrator": ("administrator", None),
    "principal of the whole source": ("principal", Scope("oulad")),
    f"principal of one of {SCHOOLS} schools": ("principal", Scope("other", "1")),
    f"teacher of {OF_A_TEACHER} students": ("teacher", Scope("other", "1", "T1")),
}


def build(connection: Connection, rows: int) -> None:
    """The table under its policies, and whose students are whose."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            f"""
            create table marts_store.{TABLE} as
            select
                'oulad'::text as source_system, md5((number %% {STUDENTS})::text)::uuid as student_key,
                md5('resource' || number %% 6000)::uuid as resource_key,
                (number / {STUDENTS})::integer as interaction_date,
                (number %% 7)::integer as click_count, 1 as submission_id
            from generate_series(1, %s) as number;
            create index on marts_store.{TABLE} (student_key);
            insert into access.tie (relation, kind, owner_key, student_key)
            select
                'bench', 'school', md5(row('other', (number %% {SCHOOLS})::text)::text)::uuid, md5(number::text)::uuid
            from generate_series(0, {STUDENTS - 1}) as number;
            insert into access.tie (relation, kind, owner_key, student_key)
            select 'bench', 'teacher', md5(row('other', 'T1')::text)::uuid, md5(number::text)::uuid
            from generate_series(1, {OF_A_TEACHER * SCHOOLS}, {SCHOOLS}) as number;
            """,  # noqa: S608 - numbers of ours
            [rows],
        )
        policies.protect(connection, "marts_store", TABLE, is_aggregate=False, is_private=False)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"vacuum analyze marts_store.{TABLE}, access.tie")
    connection.autocommit = False


def ask(connection: Connection, query: str, role: str | None, account_id: int | None) -> tuple[float, int]:
    """Seconds, and the rows counted; without a role as the table's owner, whom no policy binds."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("set local max_parallel_workers_per_gather = 0")
        if role:
            cursor.execute(f"set local role {policies.database_role(role)}")
            cursor.execute("set local laurel.account_id = %s", [str(account_id or "")])
        started = time.perf_counter()
        cursor.execute(query)
        found = cursor.fetchall()
        return time.perf_counter() - started, sum(row[1] for row in found) if len(found[0]) > 1 else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_500_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    settings = Settings.from_environment()
    with closing(connect(settings.database_url)) as owner, closing(connect(settings.reader_database_url)) as reader:
        warehouse.prepare(owner, settings.reader_database_url, load_contracts())
        build(owner, options.rows)
        asking: dict[str, tuple[Connection, str | None, int | None]] = {"no policy": (owner, None, None)}
        for label, (role, scope) in READERS.items():
            with transaction(owner):
                account = accounts.authenticate(owner, accounts.add(owner, label, role, scope))
            asking[label] = (reader, role, account.account_id if account else None)
        for name, query in (("every week's clicks", QUERY), ("one student's clicks", ONE)):
            taken: dict[str, list[float]] = {label: [] for label in asking}
            seen = dict.fromkeys(asking, 0)
            for _ in range(options.rounds):
                for label, (connection, asked_as, account_id) in asking.items():
                    seconds, seen[label] = ask(connection, query, asked_as, account_id)
                    taken[label].append(seconds)
            for label, times in taken.items():
                ratio = median(times) / median(taken["no policy"])
                print(f"{name:<22} {label:<32} {seen[label]:>12,} rows {1000 * median(times):>9.1f} ms   {ratio:5.2f}")
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
