"""
### What it does
Loads whatever waits into `raw`: adopts files dropped into the bucket, removes the rows of retracted submissions, and
loads new submissions, one after the other. The ledger (`catalog.submission`) decides what waits; this DAG only decides
when to look. A file that breaks its contract ends as `rejected`, which is a result and not a failure.

### When it runs
At once when the API takes a file in or a submission is retracted (it watches the ledger's channel `laurel_work`), and
on a timetable as the safety net, which also finds dropped files.

### What comes before, what comes after
Before: the upload API, or somebody's `aws s3 cp`. After: `transform`, which it wakes whenever some dataset has changed
since the marts were published, even if one of the submissions failed.

### May I trigger it by hand?
Yes, at any time, as often as you like. It does nothing when nothing waits, and no file is ever loaded twice.

### It is red. What now?
- **Unavailable**: Postgres or the object store did not answer, also not after the retries. See that they run; the next
  run does what is left.
- **PollFailed**: something of ours went wrong with some submissions; all the others were loaded. The log names them and
  the line of code. They are `failed` in the ledger and tried again by later runs, ever less often:
  `select id, error_code, attempt_count, next_attempt_at from catalog.submission where status = 'failed'`.
- Anything else is a defect, or a setting that is missing: the log says which line of code. Nothing is half loaded.
"""

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, dag, task
from ledger_signal import LedgerSignal, wake_others
from task_failures import DEFAULT_ARGS, sorted_failures

from elt.notifying import WORK_CHANNEL

waiting = Asset(
    "submissions_waiting", watchers=[AssetWatcher("submissions_waiting", trigger=LedgerSignal(WORK_CHANNEL))]
)


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("*/5 * * * *", timezone="UTC"), assets=[waiting]),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    description="Loads new files into raw, and removes what was retracted",
    doc_md=__doc__,
    tags=["laurel"],
)
def ingest() -> None:
    @task
    def load_waiting() -> None:
        from elt.contracting.registry import open_registry
        from elt.polling import poll
        from elt.settings import Settings
        from elt.store import ObjectStore

        with sorted_failures():
            settings = Settings.from_environment()
            try:
                with open_registry(settings) as contracts:
                    poll(settings, ObjectStore(settings), contracts)
            finally:
                wake_others()

    load_waiting()


ingest()
