"""Disks that are really full: small file systems under Postgres, under the store, and under the loader's spool."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import requests

from tests.faults import truths
from tests.faults.clients import Client
from tests.faults.files import students_file
from tests.faults.parts import Parts, PartsPlan, running_parts, wait_until
from tests.faults.rounds import Trial

MEBIBYTE = 2**20
SIZES = {"postgres": 320, "s3": 32, "spool": 4}  # mebibytes
LOADED_AGAIN_SECONDS = 180


class SmallDisks(PartsPlan):
    """Parts whose Postgres, store and temporary files have a small disk each."""

    def variables(self) -> dict[str, str]:
        return super().variables() | {"TMPDIR": str(self.home.path / "spool")}


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Running parts on small disks. Only root may mount them."""
    mounted: list[Path] = []

    def mount(home: Path) -> None:
        for name, size in SIZES.items():
            (home / name).mkdir()
            command = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=1777", "tmpfs", str(home / name)]
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                pytest.skip("A small file system cannot be mounted here: that takes root.")
            mounted.append(home / name)

    def unmount() -> None:
        for path in mounted:
            subprocess.run(["umount", str(path)], check=True)

    with running_parts(SmallDisks, before=mount, after=unmount) as running:
        yield running


@pytest.fixture(scope="module")
def small(disks: Parts) -> Trial:
    """A trial on small disks."""
    trial = Trial(disks, seed=1)
    trial.prepare()
    return trial


@contextmanager
def full(trial: Trial, disk: str, leave_kibibytes: int = 0) -> Iterator[None]:
    """Nothing but `leave_kibibytes` is free on this disk."""
    path = trial.parts.plan.home.path / disk / "ballast"
    free = os.statvfs(path.parent)
    path.write_bytes(b"")
    with path.open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, free.f_bavail * free.f_frsize - leave_kibibytes * 1024)
    try:
        yield
    finally:
        path.unlink()


def readiness(trial: Trial) -> dict[str, str]:
    return dict(requests.get(f"{trial.parts.plan.api_url}/readyz", timeout=30).json()["checks"])


def client(trial: Trial, patient: bool) -> Client:
    return Client(trial.parts.api, trial.parts.key, trial.book, patient)


def test_a_store_without_space_promises_nothing_and_takes_the_file_later(small: Trial) -> None:
    file = students_file(Random(0), "store-full", 20_000)
    with full(small, "s3"):
        assert client(small, patient=False).send(file) is None
        assert readiness(small)["store"] != "ok"
        assert truths.broken(small.parts, small.book) == []
    assert client(small, patient=True).send(file) is not None
    assert readiness(small)["store"] == "ok"
    assert small.settle() == []


@pytest.mark.parametrize("leave_kibibytes", [0, 1024])
def test_a_database_without_space_loads_when_there_is_some(small: Trial, leave_kibibytes: int) -> None:
    """With some space left for the ledger the file is promised; with none, Postgres may even be down meanwhile."""
    before = small.book.unanswered
    with full(small, "postgres", leave_kibibytes):
        sent = [
            client(small, patient=False).send(students_file(Random(n), f"{leave_kibibytes}-{n}", 25_000))
            for n in range(2)
        ]
        wait_until(lambda: has_noticed(small), 60, "/readyz tells that Postgres has no space")
    small.parts.wait_until_back()
    assert small.settle() == []
    assert [promise for promise in sent if promise] or small.book.unanswered == before + 2


def has_noticed(trial: Trial) -> bool:
    return readiness(trial)["database"] in ("database_full", "database_unavailable")


def test_a_loader_without_space_for_its_spool_says_so_and_loads_later(small: Trial) -> None:
    with full(small, "spool"):
        promise = client(small, patient=False).send(students_file(Random(0), "spool-full", 25_000))
        assert promise is not None
        select = "select status, error_code from catalog.submission where id = %s"
        wait_until(lambda: small.parts.query(select, [promise.id])[0][0] != "received", 30, "the file is tried")
        wait_until(lambda: small.parts.query(select, [promise.id])[0][0] != "loading", 30, "the try ends")
        assert small.parts.query(select, [promise.id]) == [("failed", "loader_disk_full")]
        assert truths.broken(small.parts, small.book) == []
    assert small.settle() == []
