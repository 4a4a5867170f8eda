"""How far the present has moved from what was trained on: features by their stability index, chances by what came.

PSI = Σ (now - then) × ln(now / then) over tenths of the training rows. Below 0.1 is stable and above 0.25 a real shift,
by the usual reading (Siddiqi, Credit Risk Scorecards, 2006).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg2.extensions import connection as Connection

from elt.predicting.encoding import SMALLEST_LEVEL, levels_of
from elt.predicting.frames import Floats, Frame
from elt.predicting.resampling import Mean, estimates
from elt.predicting.tasks import Feature, Task

if TYPE_CHECKING:  # the backend tells the threshold, and must not load all that judges models
    from elt.predicting.gate import Gate

DRIFTED = 0.25
FEWEST_ROWS = 100  # with fewer, chance alone reaches 0.25
SMALLEST_SHARE = 0.001


def profile(features: Sequence[Feature], frame: Frame) -> dict[str, Any]:
    """What the card keeps of the training rows: per feature its edges, or frequent levels, and the share of rows.

    The last share is that of missing values, or of all rarer levels.
    """
    kept: dict[str, Any] = {}
    for feature in features:
        if feature.kind == "category":
            levels, counts = np.unique(levels_of(frame, feature.name).astype(str), return_counts=True)
            shown = counts >= SMALLEST_LEVEL  # a card is read by many, and a rare text may be one person's
            shares = np.append(counts[shown], counts[~shown].sum()) / len(frame)
            kept[feature.name] = {"levels": levels[shown].tolist(), "shares": shares.round(6).tolist()}
        else:
            values = frame.numbers(feature.name)
            known = values[~np.isnan(values)]
            edges = np.unique(np.quantile(known, np.linspace(0.1, 0.9, 9))) if len(known) else np.array([])
            kept[feature.name] = {"edges": edges.tolist(), "shares": _shares(values, edges).round(6).tolist()}
    return kept


def measure(features: Sequence[Feature], then: Mapping[str, Any], frame: Frame) -> dict[str, float]:
    """The index of each feature; empty where there are too few rows to tell."""
    if len(frame) < FEWEST_ROWS:
        return {}
    found = {}
    for feature in features:
        kept = then.get(feature.name)
        if kept is None:
            continue
        if feature.kind == "category":
            present = levels_of(frame, feature.name).astype(str)
            now = np.array([float((present == level).mean()) for level in kept["levels"]])
            now = np.append(now, 1 - now.sum())[: len(kept["shares"])]  # older cards list every level, and no rest
        else:
            now = _shares(frame.numbers(feature.name), np.array(kept["edges"]))
        found[feature.name] = _index(np.array(kept["shares"]), now)
    return found


def calibration(connection: Connection, task: Task) -> dict[str, float]:
    """What published chances said beyond what has come since, with the interval; empty while too little has come."""
    if task.kind != "classification":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select student_key::text, value - outcome from predictions.score "
            "where task = %s and value is not null and outcome is not null order by student_key, unit, moment",
            [task.name],
        )
        rows = cursor.fetchall()
    if len(rows) < FEWEST_ROWS:
        return {}
    students = np.unique([student for student, _ in rows], return_inverse=True)[1].astype(np.int64)
    gap = Mean(np.array([float(beyond) for _, beyond in rows]), np.ones(len(rows)))
    found = estimates(students, {"gap": gap})["gap"]
    return {"gap": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4), "rows": len(rows)}


def is_strayed(found: Mapping[str, float], gate: "Gate") -> bool:
    """Whether the interval of that gap lies wholly beyond what the gate lets pass."""
    limit = float(gate["maximum_calibration_gap"])
    return bool(found) and (found["low"] > limit or found["high"] < -limit)


def _shares(values: Floats, edges: Floats) -> Floats:
    """The share of each interval, and of missing values last."""
    place = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
    shares: Floats = np.bincount(place, minlength=len(edges) + 2) / len(values)
    return shares


def _index(then: Floats, now: Floats) -> float:
    then, now = np.maximum(then, SMALLEST_SHARE), np.maximum(now, SMALLEST_SHARE)
    return round(float(((now - then) * np.log(now / then)).sum()), 4)
