"""The predict task: for each outcome, score at once; train where that is due; publish what passes the gate."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from psycopg2.errors import InvalidSchemaName, UndefinedColumn, UndefinedTable
from psycopg2.extensions import connection as Connection

from elt import locks
from elt.contracting.registry import open_registry
from elt.database import connect, only_row, transaction
from elt.errors import Unavailable
from elt.predicting import actions, described, drift, ending, registry, segments, targets
from elt.predicting.card import card
from elt.predicting.catalogue import TASKS
from elt.predicting.evaluation import labelled
from elt.predicting.frames import Frame, load
from elt.predicting.gate import Gate
from elt.predicting.publishing import publish, withdraw
from elt.predicting.registry import Entry
from elt.predicting.scoring import coming, scores
from elt.predicting.tasks import Task
from elt.predicting.training import program_fingerprint, train
from elt.settings import Settings
from elt.store import ObjectStore

log = logging.getLogger(__name__)
NOT_BUILT = (UndefinedTable, UndefinedColumn, InvalidSchemaName)
RETRAINED_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Outcome:
    """What became of one task: `said` for the log, without a student in it."""

    task: str
    trained: bool
    said: str


def predict(settings: Settings, tasks: Sequence[Task] | None = None) -> list[Outcome]:
    """Bring predictions up to the published marts; empty where they are, or another run is at it.

    Results of a task are one transaction. One that fails keeps none of the others from theirs; its error is raised at
    the end. Raises Unavailable where Postgres or the store went away; the rest stays.
    """
    connection = connect(settings.database_url)
    try:
        if not locks.try_predict_lock(connection):
            return []
        gate, store = Gate.load(), ObjectStore(settings)
        if tasks is None:
            with open_registry(settings) as contracts, transaction(connection):
                named = described.tasks(connection, contracts)
                ending.end_all_but(connection, [task.name for task in named])
            tasks = [*TASKS, *named]
        found, failures = [], []
        for task in tasks:
            try:
                outcome = _bring_up_to_date(connection, store, task, gate)
            except NOT_BUILT:  # after an upgrade: the next transform brings these features
                log.info("%s: its features are not built yet", task.name)
            except Unavailable:
                raise
            except Exception as error:
                log.error("%s: not predicted, as the program failed at it", task.name)
                failures.append(error)
            else:
                found += [outcome] if outcome else []
        if failures:
            raise failures[0]
        return found
    finally:
        locks.close(connection)


def _bring_up_to_date(connection: Connection, store: ObjectStore, task: Task, gate: Gate) -> Outcome | None:
    """Two short transactions, one to read and one to write: what trains in between holds no lock that others need."""
    program = hashlib.sha256(f"{program_fingerprint()} {gate.limits} {task}".encode()).hexdigest()
    with transaction(connection):
        frame = load(connection, task)
        whole, newest, seen = frame.fingerprint(), registry.latest(connection, task.name), _seen(connection, task)
        in_force = registry.latest(connection, task.name, "published")
        if not len(frame):
            ending.end(connection, task.name)
            return None
        is_lost = in_force is not None and registry.read(store, task, in_force) is None
        if seen == (whole, program, True) and not is_lost:
            return None
        actions.note_outcomes(connection, task, frame)
        moved, strayed = _drift(task, newest, frame), drift.calibration(connection, task)
        known_rows = len(labelled(task, frame))
        is_due = (
            is_lost or drift.is_strayed(strayed, gate) or _is_due(connection, newest, seen, program, moved, known_rows)
        )
        with connection.cursor() as cursor:
            cursor.execute("select max(transform_run_id) from catalog.transform_run where status = 'published'")
            (run,) = only_row(cursor)
    trained = train(task, frame, gate) if is_due else None
    stored = registry.keep_artefact(store, trained) if trained else None
    cut = segments.segmentation(task.segmenting, coming(frame)) if task.segmented_by else None
    said = "the model still holds" if not is_due else "no outcome to learn from"
    with transaction(connection):
        if task.named and not targets.is_still_named(connection, str(task.described_dataset), task.named):
            return None  # its owner thought otherwise meanwhile
        if is_lost and in_force:
            ending.retire(connection, task.name)
        if trained and stored:
            told = card(connection, trained, gate)
            model_id = registry.record(connection, trained, told, whole, run, stored)
            verdict = f"refused: {' '.join(trained.refusals)}" if trained.refusals else "published"
            said = f"model {model_id} {verdict}"
        said += _score(connection, store, task, frame)
        actions.compare(connection, task)
        if task.segmented_by:
            segments.keep(connection, task.family, cut)
        _note(connection, task, whole, program, moved, strayed)
    log.info("%s: %s", task.name, said)
    return Outcome(task.name, trained is not None, said)


def _seen(connection: Connection, task: Task) -> tuple[str, str, bool] | None:
    """What was last looked at, by which program, and whether that is less than a week ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select data_fingerprint, program_fingerprint, finished_at > now() - %s from predictions.run "
            "where task = %s",
            [RETRAINED_AFTER, task.name],
        )
        row: tuple[str, str, bool] | None = cursor.fetchone()
    return row


def _is_due(
    connection: Connection,
    newest: Entry | None,
    seen: tuple[str, str, bool] | None,
    program: str,
    moved: Mapping[str, float],
    known_rows: int,
) -> bool:
    """Whether to train: never done, a week ago, by another program, or the data are no longer those it knows."""
    if newest is None or seen is None or seen[1] != program:
        return True
    with connection.cursor() as cursor:
        cursor.execute("select now() - %s > %s", [newest.trained_at, RETRAINED_AFTER])
        if only_row(cursor)[0]:
            return True
    if known_rows < newest.card["rows"]:
        return True  # rows were retracted, and nothing may go on living in a model
    return newest.status == "refused" or any(index > drift.DRIFTED for index in moved.values())


def _drift(task: Task, newest: Entry | None, frame: Frame) -> dict[str, float]:
    if newest is None:
        return {}
    return drift.measure(task.features, newest.card["training_profile"], coming(frame))


def _score(connection: Connection, store: ObjectStore, task: Task, frame: Frame) -> str:
    """Score with the model in force, if there is one."""
    entry = registry.latest(connection, task.name, "published")
    model = registry.read(store, task, entry) if entry else None
    if entry is None or model is None:
        withdraw(connection, task)
        return "; nothing is published"
    fitted, held = model
    found = scores(task, fitted, coming(frame), held)
    publish(connection, task, entry.model_id, found, frame)
    return f"; {sum(one.value is not None for one in found)} scored"


def _note(
    connection: Connection,
    task: Task,
    whole: str,
    program: str,
    moved: Mapping[str, float],
    strayed: Mapping[str, float],
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into predictions.run (task, data_fingerprint, program_fingerprint, drift, calibration)
            values (%s, %s, %s, %s, %s)
            on conflict (task) do update set data_fingerprint = excluded.data_fingerprint,
                program_fingerprint = excluded.program_fingerprint, drift = excluded.drift,
                calibration = excluded.calibration, finished_at = now()
            """,
            [task.name, whole, program, json.dumps(dict(moved)), json.dumps(dict(strayed))],
        )
