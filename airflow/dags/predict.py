"""
### What it does
For each outcome that Laurel predicts it looks whether the published features changed. If they did, students are scored
at once with the model that is published; a model that is a week old, was made by another version of the program, or
whose features have drifted, is trained anew first. A model is published only if it passes the gate
(`elt/predicting/gate.yaml`); one that is refused is kept with its reasons, and the earlier one stays. Each outcome is
one transaction: readers see its scores change all at once.

### When it runs
When `transform` has published marts or somebody has named a column of a described data set to be predicted, and every
night at 02:30 UTC, for models that have become a week old. Also once whenever Airflow's triggerer starts.

### What comes before, what comes after
Before: `transform`, which publishes the features together with the marts. After: nothing; the API and the pages read
`predictions`.

### May I trigger it by hand?
Yes, at any time; `python -m elt predict` is the same. Two of them never work at once, and it does nothing when nothing
has changed.

### It is red. What now?
- **Unavailable**: Postgres or the object store did not answer. It is tried again; what was published stays.
- Anything else is a defect, or a setting that is missing: the log says which line of code. A model that the gate
  refuses is no failure: `select task, refusals from predictions.model order by model_id desc` says why it was refused.
"""

import logging

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, dag, task
from ledger_signal import LedgerSignal
from task_failures import DEFAULT_ARGS, sorted_failures

from elt.notifying import PREDICT_CHANNEL

log = logging.getLogger("laurel.predict")
published = Asset("marts_published", watchers=[AssetWatcher("marts_published", trigger=LedgerSignal(PREDICT_CHANNEL))])


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("30 2 * * *", timezone="UTC"), assets=[published]),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    description="Trains, judges and publishes predictions of what comes next",
    doc_md=__doc__,
    tags=["laurel"],
)
def predict() -> None:
    @task
    def score_students() -> None:
        from elt.predicting.running import predict
        from elt.settings import Settings

        with sorted_failures():
            outcomes = predict(Settings.from_environment())
        log.info("%s", "; ".join(outcome.task for outcome in outcomes) or "Every prediction is up to date.")

    score_students()


predict()
