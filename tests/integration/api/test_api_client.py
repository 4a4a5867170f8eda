"""python -m elt.client against a real server: resumes after a SIGKILL, renews URLs, and says what became of a file."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest

from elt import client
from elt.contracting.contract import load_contracts
from elt.database import Pool, connect, transaction
from elt.dry_runs import making as dry_run
from elt.receiving.assembling import Assembler
from elt.settings import Settings
from elt.store import ObjectStore

DATASET = "laurel/students"
MEBIBYTE = 2**20
Students = Callable[..., bytes]


@pytest.fixture
def environment(server: Any, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a researcher sets before calling the client."""
    ours = {"LAUREL_API_URL": server.url, "LAUREL_KEY": keys["ada"]}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **ours}


@pytest.mark.parametrize("threshold", ["0", "64"])
def test_a_refused_file_is_told_and_its_parts_removed(
    environment: dict[str, str], tmp_path: Path, module_settings: Settings, capsys: Any, threshold: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(b"a,b\n1,2\n" + threshold.encode())
    before = ObjectStore(module_settings).sizes("incoming/")
    assert client.main(["upload", DATASET, str(path), "--parts-above", threshold]) == 1
    assert "Student ID" in capsys.readouterr().err
    assert ObjectStore(module_settings).sizes("incoming/") == before


@pytest.mark.parametrize(("changes", "exit_code"), [({}, 0), ({"Age": "eleven"}, 3)])
@pytest.mark.parametrize("threshold", ["0", "64"])
def test_the_outcome_is_told(
    environment: dict[str, str],
    students: Students,
    tmp_path: Path,
    module_settings: Settings,
    load_all: Callable[[], None],
    capsys: Any,
    changes: dict[str, str],
    exit_code: int,
    threshold: str,
) -> None:
    path = tmp_path / "forty.csv"
    path.write_bytes(students(40, **changes))
    codes: list[int] = []
    arguments = ["upload", DATASET, str(path), "--parts-above", threshold, "--wait", "60"]
    thread = threading.Thread(target=lambda: codes.append(client.main(arguments)))
    thread.start()
    while thread.is_alive():
        load_all()
        connection = connect(module_settings.database_url)
        with transaction(connection), connection.cursor() as cursor:  # what a transform says in the end
            cursor.execute("update catalog.submission set status = 'modelled' where status = 'loaded'")
        connection.close()
        thread.join(0.2)
    printed = capsys.readouterr().out
    assert codes == [exit_code], printed
    assert f"40 read, {40 if exit_code == 0 else 39} loaded" in printed
    assert ("Age" in printed) == bool(changes)
    assert "eleven" not in printed


def test_a_dry_run_is_told_and_nothing_sent(
    environment: dict[str, str], students: Students, tmp_path: Path, module_settings: Settings, capsys: Any
) -> None:
    path = tmp_path / "looked_at.csv"
    path.write_bytes(students(40, Age="eleven"))
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(client.main(["upload", DATASET, str(path), "--dry-run"])))
    thread.start()
    store = ObjectStore(module_settings)
    with closing(Pool(module_settings.database_url, 1)) as pool:
        while thread.is_alive():
            dry_run.process(module_settings, store, load_contracts(), patience=0)
            thread.join(0.2)
        with pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("select from catalog.submission where filename = 'looked_at.csv'")
            assert cursor.rowcount == 0
    printed = capsys.readouterr().out
    assert codes == [3], printed
    assert "40 read, 39 would be loaded, 1 would be refused" in printed
    assert "rows: 39 new" in printed
    assert "Age" in printed
    assert "eleven" not in printed


def test_without_a_server_it_says_so(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 0)
    assert client.main(["upload", DATASET, str(path), "--api", "http://127.0.0.1:9"]) == 4
    assert "no answer" in capsys.readouterr().err


