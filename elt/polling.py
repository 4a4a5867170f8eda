"""One poll: take in dropped files and large uploads, load what waits, remove what was retracted."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from psycopg2.extensions import connection as Connection

from elt import audit
from elt.contracting.contract import Contract
from elt.database import Pool, connect, only_row, transaction
from elt.errors import NotFound, Refused, Unavailable
from elt.fixing import fixes
from elt.fixing import joining as fixing
from elt.ledger import Incoming
from elt.loading.attempts import RETRY_LONGEST_SECONDS
from elt.loading.submissions import load
from elt.receiving.assembling import Assembler
from elt.receiving.filenames import tidy
from elt.receiving.incoming_objects import sweep
from elt.receiving.intake import take_in
from elt.receiving.streams import Source
from elt.receiving.whole_files import keep
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming.ledger import bury_dead
from elt.versioning import retracting

log = logging.getLogger(__name__)
DROP_PREFIX = "uploads/"
UNCLAIMED_PREFIX = "unclaimed/"
Progress = Callable[[Iterable[int]], Iterable[int]]


@dataclass
class PollReport:
    """What one poll did, in submissions; `due` names the datasets that now wait for a transform."""

    adopted: int = 0
    assembled: int = 0
    loaded: int = 0
    rejected: int = 0
    held: int = 0
    fixed: int = 0
    retracted: int = 0
    failed: int = 0
    due: tuple[str, ...] = ()


class PollFailed(Exception):
    """Something of ours went wrong with some submissions; all others were done. `report` says what was."""

    def __init__(self, report: PollReport, transient: bool) -> None:
        super().__init__(f"{report.failed} submissions could not be processed; they are tried again")
        self.report = report
        self.transient = transient


def poll(
    settings: Settings, store: ObjectStore, contracts: Mapping[str, Contract], progress: Progress = lambda ids: ids
) -> PollReport:
    """Do everything that waits, one submission at a time; one that fails never holds up the others.

    Raises PollFailed at the end where something of ours failed, Unavailable where Postgres or the store is away.
    """
    report = PollReport()
    errors: list[Exception] = []
    pool = Pool(settings.database_url, size=1)
    connection = connect(settings.database_url)

    def counted(subject: str) -> AbstractContextManager[None]:
        return _counted(connection, report, errors, subject)

    try:
        bury_dead(connection)
        sweep(connection, store)
        assembler = Assembler(connection, pool, store, contracts, settings.max_multipart_bytes, counted)
        assembler.sweep()
        report.assembled = assembler.assemble_waiting()
        _adopt_dropped(connection, pool, store, contracts, settings.max_upload_bytes, report, errors)
        for submission_id in progress(_waiting(connection)):
            with _counted(connection, report, errors, f"submission {submission_id}"):
                _load_one(connection, store, contracts, submission_id, report)
        # These come last, since they wait for a running transform.
        _apply_fixes(connection, store, contracts, report, errors)
        for submission_id, dataset_id in retracting.waiting(connection):
            with _counted(connection, report, errors, f"submission {submission_id}"):
                retracting.retract(connection, contracts, submission_id, dataset_id)
                log.info("submission %s: rows removed from raw", submission_id)
                report.retracted += 1
        report.due = due(connection)
    finally:
        connection.close()
        pool.close()
    if errors:
        raise PollFailed(report, transient=all(isinstance(error, Unavailable) for error in errors)) from errors[0]
    return report


def due(connection: Connection) -> tuple[str, ...]:
    """The datasets whose rows in raw have changed since the marts were last published."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select dataset_id from catalog.dataset where raw_version > modelled_version order by 1")
        return tuple(dataset_id for (dataset_id,) in cursor.fetchall())


