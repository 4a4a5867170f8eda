"""How the tasks end: what is ours is red at once and says no cell, what may pass is left to the retries."""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from elt.notifying import DUE_CHANNEL
from elt.settings import Settings
from stack import ports
from tests.integration.dags.programs import DAGS, command, environment
from tests.integration.pipeline import Pipeline, students


@dataclass
class Ended:
    """How a task's body ended, and everything it wrote."""

    raised: str | None
    message: str
    cause: str | None
    output: str


def run(dag: str, task: str, settings: Settings, home: Path) -> Ended:
    done = subprocess.run(
        command("run_task", str(DAGS), dag, task),
        env=environment(home, settings),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return Ended(**json.loads(done.stdout.splitlines()[-1]), output=done.stdout + done.stderr)


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline.of(settings)


@pytest.fixture
def due_signals(settings: Settings) -> Any:
    """A connection that listens for the signal to `transform`; call it for how many came."""
    connection = psycopg2.connect(settings.database_url)
    connection.autocommit = True
    connection.cursor().execute(f"listen {DUE_CHANNEL}")

    def received() -> int:
        connection.poll()
        count = len(connection.notifies)
        connection.notifies.clear()
        return count

    yield received
    connection.close()


def test_ingest_loads_says_what_and_wakes_transform(pipeline: Pipeline, due_signals: Any, tmp_path: Path) -> None:
    receipt = pipeline.send(students("A1", "A2"))
    ended = run("ingest", "load_waiting", pipeline.settings, tmp_path)
    assert ended.raised is None
    assert pipeline.student_ids() == ["A1", "A2"]
    assert f"({receipt.submission.id}): loaded, 2 lines read, 2 loaded, 0 rejected" in ended.output
    assert due_signals() == 1


def test_an_idle_ingest_wakes_nobody(pipeline: Pipeline, due_signals: Any, tmp_path: Path) -> None:
    assert run("ingest", "load_waiting", pipeline.settings, tmp_path).raised is None
    assert due_signals() == 0


def test_one_bad_submission_is_red_for_good_and_the_others_go_on(
    pipeline: Pipeline, due_signals: Any, tmp_path: Path
) -> None:
    lost = pipeline.send(students("A1"))
    pipeline.send(students("A2"))
    pipeline.store.delete(lost.submission.object_key)
    ended = run("ingest", "load_waiting", pipeline.settings, tmp_path)
    assert ended.raised == "AirflowFailException"
    assert "PollFailed" in ended.message
    assert pipeline.student_ids() == ["A2"]
    assert pipeline.status(lost.submission) == "failed"
    assert due_signals() == 1


def test_no_cell_reaches_the_log_when_postgres_quotes_one(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.query("alter table raw.laurel_students add check (student_id <> 'SECRET-7')")
    pipeline.send(students("SECRET-7"))
    ended = run("ingest", "load_waiting", pipeline.settings, tmp_path)
    assert ended.raised == "AirflowFailException"
    assert ended.cause is None
    assert "CheckViolation" in ended.output
    assert "elt/loading/submissions.py" in ended.output
    assert "SECRET-7" not in ended.output


@pytest.mark.parametrize(
    ("dag", "task"), [("ingest", "load_waiting"), ("transform", "build_marts"), ("dry_run", "make_receipts")]
)
def test_a_warehouse_that_is_away_is_left_to_the_retries(
    settings: Settings, dag: str, task: str, tmp_path: Path
) -> None:
    away = replace(settings, database_url=f"postgresql://laurel@127.0.0.1:{ports.any_free()}/laurel")
    ended = run(dag, task, away, tmp_path)
    assert ended.raised == "Unavailable"
    assert ended.cause is None
