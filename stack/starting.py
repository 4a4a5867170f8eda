"""The start, in the order in which things happen."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import requests

from elt.access import accounts
from elt.database import connect, transaction
from stack import airflow, object_store, sample
from stack.databases import create_databases, create_roles
from stack.home import REPOSITORY
from stack.plan import Plan
from stack.postgres import wait_for_database
from stack.steps import Steps
from stack.supervisor import Supervisor

RESEARCHER, ADMIN = "demo-researcher", "demo-admin"
DEMO_ACCOUNTS = {RESEARCHER: "researcher", ADMIN: "administrator"}
MARTS_SECONDS = 300  # a slow machine needs longer; what was taken gets there, so that nobody has to wait here


class StartFailed(Exception):
    """The stack did not come up; the message says which part, and where to look."""


def start(plan: Plan, supervisor: Supervisor, steps: Steps) -> None:
    """Bring up whatever is not up yet. Safe to repeat, and after any crash. Raises StartFailed."""
    with ThreadPoolExecutor() as pool:
        # Written while the servers boot; a later start needs it only if the first one was interrupted.
        files = None if sample.was_sent(plan.home) else pool.submit(sample.generate, plan.home, plan.environment())
        if not supervisor.is_running():
            with steps.step("supervisor"):
                supervisor.boot()
        start_storage(plan, supervisor, steps)
        airflow_started = pool.submit(start_airflow, plan, supervisor, steps)
        start_backend(plan, supervisor, steps)
        submissions = _send_sample(plan, steps, files) if files else []
        airflow_started.result()
    _wait(steps, "Airflow is healthy", airflow.SCHEDULER, lambda: not airflow.unhealthy(plan.airflow_url), 300)
    if submissions:
        steps.note("the sample school is loaded, and dbt builds its marts for the first time: about a minute")
        with steps.step("sample school is in the marts") as details:
            if not _researcher(plan).wait_until_modelled(submissions, MARTS_SECONDS):
                details.append("not yet; they are being made, and the pages show them by themselves")
    sample.remember_sent(plan.home)


def start_storage(plan: Plan, supervisor: Supervisor, steps: Steps) -> None:
    """Postgres with its roles and databases, and the object store; or a look at the external ones."""
    if plan.has_embedded_store:
        (plan.home.path / "s3").mkdir(exist_ok=True)
        supervisor.start("s3")
    cluster = plan.cluster
    if cluster is None:
        with steps.step("external Postgres"):
            try:
                wait_for_database(plan.laurel_variables()["LAUREL_DATABASE_URL"], seconds=30)
            except TimeoutError as error:
                raise StartFailed(
                    "The Postgres of LAUREL_DATABASE_URL accepted no connection within 30 s. Its databases and roles "
                    "must exist before the start: docs/architecture.md says which."
                ) from error
    else:
        with steps.step("Postgres") as details:
            details.append(f"port {cluster.port}")
            cluster.create()
            cluster.forget_dead_server()
            supervisor.start("postgres")
            cluster.wait_until_ready()
            secret = plan.credentials
            create_roles(
                cluster.url("postgres"),
                secret["owner_password"],
                secret["reader_password"],
                secret["airflow_database_password"],
            )
            create_databases(cluster.url("postgres"))
    if plan.has_embedded_store:
        with steps.step("object store") as details:
            details.append(f"port {plan.ports['s3']}")
            object_store.wait_until_listening(plan.ports["s3"])


def start_airflow(plan: Plan, supervisor: Supervisor, steps: Steps) -> None:
    """Airflow's database, then its processes; none of them is waited for."""
    airflow.prepare_files(plan.home, plan.credentials["airflow_password"])
    # Asking Airflow whether its database is up to date takes as long as updating it, so this is remembered.
    state = f"{version('apache-airflow')} {plan.variables()['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}"
    marker = plan.home.path / "airflow" / "migrated"
    if not marker.exists() or marker.read_text() != state:
        with steps.step("Airflow's database"):
            _run(plan, [airflow.COMMAND, "db", "migrate"], "Airflow's database could not be prepared")
        plan.home.private_file("airflow/migrated", state)
    for name in airflow.commands():
        supervisor.start(name)


def start_backend(plan: Plan, supervisor: Supervisor, steps: Steps) -> None:
    """The warehouse with its demo accounts, then the API."""
    with steps.step("warehouse"):
        _run(plan, [sys.executable, "-m", "elt", "migrate"], "The warehouse could not be prepared")
        ensure_demo_accounts(
            plan.laurel_variables()["LAUREL_DATABASE_URL"],
            plan.credentials["researcher_key"],
            plan.credentials["admin_key"],
        )
    supervisor.start("backend")
    _wait(steps, "backend is ready", "backend", lambda: answers(f"{plan.api_url}/readyz"), 300)


def ensure_demo_accounts(database_url: str, researcher_key: str, admin_key: str) -> None:
    """Make the two demo accounts, or let these keys open those that an earlier installation made."""
    keys = {RESEARCHER: researcher_key, ADMIN: admin_key}
    with closing(connect(database_url)) as connection:
        for name, key in keys.items():
            with transaction(connection):
                accounts.ensure(connection, name, DEMO_ACCOUNTS[name], key)


def _send_sample(plan: Plan, steps: Steps, files: Future[Path]) -> list[str]:
    """The ids of the sample school's submissions; none where the warehouse already holds something else."""
    directory = files.result()
    if (
        not sample.was_begun(plan.home)
        and not sample.Client(plan.api_url, plan.credentials["admin_key"]).sees_nothing()
    ):
        return []
    sample.remember_begun(plan.home)
    with steps.step("sample school sent through the API") as details:
        researcher = _researcher(plan)
        ids = [researcher.send(directory / f"{name}.csv") for name in sample.FILES]
        details.append(f"{len(ids)} files")
    return ids


def _researcher(plan: Plan) -> sample.Client:
    return sample.Client(plan.api_url, plan.credentials["researcher_key"])


def _run(plan: Plan, command: list[str], failure: str) -> None:
    done = subprocess.run(
        command, env=plan.environment(), cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        raise StartFailed(f"{failure}:\n{done.stdout.decode(errors='replace')[-4000:]}")


def answers(url: str) -> bool:
    """Whether the URL is answered with 200."""
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _wait(steps: Steps, name: str, process: str, ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with steps.step(name):
        while not ready():
            if time.monotonic() > deadline:
                raise StartFailed(f"Not within {seconds:.0f} s: {name}. `./start.sh logs {process}` may say why.")
            time.sleep(0.2)
