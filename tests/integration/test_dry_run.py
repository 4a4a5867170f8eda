"""Dry runs through real dbt: a receipt says what would change, is right about it, and nothing else stays."""

import io
from typing import Any

import pytest

from elt import dry_run
from elt.dry_run_ledger import DryRun, find
from elt.ledger import Incoming, Submission
from elt.settings import Settings
from elt.transforming import transform
from tests.integration.pipeline import STUDENTS, Pipeline, csv_file, students

HISTORY = "laurel/academic_history"


def grades(*student_ids: str, **others: str) -> bytes:
    return csv_file(HISTORY, [{"Student ID": id, "Teacher ID": "T1", **others} for id in student_ids])


@pytest.fixture(scope="module")
def pipeline(module_settings: Settings) -> Pipeline:
    """Twelve students with one grade each, one teacher, all published."""
    pipeline = Pipeline.of(module_settings)
    ids = [f"A{number}" for number in range(12)]
    pipeline.send(students(*ids))
    pipeline.send(csv_file("laurel/teachers", [{"Teacher ID": "T1"}]), "laurel/teachers")
    pipeline.send(grades(*ids), HISTORY)
    pipeline.poll()
    assert transform(module_settings) is not None
    return pipeline


def ask(pipeline: Pipeline, data: bytes, dataset: str = STUDENTS, replaces: Submission | None = None) -> DryRun:
    """The settled dry run of a file."""
    incoming = Incoming(dataset, pipeline.account_id, "file.csv", replaces=replaces)
    run = dry_run.receive(pipeline.pool, pipeline.store, pipeline.contracts, io.BytesIO(data), incoming, 10**8)
    assert run.status == "received"
    assert dry_run.process(pipeline.settings, pipeline.store, pipeline.contracts, patience=0) == 1
    with pipeline.pool.connection() as connection:
        settled = find(connection, run.id)
    assert settled is not None
    return settled


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


def test_a_new_file(pipeline: Pipeline) -> None:
    before = everything(pipeline)
    run = ask(pipeline, students("A0", "A1", "N1", Stream="Arts"))
    assert (run.status, run.error_code) == ("done", None)
    assert run.receipt is not None
    assert run.receipt["rows"] == {"new": 1, "changed": 2, "unchanged": 0, "removed": 0, "columns": {"Stream": 2}}
    assert (run.lines_read, run.rows_accepted, run.rows_rejected) == (3, 3, 0)
    assert everything(pipeline) == before
    changed = marts(run)
    assert changed["dim_student"] == {"rows_before": 12, "rows_after": 15, "added": 3, "removed": 0, "changed": 2}
    assert "fct_grade" not in changed
    texts = [kpi["text"] for kpi in run.receipt["kpis"]]
    assert texts == ["Students: 12 → 13", "Students per teacher: 12.00 → 13.00"]
