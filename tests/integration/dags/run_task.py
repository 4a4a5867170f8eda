"""Runs the body of one task, as an Airflow worker does, and prints as JSON in its last line how it ended."""

import json
import logging
import sys

from airflow.dag_processing.dagbag import DagBag

folder, dag_id, task_id = sys.argv[1:]
task = DagBag(dag_folder=folder).dags[dag_id].get_task(task_id)
logging.basicConfig(level=logging.INFO, force=True, stream=sys.stdout)
outcome = {"raised": None, "message": "", "cause": None}
try:
    task.python_callable()
except BaseException as error:
    shown = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    outcome = {"raised": type(error).__name__, "message": str(error), "cause": shown and str(shown)}
print(json.dumps(outcome))
