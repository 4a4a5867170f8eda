"""`ingest` and `transform` without Airflow: the same calls, again and again. Supervisor restarts it."""

import logging
import sys
import time

from elt.contracting.contract import load_contracts
from elt.database import connect
from elt.errors import LaurelError
from elt.loading import attempts
from elt.polling import PollFailed, poll, transform_due
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming.run import transform

PAUSE_SECONDS = 0.5
RETRY_BASE_SECONDS = 2  # what is tested is that a further try comes
log = logging.getLogger("again")


def _ingest(settings: Settings, store: ObjectStore) -> None:
    poll(settings, store, load_contracts())


def _transform(settings: Settings, store: ObjectStore) -> None:
    connection = connect(settings.database_url)
    try:
        due = transform_due(connection)
    finally:
        connection.close()
    if due:
        transform(settings)


def main() -> None:
    """Never ends by itself. What is not Laurel's own error ends it, as it would end a task."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    step = {"ingest": _ingest, "transform": _transform}[sys.argv[1]]
    attempts.RETRY_BASE_SECONDS = RETRY_BASE_SECONDS
    settings = Settings.from_environment()
    store = ObjectStore(settings)
    while True:
        try:
            step(settings, store)
        except (PollFailed, LaurelError) as error:
            log.warning("%s: %s", type(error).__name__, error)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
