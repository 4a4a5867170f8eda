"""Models in the ledger (predictions.model) and in the object store: every one that was ever trained, with its card.

The artefact is JSON and is checked against the hash in the ledger before it scores. docs/decisions/0022 says why
this is no MLflow.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from elt.database import only_row
from elt.errors import LaurelError, NotFound
from elt.predicting.candidates import Fitted
from elt.predicting.ending import retire
from elt.predicting.tasks import Task
from elt.predicting.training import Trained, program_fingerprint, restored
from elt.predicting.tree_drawing import nodes
from elt.store import ObjectStore


@dataclass(frozen=True)
class Entry:
    """A model in the ledger."""

    model_id: int
    status: str
    trained_at: datetime
    data_fingerprint: str
    card: dict[str, Any]
    artefact_key: str
    artefact_sha256: str


def latest(connection: Connection, task: str, status: str | None = None) -> Entry | None:
    """The newest model of the task, or the newest in this state."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select model_id, status, trained_at, data_fingerprint, card, artefact_key, artefact_sha256
            from predictions.model where task = %s and (%s::text is null or status = %s)
            order by model_id desc limit 1
            """,
            [task, status, status],
        )
        row = cursor.fetchone()
    return Entry(*row) if row else None


def keep_artefact(store: ObjectStore, trained: Trained) -> tuple[str, str]:
    """Its key in the store and its SHA-256; equal models have one object."""
    artefact = trained.artefact()
    digest = hashlib.sha256(artefact).hexdigest()
    key = f"models/{trained.task.name}/{digest}.json"
    store.put(key, io.BytesIO(artefact), len(artefact))
    return key, digest


class ModelChanged(LaurelError):
    """The stored bytes are not those that were judged."""


def artefact(store: ObjectStore, entry: Entry) -> bytes:
    """The stored model. Raises ModelChanged, or NotFound where it is gone."""
    with store.open(entry.artefact_key) as stored:
        found = stored.read()
    if hashlib.sha256(found).hexdigest() != entry.artefact_sha256:
        raise ModelChanged("model_changed", "The stored model is not the one that was judged; it is trained anew.")
    return found


def read(store: ObjectStore, task: Task, entry: Entry) -> tuple[Fitted, dict[str, str]] | None:
    """The model and its held segments; None where it cannot be used any more: changed, gone, or of lost features."""
    try:
        return restored(task, artefact(store, entry))
    except (ModelChanged, NotFound, KeyError):
        return None


def record(
    connection: Connection,
    trained: Trained,
    card: dict[str, Any],
    data_fingerprint: str,
    transform_run_id: int | None,
    stored: tuple[str, str],
) -> int:
    """Enter the model with its figures, in the caller's transaction; a published one takes the old one's place."""
    task, status = trained.task, "refused" if trained.refusals else "published"
    if status == "published":
        retire(connection, task.name)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into predictions.model (
                task, title, family, kind, status, algorithm, transform_run_id, data_fingerprint, program_fingerprint,
                refusals, card, described_dataset_id, artefact_key, artefact_sha256
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning model_id
            """,
            [
                task.name,
                task.title,
                task.family,
                task.kind,
                status,
                card["algorithm"],
                transform_run_id,
                data_fingerprint,
                program_fingerprint(),
                trained.refusals,
                json.dumps(card),
                task.described_dataset,
                *stored,
            ],
        )
        model_id = int(only_row(cursor)[0])
    _record_figures(connection, model_id, task, trained)
    return model_id


def _record_figures(connection: Connection, model_id: int, task: Task, trained: Trained) -> None:
    report = trained.report
    rows: dict[str, list[tuple[Any, ...]]] = {"metric": [], "calibration": [], "capacity": []}
    if report:
        for one in report.figures:
            named = (one.segment, one.predictor, one.metric)
            rows["metric"].append((*named, *_estimate(one.estimate), one.student_count, one.row_count))
        for number, one_bin in enumerate(report.bins):
            counts = (one_bin.student_count, one_bin.row_count)
            rows["calibration"].append((number, one_bin.mean_predicted, *_estimate(one_bin.observed), *counts))
        for caught in report.caught:
            recall = _estimate(caught.recall)
            rows["capacity"].append((caught.capacity_rate, caught.predictor, *recall, _number(caught.precision_rate)))
    rows["subgroup"] = [
        (
            one.attribute,
            one.level,
            one.metric,
            *map(_number, (one.value, one.rest)),
            *_estimate(one.gap),
            one.student_count,
        )
        for one in trained.groups
    ]
    rows["tree_node"] = [
        (one.node, one.parent, one.depth, one.place, one.label, one.answer, one.value, one.row_count)
        for one in nodes(trained.small_tree)
    ]
    with connection.cursor() as cursor:
        for table, found in rows.items():
            numbered = [(model_id, *row) for row in found]
            execute_values(cursor, f"insert into predictions.{table} values %s", numbered)  # noqa: S608 our own names


def _estimate(estimate: Any) -> tuple[float | None, float | None, float | None]:
    return _number(estimate.value), _number(estimate.low), _number(estimate.high)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
