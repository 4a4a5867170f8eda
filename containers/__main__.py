"""`python -m containers ROLE`, the entry point of Laurel's image: waits for what the role needs, then becomes it.

Roles: init (prepares databases and bucket, then ends), backend, airflow-api-server, airflow-scheduler,
airflow-dag-processor, airflow-triggerer; without images of their own also postgres and object-store. Anything else is a
command that is run with the same settings, for example `airflow dags list`.
"""

import os
import sys
from collections.abc import Callable

from containers import airflow_processes, embedded, preparing
from elt.errors import LaurelError
from elt.settings import MissingSetting, Settings
from stack.plan import backend_command

EVERYWHERE = "0.0.0.0"  # noqa: S104 - in its own network; docker-compose.yaml publishes on the loopback interface only
BACKEND_PORT = 8000


def main(words: list[str]) -> int:
    """Does not return where the role is a process. Exit code 1, and the reason on standard error, where it fails."""
    role = words[0] if words else "help"
    try:
        if role == "help":
            print(__doc__)
        elif role == "init":
            preparing.prepare()
        else:
            command, environment = _process(role, words)
            os.execvpe(command[0], command, environment)  # noqa: S606 - a list of words, no shell
    except LaurelError as error:
        print(error.in_words(), file=sys.stderr)
        return 1
    except (MissingSetting, TimeoutError, preparing.PreparationFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _process(role: str, words: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command that a role ends in, and its environment, once what it needs is there."""
    commands: dict[str, Callable[[], list[str]]] = {
        "backend": _backend,
        "postgres": embedded.postgres,
        "object-store": embedded.object_store,
    }
    environment = dict(os.environ)
    if airflow_processes.DATABASE_URL in environment:
        environment |= airflow_processes.environment()
    if role == "object-store":
        environment |= embedded.store_keys()
    if role in airflow_processes.NAMES:
        return airflow_processes.command(role, environment), environment
    return (commands[role]() if role in commands else words), environment


def _backend() -> list[str]:
    preparing.wait_for_warehouse(Settings.from_environment())
    # gunicorn's sign of life is a file; on a disk that is busy it would come late.
    return [*backend_command(EVERYWHERE, BACKEND_PORT), "--worker-tmp-dir", "/dev/shm"]  # noqa: S108


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
