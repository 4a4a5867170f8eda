"""Dry runs through real dbt: a receipt says what would change, is right about it, and nothing else stays."""

import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from elt import ledger
from elt.dry_runs import making as dry_run
from elt.dry_runs.ledger import DryRun, find
from elt.errors import LaurelError, NotFound
from elt.ledger import Incoming, Submission
from elt.reading.detecting import Stated
from elt.settings import Settings
from elt.transforming.dbt_build import PROJECT
from elt.transforming.mart_changes import changed_rows
from elt.transforming.run import transform
from tests.integration.dags.programs import environment
from tests.integration.pipeline import STUDENTS, Pipeline, csv_file, students

HISTORY = "laurel/academic_history"
IDS = [f"A{number}" for number in range(12)]


def grades(student_ids: Iterable[str], **others: str) -> bytes:
    return csv_file(HISTORY, [{"Student ID": id, "Teacher ID": "T1", **others} for id in student_ids])


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Pipeline:
    """Twelve students with one grade each, one teacher, all published."""
    pipeline = Pipeline.of(modelled_settings)
    pipeline.send(students(*IDS))
    pipeline.send(csv_file("laurel/teachers", [{"Teacher ID": "T1"}]), "laurel/teachers")
    pipeline.send(grades(IDS), HISTORY)
    pipeline.poll()
    assert transform(modelled_settings) is not None
    return pipeline


def send(
    pipeline: Pipeline, data: bytes, dataset: str = STUDENTS, replaces: Submission | None = None, **stated: str
) -> DryRun:
    """A dry run that waits."""
    incoming = Incoming(dataset, pipeline.account_id, "file.csv", replaces=replaces, stated=Stated(**stated))
    run = dry_run.receive(pipeline.pool, pipeline.store, pipeline.contracts, io.BytesIO(data), incoming, 10**8)
    assert run.status == "received"
    return run


def make(pipeline: Pipeline) -> int:
    return dry_run.process(pipeline.settings, pipeline.store, pipeline.contracts, patience=0)


def look(pipeline: Pipeline, run: DryRun) -> DryRun:
    with pipeline.pool.connection() as connection:
        found = find(connection, run.id)
    assert found is not None
    return found


def ask(
    pipeline: Pipeline, data: bytes, dataset: str = STUDENTS, replaces: Submission | None = None, **stated: str
) -> DryRun:
    """The settled dry run of a file."""
    run = send(pipeline, data, dataset, replaces, **stated)
    assert make(pipeline) == 1
    return look(pipeline, run)


def everything(pipeline: Pipeline) -> dict[str, Any]:
    """Every row of every table, view and sequence but those of the receipts themselves, and every stored object."""
    found: dict[str, Any] = {"objects": pipeline.object_keys()}
    for schema, name in pipeline.query(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema not in ('pg_catalog', 'information_schema') and table_name !~ '^dry_run' order by 1, 2"
    ):
        rows = pipeline.query(f'select row(t.*)::text from "{schema}"."{name}" as t order by 1')  # noqa: S608
        found[f"{schema}.{name}"] = [row for (row,) in rows]
    found["sequences"] = pipeline.query(
        "select schemaname, sequencename, last_value from pg_sequences where sequencename !~ '^dry_run' order by 1, 2"
    )
    return found


def marts(run: DryRun) -> dict[str, Any]:
    assert run.receipt is not None
    assert run.receipt["marts"]["status"] == "compared", run.receipt["marts"]
    return {mart.pop("name"): mart for mart in run.receipt["marts"]["changed"]}


