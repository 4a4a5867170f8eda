"""Workers of Airflow's executor are killed, and their scheduler is: our executor goes on, Airflow's own does not."""

import json
import subprocess
from pathlib import Path

import pytest

from stack import airflow
from stack.home import Home
from tests.integration.dags.programs import command, environment

AIRFLOWS_OWN = "airflow.executors.local_executor.LocalExecutor"


@pytest.mark.parametrize(
    ("executor", "seen"),
    [
        (airflow.EXECUTOR, {"served": True, "left_behind": 0}),
        # As long as this is so, ours is needed.
        (AIRFLOWS_OWN, {"served": False, "left_behind": 2}),
    ],
)
def test_a_dead_worker_and_a_dead_scheduler(tmp_path: Path, executor: str, seen: dict[str, object]) -> None:
    done = subprocess.run(
        command("kill_workers", executor), env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == seen


def test_the_stack_uses_it(tmp_path: Path) -> None:
    secrets = dict.fromkeys(("airflow_fernet_key", "airflow_secret_key", "airflow_jwt_secret"), "made up for this test")
    variables = airflow.environment(Home(tmp_path, tmp_path), 8080, "postgresql://nowhere", secrets)
    assert variables["AIRFLOW__CORE__EXECUTOR"] == airflow.EXECUTOR
