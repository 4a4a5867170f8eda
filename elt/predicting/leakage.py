"""Refuses features that are parts of the outcome, determine it or follow from it; names them, and says why.

It looks at the data, never at names: a part of a sum is found whatever it is called. What it cannot see is a feature
that merely came later; that is what the features' own test is for (no feature moves when later rows are deleted).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from elt.predicting.encoding import levels_of
from elt.predicting.frames import Flags, Floats, Frame
from elt.predicting.metrics import Ranking
from elt.predicting.tasks import Feature, Task

EXACT_FIT = 0.998  # of a sum of at most MOST_PARTS numbers: R², or 2 × AUC - 1
DETERMINED_R_SQUARED = 0.98  # of one feature alone
DETERMINED_AUC = 0.995
MOST_PARTS = 4
FEWEST_ROWS = 50
ONCE_EACH = 0.2  # levels per row above which a category is an identifier


@dataclass(frozen=True)
class Leak:
    """A refused feature, and what it gives away."""

    feature: str
    explanation: str


def find(task: Task, frame: Frame) -> list[Leak]:
    """Leaks among the task's features on rows with an outcome; none where there are too few rows to tell."""
    if len(frame) < FEWEST_ROWS:
        return []
    outcome = frame.numbers(task.target)
    score = frame.numbers(task.score) if task.score else outcome
    leaks = [leak for feature in task.features if (leak := _alone(task, frame, feature, outcome, score))]
    refused = {leak.feature for leak in leaks}
    left = [one for one in task.features if one.kind == "number" and one.name not in refused]
    return leaks + _together(task, frame, left, score)


def _alone(task: Task, frame: Frame, feature: Feature, outcome: Floats, score: Floats) -> Leak | None:
    values = _as_numbers(frame, feature, outcome)
    known = ~np.isnan(values) & ~np.isnan(outcome)
    if known.sum() < FEWEST_ROWS or np.unique(values[known]).size < 2:
        return None
    if feature.name in (task.target, task.score):
        return Leak(feature.name, "It is the outcome itself.")
    if task.kind == "classification":
        area = Ranking(outcome[known], values[known]).auc(np.ones(int(known.sum())))
        if max(area, 1 - area) >= DETERMINED_AUC:
            return Leak(
                feature.name,
                f"Alone it tells the outcome almost always (AUC {max(area, 1 - area):.3f}): it determines the outcome "
                "or follows from it.",
            )
    both = known & ~np.isnan(score)
    if both.sum() >= FEWEST_ROWS and (share := _squared_correlation(values[both], score[both])) >= DETERMINED_R_SQUARED:
        return Leak(feature.name, f"Alone it gives the number behind the outcome (R² {share:.3f}).")
    levels = np.unique(values[both])
    if levels.size == 2 and np.unique(score[both]).size > 2:
        area = Ranking((values[both] == levels[1]).astype(np.float64), score[both]).auc(np.ones(int(both.sum())))
        if max(area, 1 - area) >= DETERMINED_AUC:
            return Leak(feature.name, "The outcome tells it almost always: it follows from the outcome.")
    return None


def _as_numbers(frame: Frame, feature: Feature, outcome: Floats) -> Floats:
    """A category as its levels' mean outcome. A level per row (a name, a number) could learn anything by heart."""
    if feature.kind == "number":
        return frame.numbers(feature.name)
    levels, place = np.unique(levels_of(frame, feature.name).astype(str), return_inverse=True)
    if len(levels) > ONCE_EACH * len(place):
        return np.full(len(place), np.nan)
    known = ~np.isnan(outcome)
    total = np.bincount(place, np.where(known, outcome, 0), len(levels))
    count = np.bincount(place, known, len(levels))
    means: Floats = np.divide(total, count, out=np.full(len(levels), np.nan), where=count > 0)
    return means[place]


def _squared_correlation(values: Floats, score: Floats) -> float:
    if values.std() == 0 or score.std() == 0:
        return 0.0
    return float(np.corrcoef(values, score)[0, 1] ** 2)


def _together(task: Task, frame: Frame, features: Sequence[Feature], score: Floats) -> list[Leak]:
    """Numbers whose weighted sum is the score: found by taking, each time, the one that adds most."""
    columns = {feature.name: frame.numbers(feature.name) for feature in features}
    chosen: list[str] = []
    rest = ~np.isnan(score)
    while len(chosen) < MOST_PARTS:
        best, best_share = None, 0.0
        for name in columns:
            if name in chosen:
                continue
            share = _explained(score, [columns[part] for part in (*chosen, name)], rest)
            if share > best_share:
                best, best_share = name, share
        if best is None:
            return []
        chosen.append(best)
        if len(chosen) > 1 and best_share >= EXACT_FIT:
            named = " + ".join(_labels(task, chosen))
            return [
                Leak(name, f"Together they are the outcome: {named} gives it (fit {best_share:.4f} of 1).")
                for name in chosen
            ]
    return []


def _labels(task: Task, names: Sequence[str]) -> list[str]:
    labels = {feature.name: feature.label for feature in task.features}
    return [labels[name] for name in names]


def _explained(score: Floats, columns: Sequence[Floats], rows: Flags) -> float:
    matrix = np.column_stack(columns)
    known = rows & ~np.isnan(matrix).any(axis=1)
    if known.sum() < FEWEST_ROWS:
        return 0.0
    values, wanted = matrix[known], score[known]
    design = np.column_stack([np.ones(len(values)), values])
    fitted = design @ np.linalg.lstsq(design, wanted, rcond=None)[0]
    if np.unique(wanted).size == 2:  # cut from a number that is not on file: do the columns rank it without a mistake?
        return 2 * Ranking((wanted == wanted.max()).astype(np.float64), fitted).auc(np.ones(len(wanted))) - 1
    spread = ((wanted - wanted.mean()) ** 2).sum()
    return float(1 - ((wanted - fitted) ** 2).sum() / spread) if spread else 0.0