@pytest.fixture
def large(students: Students, tmp_path: Path) -> Path:
    """A file of six parts that no other test has sent."""
    start = students(2)
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(start)
        line = start.splitlines(keepends=True)[-1]
        block = line * (MEBIBYTE // len(line))
        for _ in range(90):
            file.write(block)
    return path


def _assemble(settings: Settings) -> int:
    """The part of a poll that makes submissions of uploads, without the loading."""
    connection, pool = connect(settings.database_url), Pool(settings.database_url, 1)
    try:
        return Assembler(
            connection, pool, ObjectStore(settings), load_contracts(), 2**40, lambda subject: nullcontext()
        ).assemble_waiting()
    finally:
        connection.close()
        pool.close()


@pytest.fixture
def assembling(module_settings: Settings) -> Iterator[None]:
    """Assembles whatever waits, again and again, as `ingest` would."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.2):
            _assemble(module_settings)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.mark.parametrize("threshold", ["0", "64"])
def test_a_mapping_and_an_encoding_go_with_the_file(
    environment: dict[str, str], students: Students, tmp_path: Path, threshold: str, assembling: None, capsys: Any
) -> None:
    path = tmp_path / "drifted.csv"
    header = f"Pupil {threshold}"  # a mapping is remembered, so each case needs its own
    path.write_bytes(students(3).replace(b"Student ID", header.encode(), 1))
    arguments = ["upload", DATASET, str(path), "--parts-above", threshold, "--wait", "0"]
    assert client.main(arguments) == 1
    arguments += ["--mapping", json.dumps({header: "Student ID"}), "--encoding", "windows-1252"]
    assert client.main(arguments) == 0
    id = capsys.readouterr().out.split()[-1].removesuffix(".")
    api = client.Api(environment["LAUREL_API_URL"], environment["LAUREL_KEY"])
    sent = api.call("GET", f"/api/v1/submissions/{id}").json()
    assert sent["header_mapping"] == {header: "Student ID"}
    assert sent["stated"] == {"encoding": "windows-1252"}


def test_a_killed_client_goes_on_where_it_was(
    environment: dict[str, str], large: Path, module_settings: Settings, server: Any, assembling: None
) -> None:
    store = ObjectStore(module_settings)
    command = [sys.executable, "-m", "elt.client", "upload", DATASET, str(large), "--wait", "0", "--parallel", "1"]
    first = subprocess.Popen(command, env=environment)
    deadline = time.monotonic() + 60
    while len(store.sizes("incoming/")) < 2:  # it stands still while it is looked at: a busy machine looks slowly
        assert first.poll() is None
        assert time.monotonic() < deadline
        first.send_signal(signal.SIGCONT)
        time.sleep(0.01)
        first.send_signal(signal.SIGSTOP)
    first.send_signal(signal.SIGKILL)
    first.wait()
    os.kill(server.worker(), signal.SIGKILL)  # the backend, too; its master starts another
    arrived = len(store.sizes("incoming/"))
    assert 2 <= arrived < 6
    second = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    assert f"Going on: {arrived} of 6 parts" in second.stdout
    with store.open(_object_key(module_settings)) as stored:
        assert stored.read() == large.read_bytes()
    third = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert "sent before" in third.stdout  # nothing is sent a second time


def _object_key(settings: Settings) -> str:
    connection = connect(settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute("select object_key from catalog.submission order by submission_id desc limit 1")
        (key,) = cursor.fetchone() or ("",)
    connection.close()
    return str(key)


def test_parts_that_had_arrived_are_not_sent_again(
    environment: dict[str, str], large: Path, module_settings: Settings, keys: dict[str, str]
) -> None:
    store, file = ObjectStore(module_settings), client.File.read(large)
    api = client.Api(environment["LAUREL_API_URL"], keys["ada"])
    begun = client._begin(api, DATASET, file, {}, {})
    prefix = f"incoming/{begun['id']}/"
    with client.progress("sending", file.size) as bar:
        while len(store.sizes(prefix)) < 2:  # the store may answer 500 to one of two that come at once at first
            client._send_page(begun["missing"][1:3], file, 2, bar)
    before = {key: store.state(key) for key in store.sizes(prefix)}
    assert len(before) == 2
    client._send_missing(api, begun["links"]["self"], file, 2)
    assert {key: store.state(key) for key in before} == before
    assert len(store.sizes(prefix)) == 6
    assert client._begin(api, DATASET, file, {}, {})["id"] == begun["id"]


def test_an_expired_url_is_renewed(
    environment: dict[str, str], large: Path, module_settings: Settings, keys: dict[str, str]
) -> None:
    store, file = ObjectStore(module_settings), client.File.read(large)
    api = client.Api(environment["LAUREL_API_URL"], keys["ada"])
    begun = client._begin(api, DATASET, file, {}, {})
    expired = [
        {**part, "url": store.presigned_put(f"incoming/{begun['id']}/{part['number']:05}", part["bytes"], 1)}
        for part in begun["missing"]
    ]
    time.sleep(2.1)
    with client.progress("sending", file.size) as bar:
        assert "HTTP status" in client._send_page(expired, file, 2, bar)
    assert store.sizes(f"incoming/{begun['id']}/") == {}
    client._send_missing(api, begun["links"]["self"], file, 2)
    assert len(store.sizes(f"incoming/{begun['id']}/")) == 6


def test_a_file_that_changes_meanwhile_is_not_sent(
    environment: dict[str, str], large: Path, keys: dict[str, str]
) -> None:
    file = client.File.read(large)
    api = client.Api(environment["LAUREL_API_URL"], keys["ada"])
    begun = client._begin(api, DATASET, file, {}, {})
    with large.open("ab") as opened:
        opened.write(b"one more line\n")
    with pytest.raises(client.GivenUp, match="was changed"):
        client._send_missing(api, begun["links"]["self"], file, 2)
