"""The supervisor, where it runs other programs than today's settings name."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stack import credentials
from stack.home import Home
from stack.plan import Plan
from stack.ports import DEFAULTS
from stack.supervisor import CONFIGURATION, Supervisor


class Rpc:
    """What supervisord answers while it runs a server alone."""

    def __init__(self, home: Path) -> None:
        words = [sys.executable, "-c", "import time; time.sleep(60)", str(home / CONFIGURATION)]
        self.process = subprocess.Popen(words)
        self.supervisor = self
        self.stopped: list[str] = []

    def getState(self) -> dict[str, str]:  # noqa: N802 its own name
        return {"statename": "RUNNING" if "supervisord" not in self.stopped else "SHUTDOWN"}

    def getAllProcessInfo(self) -> list[dict[str, Any]]:  # noqa: N802
        return [{"name": "postgres", "statename": "STOPPED" if "postgres" in self.stopped else "RUNNING"}]

    def stopProcess(self, name: str, _: bool) -> None:  # noqa: N802
        self.stopped.append(name)

    def getPID(self) -> int:  # noqa: N802
        return self.process.pid

    def shutdown(self) -> None:
        self.stopped.append("supervisord")


@pytest.fixture
def rpc(tmp_path: Path) -> Iterator[Rpc]:
    found = Rpc(tmp_path)
    yield found
    found.process.kill()
    found.process.wait()


def _supervisor(home: Path, rpc: Rpc) -> Supervisor:
    place = Home(home, home / "logs")
    found = Supervisor(Plan(place, dict(DEFAULTS), credentials.load_or_create(place), {}))
    found._rpc = rpc
    return found


def test_a_stack_that_was_started_with_other_settings_is_stopped(tmp_path: Path, rpc: Rpc) -> None:
    _supervisor(tmp_path, rpc).stop()
    assert rpc.stopped == ["postgres", "supervisord"]


def test_a_copy_leaves_the_stack_alone_that_it_is_a_copy_of(tmp_path: Path, rpc: Rpc) -> None:
    """With its ports and its password."""
    (tmp_path / "copy").mkdir()
    copy = _supervisor(tmp_path / "copy", rpc)
    assert _supervisor(tmp_path, rpc).is_running()
    assert not copy.is_running()
    copy.stop()
    assert rpc.stopped == []
