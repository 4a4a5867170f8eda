"""The whole stack, started as a user starts it, in a throw-away home."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsing import chromium

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Stack:
    """A running stack and what `./start.sh env` says about it."""

    home: Path
    variables: dict[str, str]

    @property
    def api_url(self) -> str:
        return self.variables["LAUREL_API_URL"]

    @property
    def airflow_url(self) -> str:
        return self.variables["AIRFLOW_URL"]

    @property
    def researcher_key(self) -> str:
        return self.variables["LAUREL_RESEARCHER_KEY"]

    @property
    def admin_key(self) -> str:
        return self.variables["LAUREL_ADMIN_KEY"]

    @property
    def database_url(self) -> str:
        return self.variables["LAUREL_DATABASE_URL"]

    @property
    def reader_database_url(self) -> str:
        return self.variables["LAUREL_READER_DATABASE_URL"]

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`./start.sh …` on this stack."""
        return run_start_sh(self.home, *words, check=check)


def run_start_sh(home: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """`./start.sh …` on the stack of a home."""
    environment = os.environ | {"LAUREL_HOME": str(home)}
    done = subprocess.run(
        [REPOSITORY / "start.sh", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout
    return done


def shell_variables(home: Path) -> dict[str, str]:
    """What a shell has after eval "$(./start.sh env)"."""
    script = 'eval "$("$0" env)"; env -0'
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LAUREL_HOME": str(home)}
    done = subprocess.run(["sh", "-c", script, REPOSITORY / "start.sh"], env=clean, capture_output=True, check=True)
    pairs = (line.partition("=") for line in done.stdout.decode().split("\0"))
    return {name: value for name, _, value in pairs if name.startswith(("LAUREL_", "AIRFLOW_"))}


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """A stack of its own with the sample school in its marts, on free ports."""
    home = Path(tempfile.mkdtemp(prefix="laurel-e2e-"))
    (home / "venv").symlink_to(sys.prefix)  # what runs these tests is installed already
    try:
        print(run_start_sh(home, "up").stdout)
        yield Stack(home, shell_variables(home))
    finally:
        run_start_sh(home, "stop", check=False)
        shutil.rmtree(home)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests, each of which opens a profile of its own in it."""
    with chromium() as opened:
        yield opened
