"""Disks that are really full: trial file systems under Postgres, under the store, and under the loader's spool."""

from pathlib import Path
from random import Random

import psycopg2
import pytest
import requests

from tests.faults import truths
from tests.faults.clients import Client
from tests.faults.disks import full
from tests.faults.files import students_file
from tests.faults.parts import wait_until
from tests.faults.rounds import Trial


@pytest.fixture
def home(trial: Trial) -> Path:
    """Where the disks are."""
    path = trial.parts.plan.home.path
    if not (path / "s3").is_mount():
        pytest.skip("A file system of its own cannot be mounted here: that takes root.")
    return path


def readiness(trial: Trial) -> dict[str, str]:
    return dict(requests.get(f"{trial.parts.plan.api_url}/readyz", timeout=30).json()["checks"])


def client(trial: Trial, patient: bool) -> Client:
    return Client(trial.parts.api, trial.parts.key, trial.book, patient)


def test_a_store_without_space_promises_nothing_and_takes_the_file_later(trial: Trial, home: Path) -> None:
    file = students_file(Random(0), "store-full", 20_000)
    with full(home / "s3"):
        assert client(trial, patient=False).send(file) is None
        assert readiness(trial)["store"] != "ok"
        assert truths.broken(trial.parts, trial.book) == []
    assert client(trial, patient=True).send(file) is not None
    wait_until(lambda: readiness(trial)["store"] == "ok", 15, "/readyz sees that there is space again")
    assert trial.settle() == []


@pytest.mark.parametrize("spare_kibibytes", [0, 1024])
def test_a_database_without_space_loads_when_there_is_some(trial: Trial, home: Path, spare_kibibytes: int) -> None:
    """With some space left for the ledger the file is promised; with none, Postgres may even be down meanwhile."""
    before = trial.book.unanswered
    with full(home / "postgres", spare_kibibytes):
        sent = [
            client(trial, patient=False).send(students_file(Random(n), f"{spare_kibibytes}-{n}", 25_000))
            for n in range(2)
        ]
        wait_until(lambda: has_noticed(trial), 60, "it is told that Postgres has no space")
    trial.parts.wait_until_back()
    assert trial.settle() == []
    # Promised, or told that it was not: nothing in between.
    assert sum(promise is not None for promise in sent) + trial.book.unanswered - before == len(sent)


def has_noticed(trial: Trial) -> bool:
    """By /readyz, where nothing can be written any more; in the ledger, where only the file is too large."""
    if readiness(trial)["database"] != "ok":
        return True
    try:
        return trial.parts.query("select 1 from catalog.submission where error_code = 'database_full'") != []
    except psycopg2.OperationalError:  # it went down since; /readyz will say so
        return False


def test_a_loader_without_space_for_its_spool_says_so_and_loads_later(trial: Trial, home: Path) -> None:
    with full(home / "spool"):
        promise = client(trial, patient=False).send(students_file(Random(0), "spool-full", 25_000))
        assert promise is not None
        select = "select status, error_code from catalog.submission where id = %s"
        wait_until(lambda: trial.parts.query(select, [promise.id])[0][0] != "received", 30, "the file is tried")
        wait_until(lambda: trial.parts.query(select, [promise.id])[0][0] != "loading", 30, "the try ends")
        assert trial.parts.query(select, [promise.id]) == [("failed", "loader_disk_full")]
        assert truths.broken(trial.parts, trial.book) == []
    assert trial.settle() == []
