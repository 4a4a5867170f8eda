"""Prints, as JSON in its last line, what Airflow finds in a folder of DAGs."""

import json
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG


def describe(dag: DAG) -> dict[str, object]:
    """What the tests want to know of one DAG."""
    return {
        "doc_md": dag.doc_md,
        "description": dag.description,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "watched": [
            watcher.trigger.serialize()
            for asset in getattr(dag.timetable.asset_condition, "objects", [])
            for watcher in asset.watchers
        ],
        "cron": getattr(getattr(dag.timetable, "timetable", dag.timetable), "expression", None),
        "tasks": {
            task.task_id: {
                "retries": task.retries,
                "retry_seconds": task.retry_delay.total_seconds(),
                "backoff": task.retry_exponential_backoff,
                "longest_retry_seconds": task.max_retry_delay.total_seconds(),
            }
            for task in dag.tasks
        },
    }


bag = DagBag(dag_folder=sys.argv[1])
print(json.dumps({"errors": bag.import_errors, "dags": {name: describe(dag) for name, dag in bag.dags.items()}}))
