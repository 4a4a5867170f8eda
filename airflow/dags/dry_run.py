"""
### What it does
Makes the receipts of dry runs: it loads a file where nobody sees it, compares it with what is there, lets dbt build
what lies downstream in schemas of its own, and compares marts and KPIs with the published ones. Then all of it is
dropped, and the file's bytes are deleted; the receipt stays for thirty days. It also deletes receipts past that.

### When it runs
At once when the API takes a dry run in (it watches the channel `laurel_dry_run`), and when a run of `ingest` sees that
one waits to be tried again or cleared away. There is no timetable of its own.

### What comes before, what comes after
Before: an upload with `?dry_run=true`. After: nothing; the API shows the receipt. It never holds up `ingest` or
`transform`: when a transform starts, the queries of the dry run are cancelled, and it begins again behind it.

### May I trigger it by hand?
Yes, at any time. Two of them never work at once, and it does nothing when nothing waits.

### It is red. What now?
- **Unavailable**: Postgres or the object store did not answer. It is tried again with the next runs.
- Anything else is a defect, or a setting that is missing: the log says which line of code. The dry run is tried three
  times in all, then it is `failed`, and its owner is told. Raw and the marts are never touched by it.
"""

import logging

from airflow.sdk import Asset, AssetWatcher, dag, task
from ledger_signal import LedgerSignal
from task_failures import DEFAULT_ARGS, sorted_failures

from elt.notifying import DRY_RUN_CHANNEL

log = logging.getLogger("laurel.dry_run")
waiting = Asset("dry_runs_waiting", watchers=[AssetWatcher("dry_runs_waiting", trigger=LedgerSignal(DRY_RUN_CHANNEL))])


@dag(
    schedule=[waiting],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    description="Says what a file would change, without loading it",
    doc_md=__doc__,
    tags=["laurel"],
)
def dry_run() -> None:
    @task
    def make_receipts() -> None:
        from elt.contracting.registry import open_registry
        from elt.dry_runs.making import process
        from elt.settings import Settings
        from elt.store import ObjectStore

        with sorted_failures():
            settings = Settings.from_environment()
            with open_registry(settings) as contracts:
                log.info("%d receipts made", process(settings, ObjectStore(settings), contracts))

    make_receipts()


dry_run()
