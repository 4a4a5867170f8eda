"""Scores of students whose outcome is not known yet: each with its reasons, or with why there is no number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from elt.predicting.candidates import Fitted
from elt.predicting.encoding import MISSING, levels_of
from elt.predicting.frames import Flags, Floats, Frame
from elt.predicting.models import predict
from elt.predicting.tasks import Feature, Task

MOST_REASONS = 3
FEWEST_KNOWN = 0.5  # of the features; who has fewer gets no number
FEWEST_TERMS = 1


@dataclass(frozen=True)
class Score:
    """One student, unit and moment. Exactly one of `value` and `because` is given."""

    student_key: str
    student_id: str
    source_system: str
    unit: str
    moment: str
    value: float | None
    because: str | None
    reasons: list[dict[str, Any]]
    risk_tier: int | None

    @property
    def status(self) -> str:
        """What the pages call it."""
        return "scored" if self.value is not None else "not_enough_evidence"


def coming(frame: Frame) -> Frame:
    """The rows that are asked about."""
    return frame.take(frame["is_coming"].astype(bool))


def scores(task: Task, fitted: Fitted, frame: Frame, held: Mapping[str, str]) -> list[Score]:
    """One score per row of `frame`, in its order. `held` are the segments without numbers, with the reason."""
    if not len(frame):
        return []
    matrix = fitted.encoder.matrix(frame)
    value = predict(fitted.model, matrix)
    _, contributions = fitted.model.contributions(matrix)
    by_feature = fitted.encoder.by_feature(contributions)
    because = _because(task, fitted.encoder.features, frame, held)
    tier = frame.numbers(task.tier) if task.tier else np.full(len(frame), np.nan)
    found = []
    for row in range(len(frame)):
        known = because[row] is None
        found.append(
            Score(
                student_key=str(frame["student_key"][row]),
                student_id=str(frame["student_id"][row]),
                source_system=str(frame["source_system"][row]),
                unit=str(frame["unit"][row]),
                moment=str(frame["moment"][row]),
                value=round(float(value[row]), 6) if known else None,
                because=because[row],
                reasons=_reasons(task, fitted, frame, row, by_feature[row]) if known else [],
                risk_tier=None if np.isnan(tier[row]) else int(tier[row]),
            )
        )
    return found


def _because(task: Task, features: tuple[Feature, ...], frame: Frame, held: Mapping[str, str]) -> list[str | None]:
    """Why a row gets no number; None where it does."""
    numbers = [np.isnan(frame.numbers(feature.name)) for feature in features if feature.kind == "number"]
    levels = [levels_of(frame, feature.name) == MISSING for feature in features if feature.kind != "number"]
    missing: Floats = np.mean([*numbers, *levels], axis=0)
    short: Flags = np.zeros(len(frame), dtype=np.bool_)
    if task.history:
        history = frame.numbers(task.history)
        short = np.isnan(history) | (history < FEWEST_TERMS)
    found: list[str | None] = []
    for row in range(len(frame)):
        if short[row]:
            found.append("Not enough evidence: there is no earlier result to go by.")
        elif missing[row] > FEWEST_KNOWN:
            found.append("Not enough evidence: more than half of what the model looks at is not known.")
        else:
            found.append(held.get(str(frame["segment"][row])))
    return found


def _reasons(task: Task, fitted: Fitted, frame: Frame, row: int, contributions: Floats) -> list[dict[str, Any]]:
    """The features that move the estimate most, in words and numbers. Contributions are exact, and never causes."""
    told = []
    for place in np.argsort(-np.abs(contributions), kind="stable")[:MOST_REASONS]:
        feature, size = fitted.encoder.features[int(place)], float(contributions[place])
        if size == 0:
            continue
        shown = feature.shown(frame[feature.name][row])
        told.append(
            {
                "feature": feature.name,
                "value": shown,
                "contribution": round(size, 4),
                "unit": "log odds" if task.kind == "classification" else "points",
                "words": f"{feature.label}: {shown}, {'raises' if size > 0 else 'lowers'} the estimate",
            }
        )
    return told
