"""An executor's worker is killed, its scheduler is, or it is told to stop: ours copes, Airflow's own does not."""

import json
import subprocess
from pathlib import Path

from stack import airflow
from stack.home import Home
from tests.integration.dags.programs import command, environment

AIRFLOWS_OWN = "airflow.executors.local_executor.LocalExecutor"


SEEN = {
    airflow.EXECUTOR: {"served": True, "left_behind": 0, "ended": True},
    # As long as this is so, ours is needed.
    AIRFLOWS_OWN: {"served": False, "left_behind": 2, "ended": False},
}


def test_a_dead_worker_a_dead_scheduler_and_one_that_ends(tmp_path: Path) -> None:
    running = {
        executor: subprocess.Popen(
            command("try_executor", executor),
            env=environment(tmp_path / executor),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for executor in SEEN
    }
    for executor, process in running.items():
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert json.loads(output.splitlines()[-1]) == SEEN[executor], executor


def test_the_stack_uses_it(tmp_path: Path) -> None:
    secrets = dict.fromkeys(("airflow_fernet_key", "airflow_secret_key", "airflow_jwt_secret"), "made up for this test")
    variables = airflow.environment(Home(tmp_path, tmp_path), 8080, "postgresql://nowhere", secrets)
    assert variables["AIRFLOW__CORE__EXECUTOR"] == airflow.EXECUTOR
