"""The sample school, sent through the REST API as a researcher would send it."""

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import requests

from stack.home import REPOSITORY, Home

# Sent in this order, so that people are known before their grades.
FILES = ("students", "teachers", "parents", "academic_history", "survey")
STATE = "sample-school.state"
NEVER_MODELLED = ("rejected", "retracted", "replaced")  # `failed` is tried again
SEND_SECONDS = 600  # without a word of the API; the bytes themselves may take as long as they need


class SampleFailed(Exception):
    """A file of the sample school was not taken, or did not reach the marts."""


class Client:
    """The API, as one of the demo accounts sees it."""

    def __init__(self, api_url: str, key: str) -> None:
        self._api = f"{api_url}/api/v1"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def sees_nothing(self) -> bool:
        """Whether nothing was ever sent, as far as this account may know."""
        answer = self._session.get(f"{self._api}/submissions", params={"limit": 1}, timeout=30)
        answer.raise_for_status()
        return not answer.json()["submissions"]

    def send(self, path: Path) -> str:
        """Upload one CSV; returns its submission's id. Raises SampleFailed where it is not taken."""
        with path.open("rb") as file:
            answer = self._session.post(
                f"{self._api}/datasets/laurel/{path.stem}/submissions", files={"file": (path.name, file)}, timeout=120
            )
        if answer.status_code not in (200, 201):
            raise SampleFailed(f"{path.name} was answered with {answer.status_code}: {answer.text[:500]}")
        return str(answer.json()["id"])

    def send_bytes(self, dataset: str, filename: str, body: Iterable[bytes]) -> tuple[str, bool]:
        """Upload a CSV as it is read; returns its submission's id, and whether it is a new one. Raises SampleFailed."""
        answer = self._session.post(
            f"{self._api}/datasets/{dataset}/submissions",
            params={"filename": filename},
            data=body,
            headers={"Content-Type": "text/csv"},
            timeout=SEND_SECONDS,
        )
        if answer.status_code not in (200, 201):
            raise SampleFailed(f"{filename} was answered with {answer.status_code}: {answer.text[:500]}")
        return str(answer.json()["id"]), answer.status_code == 201

    def wait_until_modelled(self, ids: list[str], seconds: float) -> bool:
        """Whether all are in the marts in time. Raises SampleFailed where one never will be."""
        deadline = time.monotonic() + seconds
        for id in ids:
            while (status := self._status(id)) != "modelled":
                if status in NEVER_MODELLED:
                    raise SampleFailed(f"Submission {id} is {status}. Airflow's pages and `./start.sh logs` show more.")
                if time.monotonic() > deadline:
                    return False
        return True

    def _status(self, id: str) -> str:
        answer = self._session.get(f"{self._api}/submissions/{id}", params={"wait": 10}, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["status"])


def generate(home: Home, environment: dict[str, str]) -> Path:
    """Write the sample school's files; returns their directory."""
    directory = home.path / "sample-school"
    subprocess.run(
        [sys.executable, "-m", "elt.sample_school", "--out", str(directory)],
        env=environment,
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return directory


def was_begun(home: Home) -> bool:
    """Whether an earlier start began to send the files: what is in the warehouse may then be a part of them."""
    return (home.path / STATE).exists()


def was_sent(home: Home) -> bool:
    """Whether an earlier start saw all files in the marts, or the warehouse in use."""
    return was_begun(home) and (home.path / STATE).read_text() == "sent"


def remember_begun(home: Home) -> None:
    """From now on an interrupted start sends all files again; the API knows those it has."""
    home.private_file(STATE, "begun")


def remember_sent(home: Home) -> None:
    """From now on no start sends anything."""
    home.private_file(STATE, "sent")
