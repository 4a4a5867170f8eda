"""The supervisor, where it runs other programs than today's settings name."""

from pathlib import Path
from typing import Any

from stack import credentials
from stack.home import Home
from stack.plan import Plan
from stack.ports import DEFAULTS
from stack.supervisor import Supervisor


class Rpc:
    """What supervisord answers while it runs a server alone."""

    def __init__(self) -> None:
        self.supervisor = self
        self.stopped: list[str] = []

    def getState(self) -> dict[str, str]:  # noqa: N802 its own name
        return {"statename": "RUNNING" if "supervisord" not in self.stopped else "SHUTDOWN"}

    def getAllProcessInfo(self) -> list[dict[str, Any]]:  # noqa: N802
        return [{"name": "postgres", "statename": "STOPPED" if "postgres" in self.stopped else "RUNNING"}]

    def stopProcess(self, name: str, _: bool) -> None:  # noqa: N802
        self.stopped.append(name)

    def shutdown(self) -> None:
        self.stopped.append("supervisord")


def test_a_stack_that_was_started_with_other_settings_is_stopped(tmp_path: Path) -> None:
    place = Home(tmp_path, tmp_path / "logs")
    supervisor = Supervisor(Plan(place, dict(DEFAULTS), credentials.load_or_create(place), {}))
    rpc = supervisor._rpc = Rpc()
    supervisor.stop()
    assert rpc.stopped == ["postgres", "supervisord"]
