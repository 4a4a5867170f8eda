"""The clock of a running Postgres, which is the ledger's only clock, is put back by two days: nobody waits for it."""

import io
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elt import ledger
from elt.dry_runs import ledger as dry_run_ledger
from elt.dry_runs import making as dry_runs
from elt.errors import Unavailable
from elt.fixing.receiving import receive_fix
from elt.ledger import Incoming
from elt.loading.submissions import load
from elt.store import ObjectStore
from stack import ports
from stack.databases import create_roles
from stack.postgres import Cluster, service_identity
from tests.integration import conftest as servers
from tests.integration.pipeline import STUDENTS, Pipeline, csv_file, students

LIBRARIES = [*Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), *Path("/usr/lib").glob("faketime/libfaketime.so.1")]


@dataclass
class Clock:
    """What libfaketime reads at every look at the time."""

    file: Path

    def shift(self, offset: str) -> None:
        """`+2d`: two days ahead; `+0`: the true time."""
        self.file.write_text(offset + "\n")


@pytest.fixture(scope="module")
def clock(scratch_directory: Path) -> Clock:
    """Two days ahead."""
    if not LIBRARIES:
        pytest.skip("libfaketime is not installed. Debian: apt-get install libfaketime")
    clock = Clock(scratch_directory / "clock")
    clock.shift("+2d")
    return clock


@pytest.fixture(scope="module")
def pipeline(
    clock: Clock,
    scratch_directory: Path,
    store_server: servers.StoreServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pipeline]:
    """A pipeline on a Postgres of its own that lives by this clock."""
    cluster = Cluster(scratch_directory / "clock-postgres", ports.any_free(), secrets.token_hex(16))
    cluster.create()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock.file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    server = subprocess.Popen(
        cluster.command(), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **service_identity()
    )
    try:
        cluster.wait_until_ready()
        create_roles(cluster.url("postgres"), *[servers.OWNER_PASSWORD] * 3)
        for database in servers._new_database(cluster):
            settings = servers._new_settings(database, store_server, tmp_path_factory.mktemp("home"))
            piped = Pipeline.of(servers._with_bucket(settings))
            yield piped
            piped.pool.close()
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_what_waited_for_a_later_try_is_loaded_when_the_clock_is_put_back(pipeline: Pipeline, clock: Clock) -> None:
    early = pipeline.send(students("A1")).submission
    assert early.received_at > datetime.now(UTC) + timedelta(days=1)
    pipeline.poll()
    put_off = pipeline.send(students("B1")).submission
    away = ObjectStore(replace(pipeline.settings, s3_endpoint="http://127.0.0.1:1"))
    with pipeline.pool.connection() as connection, pytest.raises(Unavailable):
        load(connection, away, pipeline.contracts[STUDENTS], put_off.submission_id)
    assert pipeline.status(put_off) == "failed"

    clock.shift("+0")

    later = pipeline.send(students("A1", "C1")).submission
    assert later.received_at < early.received_at  # so says the clock; the numbers know better
    pipeline.poll()
    assert [pipeline.status(one) for one in (early, put_off, later)] == ["loaded"] * 3
    assert pipeline.student_ids() == ["A1", "A1", "B1", "C1"]


def test_corrections_and_dry_runs_that_waited_go_on_when_the_clock_is_put_back(
    pipeline: Pipeline, clock: Clock
) -> None:
    clock.shift("+2d")
    submission = pipeline.send(students(*(f"S{number}" for number in range(30)), "")).submission
    pipeline.poll()
    rejects = csv_file(STUDENTS, [{"Student ID": "S30"}]).decode().splitlines()
    fix = io.BytesIO(f"_line,{rejects[0]}\r\n32,{rejects[1]}\r\n".encode())
    contract = pipeline.contracts[STUDENTS]
    with pipeline.pool.connection() as connection:
        now = ledger.get(connection, submission.id)
    receive_fix(pipeline.pool, pipeline.store, contract, now, pipeline.account_id, fix, "fix.csv", 10**6)
    tried = Incoming(STUDENTS, pipeline.account_id, "tried.csv")
    dry_runs.receive(pipeline.pool, pipeline.store, pipeline.contracts, io.BytesIO(students("T1")), tried, 10**6)
    for table in ("fix", "dry_run"):
        pipeline.query(f"update catalog.{table} set next_attempt_at = now() + interval '10 s'")  # noqa: S608
    assert pipeline.poll().fixed == 0
    with pipeline.pool.connection() as connection:
        assert not dry_run_ledger.is_due(connection)

    clock.shift("+0")

    assert pipeline.poll().fixed == 1
    with pipeline.pool.connection() as connection:
        assert dry_run_ledger.is_due(connection)
        assert dry_run_ledger.claim(connection)