def transform_due(connection: Connection) -> bool:
    """Whether `transform` has something to do: changed datasets, or a first build put off for refused files."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "select not exists (select from catalog.transform_run where status = 'published') "
            "and exists (select from catalog.submission where status = 'rejected')"
        )
        (put_off,) = only_row(cursor)
    return bool(due(connection)) or put_off


def _waiting(connection: Connection) -> list[int]:
    """Submissions to load, oldest first. `loading` ones count: a loader that died holds no lock."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            select submission_id from catalog.submission where status in ('received', 'loading')
                -- No wait is longer; a later time was noted by a clock that has been put back since.
                or status = 'failed' and isfinite(next_attempt_at)
                and not next_attempt_at between now() and now() + make_interval(secs => %s)
            order by submission_id
            """,
            [RETRY_LONGEST_SECONDS],
        )
        return [submission_id for (submission_id,) in cursor.fetchall()]


@contextmanager
def _counted(connection: Connection, report: PollReport, errors: list[Exception], subject: str) -> Iterator[None]:
    """One that fails is counted and told, and holds up no other; without Postgres there is no going on."""
    try:
        yield
    except Exception as error:
        if connection.closed:
            raise
        log.error("%s: %s", subject, type(error).__name__)
        report.failed += 1
        errors.append(error)


def _load_one(
    connection: Connection,
    store: ObjectStore,
    contracts: Mapping[str, Contract],
    submission_id: int,
    report: PollReport,
) -> None:
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select dataset_id from catalog.submission where submission_id = %s", [submission_id])
        (dataset_id,) = only_row(cursor)
    outcome = load(connection, store, contracts[dataset_id], submission_id)
    if outcome is None:
        return
    tally = outcome.tally
    log.info(
        "submission %s (%s): %s, %d lines read, %d loaded, %d rejected",
        submission_id, outcome.id, outcome.status, tally.read, tally.loaded, tally.rejected,
    )  # fmt: skip
    if outcome.status == "loaded":
        report.loaded += 1
    elif outcome.status == "rejected":
        report.rejected += 1
    elif outcome.status == "held":
        report.held += 1


def _apply_fixes(
    connection: Connection,
    store: ObjectStore,
    contracts: Mapping[str, Contract],
    report: PollReport,
    errors: list[Exception],
) -> None:
    """What is corrected joins rows that are in raw already; `report` counts fixes."""
    with transaction(connection):
        waiting = fixes.waiting(connection)
    for fix_id, submission_id, dataset_id in waiting:
        with _counted(connection, report, errors, f"fix {fix_id}"):
            applied = fixing.apply(connection, store, contracts[dataset_id], fix_id, submission_id)
            if applied is not None:
                log.info("fix %s of submission %s: %s", fix_id, submission_id, applied)
                report.fixed += 1


def _adopt_dropped(
    connection: Connection,
    pool: Pool,
    store: ObjectStore,
    contracts: Mapping[str, Contract],
    max_bytes: int,
    report: PollReport,
    errors: list[Exception],
) -> None:
    for key in store.keys(DROP_PREFIX):
        # One that is not found was taken away, or adopted by another poll, since it was listed.
        with _counted(connection, report, errors, "a dropped object"), suppress(NotFound):
            report.adopted += _adopt(pool, store, contracts, key, max_bytes)


def _adopt(pool: Pool, store: ObjectStore, contracts: Mapping[str, Contract], key: str, max_bytes: int) -> int:
    """Take one dropped object in like an upload, then clear it away. Returns how many new submissions it made."""
    family, _, rest = key.removeprefix(DROP_PREFIX).partition("/")
    table, _, filename = rest.partition("/")
    dataset_id = f"{family}/{table}"
    seen = store.state(key)
    if dataset_id not in contracts or not filename:
        _set_aside(pool, store, key)
        return 0
    incoming = Incoming(dataset_id, None, tidy(filename) or "file.csv")
    try:
        with store.open(key) as body:
            receipts = take_in(pool, store, None, Source(body), incoming, max_bytes)
    except Refused as refusal:  # it cannot be unpacked
        with store.open(key) as body:
            receipts = [keep(pool, store, Source(body), incoming, refusal)]
    if store.state(key) == seen:  # else it was written again meanwhile, and the next poll takes the new bytes
        store.delete(key)
    return sum(receipt.created for receipt in receipts)


def _set_aside(pool: Pool, store: ObjectStore, key: str) -> None:
    """An object that belongs to no dataset is kept out of the way of the next poll, and told to the operators."""
    seen = store.state(key)
    moved_to = UNCLAIMED_PREFIX + key.removeprefix(DROP_PREFIX)
    with suppress(NotFound):
        store.state(moved_to)
        moved_to += f".{uuid4().hex[:8]}"  # another one of this name was set aside before
    with store.open(key) as body:
        store.put(moved_to, Source(body).buffered())
    if store.state(key) == seen:  # else it was written again meanwhile, and the next poll takes the new bytes
        store.delete(key)
    log.warning(
        "an object was dropped outside uploads/<family>/<table>/ of a known dataset; moved to %s", UNCLAIMED_PREFIX
    )
    with pool.connection() as connection:
        audit.record(connection, None, "unclaimed_object", None, {"moved_to": UNCLAIMED_PREFIX})
