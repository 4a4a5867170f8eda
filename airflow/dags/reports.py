"""
### What it does
Builds an edition of the reports: the principal's, one per class, one page per student. Each is asked of the backend,
which builds it as it does for people, and is put into the store under `reports/`, as PDF and as a folder of pictures.
Then it e-mails those reports to the accounts that asked for them, where a mail server is configured. Of editions older
than the eight newest, the files go.

### When it runs
Every Monday at 05:00 UTC, so that the week begins with it. Nothing else starts it; what was missed is not made up for.

### What comes before, what comes after
Before: `transform`, whose published marts the reports tell of; where nothing new was published since the last edition,
there is nothing to build. After: nothing; the page `/reports` lists the editions.

### May I trigger it by hand?
Yes, at any time. What an edition has already is not built again, and nobody is sent the same report of it twice.

### It is red. What now?
- **Unavailable**: the backend, Postgres, the object store or the mail server did not answer, also not after the
  retries, or new marts were published in the middle. Trigger it again: it goes on where it stopped.
- **LaurelError** with `mail_refused` or `mail_sign_in`: the reports are built; see the addresses in
  `catalog.report_subscription`, and LAUREL_SMTP_URL.
- Anything else is a defect, or a setting that is missing: the log says which line of code.
"""

import logging

from airflow.sdk import CronTriggerTimetable, dag, task
from task_failures import DEFAULT_ARGS, sorted_failures

log = logging.getLogger("laurel.reports")


@dag(
    schedule=CronTriggerTimetable("0 5 * * 1", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    description="Builds the weekly reports, keeps them in the store and sends them",
    doc_md=__doc__,
    tags=["laurel"],
)
def reports() -> None:
    @task
    def build_reports() -> None:
        from elt.reports.building import build_edition
        from elt.settings import Settings
        from elt.store import ObjectStore

        with sorted_failures():
            settings = Settings.from_environment()
            log.info("%s", build_edition(settings, ObjectStore(settings)))

    build_reports()


reports()