def grains() -> dict[str, list[str]]:
    """The columns of each model's grain test; of a view on parts, which are tested in its place, what is stated."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PROJECT.glob("models/**/*.yml")]
    models = [model for document in documents for model in document.get("models", [])]
    stated = {
        model["name"]: model["config"]["meta"]["grain"]
        for model in models
        if "grain" in model.get("config", {}).get("meta", {})
    }
    return stated | {
        model["name"]: test["grain"]["arguments"]["columns"]
        for model in models
        for test in model.get("data_tests", [])
        if "grain" in test
    }


MARTS = "select schemaname, viewname from pg_views where schemaname in ('marts', 'marts_private') order by 1, 2"


def keep_marts(pipeline: Pipeline) -> list[tuple[str, str]]:
    """Copies of all marts as they are, in a schema `kept`."""
    found = pipeline.query(MARTS)
    pipeline.query("drop schema if exists kept cascade; create schema kept")
    for schema, name in found:
        pipeline.query(f'create table kept."{name}" as select * from "{schema}"."{name}"')  # noqa: S608
    return [(schema, name) for schema, name in found]


def really_changed(pipeline: Pipeline, kept: list[tuple[str, str]]) -> dict[str, Any]:
    """How the marts differ from their copies, by their grain: of those that do."""
    found, columns = {}, grains()
    with pipeline.pool.connection() as connection:
        for schema, name in kept:
            change = changed_rows(connection, ("kept", name), (schema, name), columns[name])
            if change.any:
                found[name] = change.as_dict()
    return found


def kpi_values(pipeline: Pipeline) -> dict[str, float]:
    return dict(pipeline.query("select kpi_name, kpi_value from marts.rpt_kpi"))


@contextmanager
def made_elsewhere(pipeline: Pipeline, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that makes what waits, as Airflow's task is one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "elt", "dry-runs"],
        env=environment(home, pipeline.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_dbt_builds(pipeline: Pipeline) -> None:
    deadline = time.monotonic() + 120
    while not pipeline.query("select 1 from pg_stat_activity where application_name = 'laurel_dry_run'"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_new_file(pipeline: Pipeline) -> None:
    before = everything(pipeline)
    run = ask(pipeline, students("A0", "A1", "N1", Stream="Arts"))
    assert (run.status, run.error_code) == ("done", None)
    assert run.receipt is not None
    assert run.receipt["rows"] == {"new": 1, "changed": 2, "unchanged": 0, "removed": 0, "columns": {"Stream": 2}}
    assert (run.lines_read, run.rows_accepted, run.rows_rejected) == (3, 3, 0)
    assert everything(pipeline) == before
    changed = marts(run)
    # The two who moved get a second period, whose key is the current one; the first period's is new.
    assert changed["dim_student"] == {"rows_before": 12, "rows_after": 15, "added": 3, "removed": 0, "changed": 2}
    assert "fct_grade" not in changed
    texts = [kpi["text"] for kpi in run.receipt["kpis"]]
    assert texts == ["Students: 12 → 13", "Students per teacher: 12.00 → 13.00"]


def test_a_file_that_would_break_the_marts(pipeline: Pipeline) -> None:
    # No file can do this, so a careless hand does: a row without its key, past the contract.
    pipeline.query(
        "insert into raw.laurel_academic_history (_submission_id, _line_number, student_id) "
        "select _submission_id, 999, student_id from raw.laurel_academic_history limit 1"
    )
    run = ask(pipeline, grades(["A0"], **{"Test Score": "30"}), HISTORY)
    pipeline.query("delete from raw.laurel_academic_history where _line_number = 999")
    assert run.status == "done"
    assert run.receipt is not None
    assert run.receipt["rows"]["changed"] == 1
    assert run.receipt["marts"]["status"] == "would_fail"
    assert all(failure["description"] for failure in run.receipt["marts"]["failures"])
    assert run.receipt["kpis"] is None


def test_one_that_is_killed_leaves_nothing_and_is_made_by_the_next(pipeline: Pipeline, tmp_path: Path) -> None:
    before = everything(pipeline)
    run = send(pipeline, students("K1"))
    with made_elsewhere(pipeline, tmp_path) as process:
        wait_until_dbt_builds(pipeline)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert look(pipeline, run).status == "modelling"
    while pipeline.query("select 1 from pg_locks where locktype = 'advisory'"):  # its connections end by themselves
        time.sleep(0.05)
    assert make(pipeline) == 1
    assert look(pipeline, run).status == "done"
    assert everything(pipeline) == before


def test_it_gives_way_to_a_transform_and_begins_again_behind_it(pipeline: Pipeline, tmp_path: Path) -> None:
    run = send(pipeline, students("A0", "W1", Stream="Arts"))
    with made_elsewhere(pipeline, tmp_path) as process:
        wait_until_dbt_builds(pipeline)
        pipeline.send(students("W1"))
        pipeline.poll()
        assert transform(pipeline.settings) is not None
        output, _ = process.communicate(timeout=300)
    assert "gives way" in output
    settled = look(pipeline, run)
    assert settled.status == "done"
    # The rows were compared before the transform, marts and KPIs with what it published.
    assert marts(settled)["dim_student"]["rows_before"] == 13
    assert settled.receipt is not None
    assert settled.receipt["kpis"] == []


def test_what_it_says_is_what_happens(pipeline: Pipeline) -> None:
    [(first,)] = pipeline.query("select id from catalog.submission where dataset_id = %s", [HISTORY])
    with pipeline.pool.connection() as connection:
        old = ledger.get(connection, UUID(first))
    # Two fail now, one is gone, one is new.
    corrected = csv_file(
        HISTORY,
        [
            {"Student ID": id, "Teacher ID": "T1", **({"Test Score": "5", "Exam Score": "9"} if id in IDS[:2] else {})}
            for id in [*IDS[:11], "N9"]
        ],
    )
    run = ask(pipeline, corrected, HISTORY, old)
    assert run.receipt is not None
    rows = run.receipt["rows"]
    assert (rows["new"], rows["changed"], rows["unchanged"], rows["removed"]) == (1, 2, 9, 1)
    assert rows["columns"] == {"Test Score": 2, "Exam Score": 2}
    told = marts(run)
    assert {kpi["text"] for kpi in run.receipt["kpis"]} >= {"Pass rate: 100.0% → 83.3%"}
    kept, kpis = keep_marts(pipeline), kpi_values(pipeline)
    pipeline.send(corrected, HISTORY, replaces=old)
    pipeline.poll()
    assert transform(pipeline.settings) is not None
    assert told == really_changed(pipeline, kept)
    moved = {name: value for name, value in kpi_values(pipeline).items() if value != kpis.get(name)}
    assert {kpi["name"]: kpi["after"] for kpi in run.receipt["kpis"]} == pytest.approx(moved)


def test_marts_that_are_behind_are_not_compared(pipeline: Pipeline) -> None:
    pipeline.send(students("B1"))
    pipeline.poll()
    run = ask(pipeline, students("B2"))
    assert run.receipt is not None
    assert run.receipt["rows"]["new"] == 1
    assert run.receipt["marts"]["status"] == "not_compared"
    assert "yet" in run.receipt["marts"]["reason"]


def test_the_same_data_again_changes_nothing(pipeline: Pipeline) -> None:
    data = students("S1", "S2")
    pipeline.send(data)
    run = ask(pipeline, data)
    assert (run.status, run.error_code) == ("rejected", "duplicate_content")
    assert "changes nothing" in str(run.error_message)


def test_the_same_data_read_otherwise_are_told_as_sending_them_would(pipeline: Pipeline) -> None:
    data = students("S3", "S4")
    pipeline.send(data)
    pipeline.poll()
    run = ask(pipeline, data, encoding="windows-1252")
    assert (run.status, run.error_code) == ("rejected", "duplicate_content")
    assert "Retract that submission" in str(run.error_message)


def test_a_lost_object_is_told_at_once(pipeline: Pipeline) -> None:
    run = send(pipeline, students("L1"))
    pipeline.store.delete(str(run.object_key))
    with pytest.raises(NotFound):
        make(pipeline)
    failed = look(pipeline, run)
    assert (failed.status, failed.error_code) == ("failed", "object_lost")


def test_one_whose_process_dies_each_time_is_given_up(pipeline: Pipeline) -> None:
    run = send(pipeline, students("G1"))
    pipeline.query("update catalog.dry_run set attempt_count = 3, status = 'modelling' where settled_at is null")
    with pytest.raises(LaurelError):
        make(pipeline)
    assert (look(pipeline, run).status, look(pipeline, run).error_code) == ("failed", "internal_error")


def test_receipts_and_refused_lines_expire(pipeline: Pipeline) -> None:
    run = ask(pipeline, students(*(f"E{number}" for number in range(30)), "E1"))
    [(kept,)] = pipeline.query("select expires_at - settled_at from catalog.dry_run where id = %s", [str(run.id)])
    assert timedelta(days=29) < kept < timedelta(days=31)
    assert run.rows_rejected == 1
    pipeline.query("update catalog.dry_run set expires_at = now()")
    assert make(pipeline) == 0
    assert pipeline.query("select * from catalog.dry_run") == []
    assert pipeline.query("select * from catalog.dry_run_rejected_line") == []
    assert [key for key in pipeline.object_keys() if key.startswith("dry-runs/")] == []
