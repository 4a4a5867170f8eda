"""Postgres or the store goes away, before or in the middle: 503, nothing half kept, and it works again afterwards."""

import dataclasses
import io
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from flask import Flask

from backend.app import create_app
from elt.database import connect
from elt.settings import Settings
from elt.store import ObjectStore
from stack import object_store as rclone
from stack import ports

UPLOAD = "/api/v1/datasets/laurel/students/submissions"
Students = Callable[..., bytes]


class Interrupting(io.BytesIO):
    """A body that does something once, while it is read, after so many bytes."""

    def __init__(self, content: bytes, after: int, action: Callable[[], None]) -> None:
        super().__init__(content)
        self._after = after
        self._action: Callable[[], None] | None = action

    def read(self, size: int | None = -1, /) -> bytes:
        if self._action and self.tell() >= self._after:
            self._action()
            self._action = None
        return super().read(size)


def _assert_unavailable(response: Any, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (503, code)
    assert response.mimetype == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0
    for secret in ("psycopg2", "Traceback", "127.0.0.1", "password", "boto"):
        assert secret not in response.text


@pytest.fixture
def closed_port() -> str:
    """A port where nothing listens."""
    return f"127.0.0.1:{ports.any_free()}"


def test_a_store_that_takes_calls_and_never_answers_is_named_before_a_watcher_gives_up(
    module_settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        hung = dataclasses.replace(module_settings, s3_endpoint=f"http://127.0.0.1:{mute.getsockname()[1]}")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(create_app(hung).test_client().get, "/readyz")
            answer = asked.result(timeout=30)  # far below the minute that an upload waits, three times over
    assert answer.status_code == 503
    assert answer.json["checks"]["store"] == "store_unavailable"


def test_without_postgres_every_call_is_503(app: Flask, module_settings: Settings, closed_port: str) -> None:
    away = dataclasses.replace(
        module_settings,
        database_url=f"postgresql://laurel:password@{closed_port}/laurel",
        reader_database_url=f"postgresql://laurel_reader:password@{closed_port}/laurel",
    )
    client = create_app(away).test_client()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and "GET" in (rule.methods or ()):
            path = re.sub(r"<uuid:\w+>", "0198a000-0000-7000-8000-000000000000", rule.rule)
            path = path.replace("<name>", "pass_rate").replace("<mart>", "fct_grade")
            path = path.replace("<dataset:dataset>", "laurel/students")
            path = re.sub(r"<any\((\w+)[^>]*>", r"\1", re.sub(r"<int:\w+>", "1", path))
            _assert_unavailable(client.get(path, headers={"Authorization": "Bearer key"}), "database_unavailable")
    _assert_unavailable(client.post(UPLOAD, headers={"Authorization": "Bearer key"}), "database_unavailable")
    told = client.get("/metrics")
    assert told.status_code == 200
    assert "\nlaurel_database_up 0.0\n" in told.text
    assert "\nlaurel_home_free_bytes " in told.text  # a full disk is what often keeps it away
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    _assert_unavailable(ready, "not_ready")
    assert ready.json is not None
    assert ready.json["checks"] == {
        "database": "database_unavailable",
        "reader": "database_unavailable",
        "store": "ok",
    }


def test_without_the_store_an_upload_is_503_and_leaves_nothing(
    module_settings: Settings, keys: dict[str, str], students: Students, closed_port: str
) -> None:
    away = dataclasses.replace(module_settings, s3_endpoint=f"http://{closed_port}")
    client = create_app(away).test_client()
    headers = {"Authorization": f"Bearer {keys['ada']}"}
    before = client.get("/api/v1/submissions", headers=headers).json  # the ledger still answers
    response = client.post(UPLOAD, headers=headers, data=students(), content_type="text/csv")
    _assert_unavailable(response, "store_unavailable")
    assert client.get("/api/v1/submissions", headers=headers).json == before
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["checks"] == {"database": "ok", "reader": "ok", "store": "store_unavailable"}


def test_a_download_without_the_store_is_503(
    ada: Any, module_settings: Settings, keys: dict[str, str], students: Students, closed_port: str
) -> None:
    id = ada.upload(students()).json["id"]
    away = dataclasses.replace(module_settings, s3_endpoint=f"http://{closed_port}")
    client = create_app(away).test_client()
    for name in ("file", "rejects"):
        path = f"/api/v1/submissions/{id}/{name}"
        response = client.get(path, headers={"Authorization": f"Bearer {keys['ada']}"})
        _assert_unavailable(response, "store_unavailable")


def test_connections_killed_under_us_are_replaced(lone_ada: Any, settings: Settings, students: Students) -> None:
    assert lone_ada.upload(students()).status_code == 201
    killer = connect(settings.database_url)
    with killer.cursor() as cursor:
        cursor.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and usename = current_user"
        )
        assert (cursor.fetchone() or (0,))[0] >= 1
    killer.close()
    assert lone_ada.upload(students()).status_code == 201


def test_postgres_going_away_in_the_middle_of_an_upload(
    lone_ada: Any, settings: Settings, database: Any, students: Students
) -> None:
    content = students(5000)
    administrator = psycopg2.connect(database.superuser_url.rsplit("/", 1)[0] + "/postgres")
    administrator.autocommit = True
    name = database.superuser_url.rsplit("/", 1)[1].split("?")[0]

    def go_away() -> None:
        with administrator.cursor() as cursor:
            cursor.execute(f'alter database "{name}" allow_connections false')
            cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])

    body = Interrupting(content, len(content) // 2, go_away)
    response = lone_ada.request("POST", UPLOAD, input_stream=body, content_type="text/csv")
    _assert_unavailable(response, "database_unavailable")
    with administrator.cursor() as cursor:
        cursor.execute(f'alter database "{name}" allow_connections true')
    administrator.close()
    assert lone_ada.get("/api/v1/submissions").json["submissions"] == []  # no 201, no promise
    assert lone_ada.upload(content).status_code == 201


@pytest.fixture
def mortal_store(tmp_path: Path) -> Iterator[tuple[dict[str, str], Callable[[], subprocess.Popen[bytes]]]]:
    """Settings of a store of this test's own, and what starts it (again)."""
    port = ports.any_free()
    directory = tmp_path / "s3"
    directory.mkdir()
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command, keys = rclone.command(directory, port), rclone.environment("testkey", "testsecret")
        running.append(subprocess.Popen(command, env=keys, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        rclone.wait_until_listening(port)
        return running[-1]

    yield {"s3_endpoint": rclone.endpoint(port), "s3_access_key": "testkey", "s3_secret_key": "testsecret"}, start
    for server in running:
        server.kill()
        server.wait()


def test_the_store_going_away_in_the_middle_of_an_upload(
    module_settings: Settings,
    keys: dict[str, str],
    students: Students,
    mortal_store: tuple[dict[str, str], Callable[[], subprocess.Popen[bytes]]],
) -> None:
    changes, start = mortal_store
    server = start()
    mine = dataclasses.replace(module_settings, **changes)  # type: ignore[arg-type]
    ObjectStore(mine).create_bucket()
    client = create_app(mine).test_client()
    headers = {"Authorization": f"Bearer {keys['ada']}"}
    content = students(2) + b"x" * 40 * 2**20  # several parts of a multipart upload

    def die() -> None:
        server.kill()
        server.wait()

    body = Interrupting(content, 24 * 2**20, die)
    before = client.get("/api/v1/submissions", headers=headers).json
    response = client.post(UPLOAD, headers=headers, input_stream=body, content_type="text/csv")
    _assert_unavailable(response, "store_unavailable")
    assert client.get("/api/v1/submissions", headers=headers).json == before
    start()
    assert list(ObjectStore(mine).keys("submissions/")) == []
    assert client.post(UPLOAD, headers=headers, data=content, content_type="text/csv").status_code == 201
