"""What a user is told about a stack."""

import shutil
import time

import requests

from stack import airflow
from stack.plan import FROM_ENV_VERB, Plan
from stack.supervisor import Supervisor, leftovers
from stack.verbs import NOT_RUNNING

LITTLE_ROOM = 2**30  # bytes: Postgres keeps that much of its log alone


def shell_variables(plan: Plan) -> dict[str, str]:
    """What a shell or script needs to use the stack: addresses, keys, database URLs."""
    hidden = {"LAUREL_HOME", "LAUREL_AIRFLOW_DATABASE_URL"}
    variables = {name: value for name, value in plan.laurel_variables().items() if name not in hidden}
    return {
        **variables,
        "LAUREL_RESEARCHER_KEY": plan.credentials["researcher_key"],
        "LAUREL_ADMIN_KEY": plan.credentials["admin_key"],
        "AIRFLOW_USERNAME": airflow.USERNAME,
        "AIRFLOW_PASSWORD": plan.credentials["airflow_password"],
        FROM_ENV_VERB: str(plan.home.path),
    }


def print_welcome(plan: Plan, seconds: float) -> None:
    """Where everything is, the demo keys, and a line to try."""
    key = plan.credentials["researcher_key"]
    print(
        f"""
Laurel runs ({seconds:.0f} s).

  Insights        {plan.api_url}/
  Upload API      {plan.api_url}/apidocs
  Airflow         {plan.airflow_url}/   ({airflow.USERNAME} / {plan.credentials["airflow_password"]})
  SQL             ./start.sh psql

  Demo keys       researcher     {key}
                  administrator  {plan.credentials["admin_key"]}

Try:
  curl -H 'Authorization: Bearer {key}' {plan.api_url}/api/v1/submissions

`./start.sh stop` stops it, `./start.sh help` lists everything else."""
    )


def print_status(plan: Plan, supervisor: Supervisor) -> int:
    """One line per process; returns the exit code."""
    if not supervisor.is_running():
        alone = len(leftovers(plan.home.path))
        without = f" Its supervisor is gone, and {alone} processes go on without it." if alone else ""
        print(f"Laurel is not running.{without} `./start.sh` starts it.")
        return NOT_RUNNING
    ports = {
        "postgres": plan.ports["postgres"],
        "s3": plan.ports["s3"],
        "backend": plan.ports["backend"],
        "airflow-api-server": plan.ports["airflow"],
    }
    processes = supervisor.processes()
    for name, info in processes.items():
        running = info["statename"] == "RUNNING"
        since = time.strftime("since %Y-%m-%d %H:%M:%S", time.localtime(info["start"])) if running else info["spawnerr"]
        port = f"port {ports[name]}" if name in ports else ""
        print(f"{name:<22} {info['statename']:<9} {port:<11} {since}".rstrip())
    sick = airflow.unhealthy(plan.airflow_url)
    if sick:
        print(f"Airflow reports as unhealthy: {', '.join(sick)}")
    lacking = _not_ready(plan.api_url)
    if lacking:
        print(f"The backend is not ready: {lacking}")
    free = shutil.disk_usage(plan.home.path).free
    if free < LITTLE_ROOM:
        print(f"The disk of {plan.home.path} has {free // 2**20} MiB left. Postgres and the store need room to go on.")
    all_run = all(info["statename"] == "RUNNING" for info in processes.values())
    return 0 if all_run and not sick and not lacking else NOT_RUNNING


def _not_ready(url: str) -> str | None:
    """What /readyz finds wrong with the parts that the backend needs: a full disk, a database that is away."""
    try:
        answer = requests.get(f"{url}/readyz", timeout=30)
        if answer.ok:
            return None
        found = answer.json()["checks"].items()
    except (requests.RequestException, ValueError, KeyError, AttributeError):
        return "it does not answer"
    return ", ".join(f"{part}: {state}" for part, state in found if state != "ok")
