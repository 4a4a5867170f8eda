"""
### What it does
One `dbt build` of everything downstream of the datasets whose rows in `raw` have changed. If all models were built and
all tests passed, the new marts take the place of the old ones in one transaction; the result of every model and test
is kept in `catalog.transform_result`. A run that finds nothing to do says so in its log and ends at once.

### When it runs
When `ingest` signals that the marts are behind `raw`: after new rows, after a retraction, and with every later run of
`ingest` until a transform has caught up. There is no timetable of its own. Also once whenever Airflow's triggerer
starts, which rebuilds everything if the dbt project has changed.

### What comes before, what comes after
Before: `ingest`. After: `predict`, which follows the published features; the API and the
pages read the marts, and the submissions are `modelled`.

### May I trigger it by hand?
Yes, at any time. Two transforms never run at once, and one that is not needed does nothing.

### It is red. What now?
- **TransformFailed**: a model or a test failed; the log and
  `select node_id, message from catalog.transform_result order by transform_run_id desc` say which. Readers still see
  the last good marts. Mend the model, or retract the submission whose rows broke the test. Where it says that Postgres
  found no room, make some: nothing is wrong with the files. Until then it is tried again with every run of `ingest`.
- **Unavailable**: Postgres did not answer, or a long query held a mart, also during the retries. The next run of
  `ingest` starts it again.
- Anything else is a defect, or a setting that is missing: the log says which line of code. Nothing is half published.
"""

import logging

from airflow.sdk import Asset, AssetWatcher, dag, task
from ledger_signal import LedgerSignal
from task_failures import DEFAULT_ARGS, sorted_failures

from elt.notifying import DUE_CHANNEL

log = logging.getLogger("laurel.transform")
behind = Asset("marts_behind_raw", watchers=[AssetWatcher("marts_behind_raw", trigger=LedgerSignal(DUE_CHANNEL))])


@dag(
    schedule=[behind],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    description="Builds and tests the marts of what has changed, and publishes them all at once",
    doc_md=__doc__,
    tags=["laurel"],
)
def transform() -> None:
    @task
    def build_marts() -> None:
        from elt.settings import Settings
        from elt.transforming.run import transform

        with sorted_failures():
            report = transform(Settings.from_environment())
        # Not AirflowSkipException: Airflow may take five seconds more to end a skipped task, and the next run waits.
        log.info("%s", report or "The marts show all that is in raw, or another transform is at it.")

    build_marts()


transform()
