"""A dry run: what a file would change in raw, in the marts and in the KPIs. Nothing of it is kept but the receipt.

The file's rows stand in a schema of their own, that nobody reads, under a number above all submissions'. Whatever a
dry run makes is in schemas `dry_run_…`; the next dry run begins by dropping them, so one that was killed leaves
nothing for long.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

from psycopg2.extensions import connection as Connection

from elt import ledger, locks
from elt.contracting.contract import Contract
from elt.database import Pool, connect, transaction
from elt.dry_runs import ledger as dry_run_ledger
from elt.dry_runs import marts as dry_run_marts
from elt.dry_runs import rows as dry_run_rows
from elt.dry_runs import schemas as dry_run_schemas
from elt.dry_runs.ledger import DryRun
from elt.errors import LaurelError, NotFound, Refused, Unavailable
from elt.ledger import Incoming
from elt.receiving.incoming_objects import announce
from elt.receiving.intake import looked_at, mapping_of
from elt.receiving.streams import Source
from elt.receiving.unpacking import csv_front, proven_on_its_way
from elt.receiving.whole_files import check_replaceable, contract_of
from elt.settings import Settings
from elt.store import ObjectStore

log = logging.getLogger(__name__)
TRIES = 3  # until something of ours that goes wrong is told instead of tried again
RETRY_SECONDS = 10
PATIENCE_SECONDS = 120  # to wait for marts that are behind raw


def receive(
    pool: Pool,
    store: ObjectStore,
    contracts: Mapping[str, Contract],
    stream: BinaryIO,
    incoming: Incoming,
    max_bytes: int,
) -> DryRun:
    """Take a file to look at. Raises what elt.receiving.intake.receive raises, where that would."""
    contract = contract_of(contracts, incoming.dataset_id)
    source = Source(stream, max_bytes)
    if incoming.replaces:
        check_replaceable(incoming.replaces)
    with pool.connection() as connection:
        mapping = mapping_of(connection, contract, incoming)
    incoming = replace(incoming, header_mapping=mapping)
    source = _looked_into(source, contract, incoming, max_bytes)
    with pool.connection() as connection:
        object_key = announce(connection, f"dry-runs/{contract.name}/")  # swept where this upload dies
    store.put(object_key, source.buffered())
    source.content()  # raises Refused where it turned out to be broken
    with pool.connection() as connection:
        id = dry_run_ledger.add(connection, incoming, object_key, source.sha256, source.byte_count)
        run = dry_run_ledger.find(connection, id)
    if run is None:
        raise LaurelError("ledger_row_lost", "The dry run is no longer in the ledger.")
    return run


def _looked_into(source: Source, contract: Contract, incoming: Incoming, max_bytes: int) -> Source:
    """The same, refused at once where its first bytes say so. A ZIP archive, read from its end, is opened later."""
    front = csv_front(source.sample())
    if front is not None:
        looked_at(front, contract, incoming)
    return proven_on_its_way(source, max_bytes)


def process(
    settings: Settings, store: ObjectStore, contracts: Mapping[str, Contract], patience: float = PATIENCE_SECONDS
) -> int:
    """Make every receipt that waits, oldest first, and clear away what is over; returns how many were made.

    0 where another process is at it. One that fails holds up no other; its error is raised at the end.
    """
    connection = connect(settings.database_url)
    made, errors = 0, list[Exception]()
    try:
        if not locks.try_dry_run_lock(connection):
            return 0
        _sweep(connection, store)
        while (run := _claim(connection)) is not None:
            try:
                if run.attempt_count > TRIES:  # whatever errors are, this is not: the process died each time
                    raise LaurelError("internal_error", "The dry run did not survive.")
                _make(connection, settings, store, contracts[run.dataset_id], run, patience)
                made += 1
            except Exception as error:
                if connection.closed:
                    raise
                log.error("dry run %s: %s", run.id, type(error).__name__)
                _fail(connection, run, error)
                errors.append(error)
            _sweep(connection, store)
    finally:
        locks.close(connection)
    if errors:
        raise errors[0]
    return made


def _claim(connection: Connection) -> DryRun | None:
    with transaction(connection):
        return dry_run_ledger.claim(connection)


def _sweep(connection: Connection, store: ObjectStore) -> None:
    """Nothing but receipts stays of what is over, also where a process died before it could see to that itself."""
    with transaction(connection):
        dry_run_schemas.drop_all(connection)
        dry_run_ledger.expire(connection)
        over = dry_run_ledger.kept_bytes(connection)
    for object_key in over:
        store.delete(object_key)
        with transaction(connection):
            dry_run_ledger.forget_bytes(connection, object_key)


def _make(
    connection: Connection,
    settings: Settings,
    store: ObjectStore,
    contract: Contract,
    run: DryRun,
    patience: float,
) -> None:
    try:
        with transaction(connection):
            receipt = dry_run_rows.check(connection, store, contract, run)
    except Refused as refusal:
        with transaction(connection):
            dry_run_ledger.advance(
                connection, run, "rejected", error_code=refusal.code, error_message=refusal.in_words()
            )
        log.info("dry run %s: rejected", run.id)
        return
    if receipt is None:
        return
    receipt |= dry_run_marts.model(connection, settings, run, contract, patience)
    with transaction(connection):
        dry_run_ledger.advance(connection, run, "done", receipt=receipt)
    log.info("dry run %s: done", run.id)


def _fail(connection: Connection, run: DryRun, error: Exception) -> None:
    """Try again a little later; after a few times, or where that cannot help, say so. Being away does not count."""
    lost = isinstance(error, NotFound) or (isinstance(error, LaurelError) and error.code in ledger.LOST_BYTES)
    with transaction(connection):
        if isinstance(error, Unavailable) or (run.attempt_count < TRIES and not lost):
            counts = not isinstance(error, Unavailable)
            dry_run_ledger.retry_later(connection, run, RETRY_SECONDS * run.attempt_count, counts)
            return
        message = "Laurel could not make this dry run; the operators see why. Nothing was changed."
        if lost:
            message = "The stored file is gone or was changed. Send it again."
        dry_run_ledger.advance(
            connection, run, "failed", error_code="object_lost" if lost else "internal_error", error_message=message
        )
