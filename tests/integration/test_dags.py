"""The DAGs as Airflow reads them: which there are, and what every one of them must have."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from elt.notifying import DRAFT_CHANNEL, DRY_RUN_CHANNEL, DUE_CHANNEL, PREDICT_CHANNEL, WORK_CHANNEL
from elt.settings import REPOSITORY
from tests.integration.dags.programs import DAGS, command, environment

EXPECTED = {"draft", "dry_run", "ingest", "predict", "reports", "transform"}


def _found_in(folder: Path, home: Path) -> dict[str, Any]:
    run = subprocess.run(
        command("describe_dags", str(folder)), env=environment(home), capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _found_in(DAGS, tmp_path_factory.mktemp("airflow"))


@pytest.fixture(params=sorted(EXPECTED))
def dag(request: pytest.FixtureRequest, found: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = found["dags"][request.param]
    return described


def test_exactly_these_dags_are_found_without_an_error(found: dict[str, Any]) -> None:
    assert found["errors"] == {}
    assert set(found["dags"]) == EXPECTED


def test_one_run_at_a_time_and_none_for_the_past(dag: dict[str, Any]) -> None:
    assert dag["max_active_runs"] == 1
    assert dag["catchup"] is False


def test_every_task_is_retried_with_growing_waits(dag: dict[str, Any]) -> None:
    assert dag["tasks"]
    for task in dag["tasks"].values():
        assert task["retries"] >= 1
        assert task["backoff"] > 1
        assert 0 < task["retry_seconds"] < task["longest_retry_seconds"] <= 300


@pytest.mark.parametrize(
    "heading", ["What it does", "When it runs", "What comes before", "May I trigger it by hand?", "It is red"]
)
def test_the_page_in_the_ui_answers(dag: dict[str, Any], heading: str) -> None:
    assert dag["description"]
    section = re.search(rf"^### {re.escape(heading)}[^\n]*\n(.+?)(?=^### |\Z)", dag["doc_md"], re.MULTILINE | re.DOTALL)
    assert section
    assert len(section[1].split()) >= 15


def test_ingest_listens_to_the_ledger_and_has_the_five_minute_safety_net(found: dict[str, Any]) -> None:
    ingest = found["dags"]["ingest"]
    assert [kwargs for _, kwargs in ingest["watched"]] == [{"channel": WORK_CHANNEL}]
    assert ingest["cron"] == "*/5 * * * *"


def test_dry_run_listens_to_the_ledger_too(found: dict[str, Any]) -> None:
    dry_run = found["dags"]["dry_run"]
    assert [kwargs for _, kwargs in dry_run["watched"]] == [{"channel": DRY_RUN_CHANNEL}]
    assert dry_run["cron"] is None


def test_transform_only_follows_ingest(found: dict[str, Any]) -> None:
    transform = found["dags"]["transform"]
    (watched,) = (kwargs for _, kwargs in transform["watched"])
    assert watched["channel"] == DUE_CHANNEL
    assert transform["cron"] is None


def test_predict_follows_transform_and_looks_every_night(found: dict[str, Any]) -> None:
    predict = found["dags"]["predict"]
    assert [kwargs for _, kwargs in predict["watched"]] == [{"channel": PREDICT_CHANNEL}]
    assert predict["cron"] == "30 2 * * *"


def test_draft_listens_to_samples_alone(found: dict[str, Any]) -> None:
    draft = found["dags"]["draft"]
    assert [kwargs for _, kwargs in draft["watched"]] == [{"channel": DRAFT_CHANNEL}]
    assert draft["cron"] is None


def test_reports_are_built_once_a_week(found: dict[str, Any]) -> None:
    assert found["dags"]["reports"]["watched"] == []
    assert found["dags"]["reports"]["cron"] == "0 5 * * 1"


def test_no_package_shadows_the_installed_airflow_or_dbt() -> None:
    roots = [REPOSITORY / "airflow", REPOSITORY / "dbt", *(REPOSITORY / "tests").rglob("airflow"),
             *(REPOSITORY / "tests").rglob("dbt")]  # fmt: skip
    assert [path for root in roots for path in root.rglob("__init__.py")] == []
