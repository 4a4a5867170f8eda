"""The real parts under the stack's own supervisor, without Airflow or with it: started, looked at, killed."""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import requests

from elt.settings import Settings
from elt.store import ObjectStore
from stack import airflow, credentials, ports
from stack.home import Home
from stack.plan import Plan, Program
from stack.starting import start_airflow, start_backend, start_storage
from stack.steps import Steps
from stack.supervisor import Supervisor, end, leftovers

POLLERS = ("ingest-1", "ingest-2")
TRANSFORMER = "transform-1"
SCHEDULERS = ("airflow-scheduler", "airflow-scheduler-2")


class PartsPlan(Plan):
    """The stack's own plan, with two endless polls and an endless transform in Airflow's place."""

    def programs(self) -> list[Program]:
        """As the stack's, but for Airflow."""
        again = [sys.executable, "-m", "tests.faults.again"]
        return [
            *(program for program in super().programs() if not program.name.startswith("airflow-")),
            *(Program(name, [*again, "ingest"]) for name in POLLERS),
            Program(TRANSFORMER, [*again, "transform"]),
        ]


class AirflowPlan(Plan):
    """The stack's own plan, with a second scheduler beside its first."""

    def programs(self) -> list[Program]:
        """As the stack's, and one more."""
        first, second = SCHEDULERS
        return [*super().programs(), Program(second, airflow.commands()[first])]


class Parts:
    """A running set of parts. `name` is always supervisor's name of a process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.supervisor = Supervisor(plan)
        self.settings = Settings.from_environment(plan.variables())
        self.store = ObjectStore(self.settings)
        self.api = f"{plan.api_url}/api/v1"
        self.key = plan.credentials["researcher_key"]

    def query(self, statement: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """What the warehouse answers to its owner, on a connection of its own."""
        with closing(psycopg2.connect(self.settings.database_url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement, list(parameters))
            return cursor.fetchall() if cursor.description else []

    def process(self, name: str) -> psutil.Process | None:
        """The process that supervisor started under this name; None while there is none."""
        try:
            return psutil.Process(int(self.supervisor.processes()[name]["pid"]))
        except psutil.NoSuchProcess:
            return None

    def family(self, name: str) -> list[psutil.Process]:
        """The process and its descendants, itself first."""
        process = self.process(name)
        if process is None or process.pid == 0:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            return [process, *process.children(recursive=True)]
        return []

    def put_aside(self, name: str) -> None:
        """End a process that supervisor shall not start again for now; one that has just died is started first."""
        wait_until(lambda: self.supervisor.processes()[name]["statename"] == "RUNNING", 90, f"{name} runs")
        self.supervisor._rpc.supervisor.stopProcess(name)

    def is_back(self) -> bool:
        """Whether every process runs and the API reaches all that it needs."""
        states = {name: info["statename"] for name, info in self.supervisor.processes().items()}
        if any(state != "RUNNING" for name, state in states.items() if name != TRANSFORMER):
            return False
        try:
            return requests.get(f"{self.plan.api_url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def wait_until_back(self, doomed: Sequence[psutil.Process] = (), seconds: float = 90) -> None:
        """Raises TimeoutError where what was killed does not end, or supervisor does not bring everything back."""
        wait_until(lambda: not any(map(_lives, doomed)), seconds, "what was killed is gone")
        wait_until(self.is_back, seconds, "every part is back")


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal; who is gone already is fine."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def wait_until(condition: Callable[[], bool], seconds: float, what: str, pause: float = 0.05) -> None:
    """Raises TimeoutError, naming what did not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(pause)


@contextmanager
def running_parts(
    plan_type: type[Plan] = PartsPlan,
    furnished: Callable[[Path], AbstractContextManager[None]] = lambda home: nullcontext(),
) -> Iterator[Parts]:
    """Parts in a throw-away home, on free ports; `furnished` may prepare the home, and clears that away at the end."""
    directory = Path(tempfile.mkdtemp(prefix="laurel-faults-"))
    home = Home(directory, directory / "logs")
    home.create()
    free = {name: ports.any_free() for name in ports.DEFAULTS}
    parts = Parts(plan_type(home, free, credentials.load_or_create(home)))
    with furnished(directory):
        try:
            start(parts)
            yield parts
        finally:
            parts.supervisor.stop()
            end(leftovers(directory))
            parts.supervisor._rpc("close")()
    shutil.rmtree(directory)


def start(parts: Parts) -> None:
    """As `./start.sh` does, but for the sample school; endless polls stand in for Airflow where the plan has them."""
    steps = Steps()
    parts.supervisor.boot()
    start_storage(parts.plan, parts.supervisor, steps)
    start_backend(parts.plan, parts.supervisor, steps)
    if isinstance(parts.plan, AirflowPlan):
        start_airflow(parts.plan, parts.supervisor, steps)
        parts.supervisor.start(SCHEDULERS[1])
        wait_until(lambda: not airflow.unhealthy(parts.plan.airflow_url), 300, "Airflow is healthy", pause=1)
    else:
        for name in POLLERS:
            parts.supervisor.start(name)
    parts.wait_until_back()


def run_elt(parts: Parts, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`python -m elt …` on these parts."""
    command = [sys.executable, "-m", "elt", *words]
    return subprocess.run(command, env=parts.plan.environment(), capture_output=True, check=False)
