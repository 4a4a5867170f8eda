"""Clients of the upload API: in the process, and over a real gunicorn."""

import csv
import io
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from urllib3.filepost import encode_multipart_formdata
from werkzeug.test import TestResponse

from backend.app import create_app
from elt.access import accounts
from elt.access.sessions import open_session
from elt.contracting.contract import load_contracts
from elt.database import connect, transaction
from elt.polling import poll
from elt.settings import Settings
from elt.store import ObjectStore
from stack import ports

ACCOUNTS = {"ada": "researcher", "bola": "researcher", "principal": "administrator"}
STUDENTS = "laurel/students"
UPLOAD = f"/api/v1/datasets/{STUDENTS}/submissions"


@dataclass
class Client:
    """Somebody with a key, talking to the application in this process."""

    flask: FlaskClient
    key: str | None
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, **named: Any) -> TestResponse:
        key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return self.flask.open(path, method=method, headers={**key, **(headers or {})}, **named)

    def get(self, path: str, **named: Any) -> TestResponse:
        return self.request("GET", path, **named)

    def upload(self, content: bytes, filename: str = "students.csv", **named: Any) -> TestResponse:
        return self.send("POST", UPLOAD, content, filename, **named)

    def send(self, method: str, path: str, content: bytes, filename: str = "x.csv", **named: Any) -> TestResponse:
        """A form with the file, written as requests writes it (werkzeug's client spoils that of an empty file)."""
        body, content_type = encode_multipart_formdata({"file": (filename, content)})
        return self.request(method, path, data=body, content_type=content_type, **named)


def students(rows: int = 3, **changes: str) -> bytes:
    """A file of the students contract, different at each call; `changes` go to the second line of data."""
    contract = load_contracts()[STUDENTS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f.name for f in contract.fields]
    writer.writerow(names)
    for number in range(rows):
        row = {f.name: f.example for f in contract.fields} | {"Student ID": f"LHS-{uuid.uuid4().hex[:12]}"}
        writer.writerow((row | changes if number == 1 else row)[name] for name in names)
    return text.getvalue().encode()


@pytest.fixture(scope="session", name="students")
def students_fixture() -> Callable[..., bytes]:
    """`students(rows, **changes)`: a file of the students contract, different at each call."""
    return students


def add_accounts(settings: Settings) -> dict[str, str]:
    """The key of each of ACCOUNTS, freshly made in this warehouse."""
    connection = connect(settings.database_url)
    with transaction(connection):
        keys = {name: accounts.add(connection, name, role) for name, role in ACCOUNTS.items()}
    connection.close()
    return keys


@pytest.fixture(scope="module")
def keys(module_settings: Settings) -> dict[str, str]:
    """Key by account name, in the module's warehouse."""
    return add_accounts(module_settings)


@pytest.fixture(scope="module")
def app(module_settings: Settings) -> Flask:
    """The application on the module's warehouse and bucket."""
    return create_app(module_settings)


def signed_in(app: Flask, settings: Settings, name: str) -> FlaskClient:
    """A browser in which somebody of ACCOUNTS has signed in; its forms carry `csrf_token=token`."""
    connection = connect(settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select account_id from catalog.account where name = %s", [name])
        ((account_id,),) = cursor.fetchall()
        token = open_session(connection, account_id)
    connection.close()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(token=token, name=name, csrf_token="token")
    return client


@pytest.fixture
def ada(app: Flask, keys: dict[str, str]) -> Client:
    """A researcher."""
    return Client(app.test_client(), keys["ada"])


@pytest.fixture
def bola(app: Flask, keys: dict[str, str]) -> Client:
    """Another researcher."""
    return Client(app.test_client(), keys["bola"])


@pytest.fixture
def principal(app: Flask, keys: dict[str, str]) -> Client:
    """An administrator."""
    return Client(app.test_client(), keys["principal"])


@pytest.fixture
def stranger(app: Flask) -> Client:
    """Somebody without a key."""
    return Client(app.test_client(), None)


@pytest.fixture
def lone_ada(settings: Settings) -> Client:
    """A researcher on a warehouse and bucket that only this test has, to break as it likes."""
    return Client(create_app(settings).test_client(), add_accounts(settings)["ada"])


@pytest.fixture(scope="module")
def load_all(module_settings: Settings) -> Callable[[], None]:
    """Loads whatever waits in the module's warehouse, as `ingest` does."""
    return lambda: (poll(module_settings, ObjectStore(module_settings), load_contracts()), None)[1]


@dataclass(frozen=True)
class Server:
    """A running gunicorn with one worker."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def worker(self) -> int:
        """Process id of the worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])


@pytest.fixture(scope="module")
def server(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application under gunicorn, as it is served."""
    port = ports.any_free()
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    environment = {
        **os.environ,
        "LAUREL_DATABASE_URL": module_settings.database_url,
        "LAUREL_READER_DATABASE_URL": module_settings.reader_database_url,
        "LAUREL_S3_ENDPOINT": str(module_settings.s3_endpoint),
        "LAUREL_S3_BUCKET": module_settings.s3_bucket,
        "LAUREL_S3_ACCESS_KEY": module_settings.s3_access_key,
        "LAUREL_S3_SECRET_KEY": module_settings.s3_secret_key,
        "LAUREL_SESSION_SECRET": module_settings.session_secret,
        "LAUREL_HOME": str(module_settings.home),
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{ports.LOOPBACK}:{port}", "--worker-class", "gthread"]
    command += ["--threads", "16", "--access-logfile", "-", "--no-control-socket", "backend.app:create_app()"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    running = Server(f"http://{ports.LOOPBACK}:{port}", port, process, log)
    try:
        _wait_until_alive(running, log)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_alive(server: Server, log: Path) -> None:
    deadline = time.monotonic() + 120  # a busy machine may take its time to import everything
    while time.monotonic() < deadline:
        assert server.process.poll() is None, log.read_text()
        try:
            requests.get(f"{server.url}/healthz", timeout=5).raise_for_status()
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text())
