"""The verbs of ./start.sh that need no running stack."""

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg2
import pytest
import requests

from elt.errors import Unavailable
from stack import failures, verbs
from stack.__main__ import VERBS, main
from stack.home import REPOSITORY, Home
from stack.ports import DEFAULTS, FILE, any_free, to_text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A stopped stack whose logs are not in its state directory, as in a checkout."""
    place = Home(tmp_path / "state", tmp_path / "logs")
    place.create()
    place.private_file(FILE, to_text({name: any_free() for name in DEFAULTS}))
    monkeypatch.setattr(Home, "from_environment", lambda: place)
    return place


def test_every_verb_of_the_list_does_something() -> None:
    known = verbs.parser().format_help()
    assert all(f"    {name} " in known for name in VERBS)
    for name in VERBS.keys() - {"user", "load"}:
        assert verbs.parser().parse_args([name]).verb == name


def test_the_list_of_verbs_needs_no_installation() -> None:
    bare = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(REPOSITORY)!r}); import stack.verbs"]
    subprocess.run(bare, check=True)


@pytest.mark.parametrize("verb", ["status", "stop", "env", "user"])
def test_where_nothing_was_started_nothing_is_installed(tmp_path: Path, verb: str) -> None:
    environment = os.environ | {"LAUREL_HOME": str(tmp_path / "new")}
    done = subprocess.run([REPOSITORY / "start.sh", verb], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == verbs.NOT_RUNNING
    assert done.stderr == "Laurel was never started here. `./start.sh` starts it.\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", ["user list", "psql", "load district"])
def test_what_needs_a_running_stack_says_so(home: Home, capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert main(words.split()) == 1
    assert capsys.readouterr().err.strip() == "Laurel is not running. `./start.sh` starts it."


def test_reset_deletes_data_accounts_and_logs_but_nothing_installed(home: Home) -> None:
    for path in (
        home.logs / "airflow",
        home.path / "s3" / "laurel",
        home.path / "postgres" / "data",
        home.path / "venv",
    ):
        path.mkdir(parents=True)
        (path / "file").touch()
    for path in (home.logs / "backend.log", home.logs / ".gitkeep", home.path / "secrets.json.new"):
        path.touch()
    assert main(["reset", "--yes"]) == 0
    assert {path.name for path in home.logs.iterdir()} == {".gitkeep"}
    assert {path.name for path in home.path.iterdir()} == {"venv", "start.lock"}
    assert (home.path / "venv" / "file").exists()


def test_reset_does_without_logs_that_somebody_deleted(home: Home) -> None:
    home.logs.rmdir()
    assert main(["reset", "--yes"]) == 0
    assert not (home.path / FILE).exists()


@pytest.mark.parametrize("words", [["stop"], ["reset", "--yes"]])
def test_stop_and_reset_wait_for_a_start_that_is_at_work(home: Home, words: list[str]) -> None:
    codes: list[int] = []
    other = threading.Thread(target=lambda: codes.append(main(words)))
    with (home.path / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()
        assert (home.path / FILE).exists()
    other.join(timeout=30)
    assert codes == [0]


@pytest.mark.parametrize(
    "error",
    [
        psycopg2.errors.CheckViolation("Failing row contains (Ada Obi)."),
        requests.ConnectionError("http://laurel:Ada@127.0.0.1"),
        subprocess.CalledProcessError(2, ["/bin/initdb", "Ada"]),
    ],
)
def test_a_failed_start_says_what_failed_and_quotes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setitem(VERBS, "up", fail)
    assert main([]) == 1
    told = capsys.readouterr().err
    assert len(told.strip().splitlines()) == 1
    assert "Ada" not in told


def test_an_error_of_ours_is_told_with_its_remedy() -> None:
    error = Unavailable("database_unavailable", "The database did not answer.", remedy="Try again.")
    assert failures.in_words(error) == "The database did not answer. Try again."
