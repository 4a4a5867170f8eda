"""Airflow's four processes, a container each: stack/airflow.py's settings, with what differs where they are apart."""

import subprocess

from containers.variables import required
from containers.waiting import LONGEST_WAIT_SECONDS, wait_until
from stack import airflow
from stack.home import Home
from stack.starting import answers

DATABASE_URL = "LAUREL_AIRFLOW_DATABASE_URL"
NAMES = tuple(airflow.commands())
API_SERVER = "airflow-api-server"  # also the name of its service, and so of its host
PORT = 8080
EXECUTION_API = f"http://{API_SERVER}:{PORT}/execution/"


def environment() -> dict[str, str]:
    """The variables that configure every Airflow process alike. Raises MissingSetting."""
    names = ("AIRFLOW_FERNET_KEY", "AIRFLOW_SECRET_KEY", "AIRFLOW_JWT_SECRET")
    secrets = {name.lower(): required(name) for name in names}
    together = airflow.environment(Home.from_environment(), PORT, required(DATABASE_URL), secrets)
    return together | {
        "AIRFLOW__API__HOST": "0.0.0.0",  # noqa: S104 - in its own network
        "AIRFLOW__API__BASE_URL": required("AIRFLOW_URL"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": EXECUTION_API,
    }


def command(name: str, environment: dict[str, str]) -> list[str]:
    """The process in the foreground, once its database (the api-server) or the api-server (the others) is there."""
    airflow.prepare_files(Home.from_environment(), required("AIRFLOW_PASSWORD"))
    if name == API_SERVER:
        check = [airflow.COMMAND, "db", "check-migrations", "--migration-wait-timeout", str(LONGEST_WAIT_SECONDS)]
        if subprocess.run(check, env=environment, check=False).returncode != 0:
            raise TimeoutError("Airflow's database was not prepared in time. The log of the service init may say why.")
    else:
        # Not just any page: the first call of this part makes it ready, which takes longer than a task would wait.
        wait_until(f"the service {API_SERVER}", lambda: answers(f"{EXECUTION_API}health"))
    return airflow.commands()[name]
