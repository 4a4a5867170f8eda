"""What every task needs is imported once, in the scheduler, before it forks its workers: a task then starts with it.

dbt alone takes more than two seconds to import, and what is imported before the fork is shared by all workers.
"""

import sys
from importlib import import_module
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

NEEDED_BY_TASKS = (
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.decorators.python",
    "dbt.adapters.postgres",
    "dbt.cli.main",
    "dbt.task.build",
    "elt.polling",
    "elt.transforming.run",
)


@hookimpl
def on_starting(component: Any) -> None:
    """Airflow calls this in every process, before it has told the component what it is; its command line knows."""
    if sys.argv[1:2] == ["scheduler"]:
        for name in NEEDED_BY_TASKS:
            import_module(name)


class WarmStart(AirflowPlugin):
    """Registers this module as a listener."""

    name = "laurel_warm_start"
    listeners = (sys.modules[__name__],)
