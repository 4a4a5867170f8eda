"""
### What it does
Drafts a contract for each large sample that a researcher has sent to `POST /api/v1/datasets`: types, missing markers,
keys, personal data and a screening, all from the whole file. Small samples are drafted by the API itself. Nothing is
loaded: a researcher edits and confirms the draft first.

### When it runs
At once when a sample comes in (it watches the ledger's channel `laurel_drafts`), and once whenever Airflow's triggerer
starts. It has a DAG of its own so that a sample of gigabytes never holds up `ingest`.

### What comes before, what comes after
Before: the upload of a sample. After: nothing by itself; the draft is `ready` and waits for its researcher.

### May I trigger it by hand?
Yes, at any time, as often as you like. It does nothing when no sample waits, and no sample is drafted twice.

### It is red. What now?
- **Unavailable**: Postgres or the object store did not answer, also not after the retries. See that they run, then
  trigger it; the samples wait in `catalog.dataset_draft`.
- Anything else is a defect, or a setting that is missing: the log says which line of code. No draft is half written.
"""

import logging

from airflow.sdk import Asset, AssetWatcher, dag, task
from ledger_signal import LedgerSignal
from task_failures import DEFAULT_ARGS, sorted_failures

from elt.notifying import DRAFT_CHANNEL

log = logging.getLogger("laurel.draft")
samples = Asset("samples_waiting", watchers=[AssetWatcher("samples_waiting", trigger=LedgerSignal(DRAFT_CHANNEL))])


@dag(
    schedule=[samples],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    description="Drafts contracts from large sample files",
    doc_md=__doc__,
    tags=["laurel"],
)
def draft() -> None:
    @task
    def draft_samples() -> None:
        from contextlib import closing

        from elt.database import connect
        from elt.drafting.samples import draft_waiting
        from elt.settings import Settings
        from elt.store import ObjectStore

        with sorted_failures():
            settings = Settings.from_environment()
            with closing(connect(settings.database_url)) as connection:
                log.info("Samples drafted: %d", draft_waiting(connection, ObjectStore(settings)))

    draft_samples()


draft()
