"""Is the model worse for some? Errors and calibration of each subgroup beside everybody else's, with the gap."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from elt.predicting import metrics
from elt.predicting.encoding import MISSING, levels_of
from elt.predicting.evaluation import OutOfSample
from elt.predicting.frames import Flags, Floats
from elt.predicting.report import flagged
from elt.predicting.resampling import Estimate, interval, weights
from elt.predicting.tasks import Task

FEWEST_STUDENTS = 30  # of a subgroup, and of everybody else: with fewer an interval says nothing
FEWEST_OUTCOMES = 10
RESAMPLES = 200


@dataclass(frozen=True)
class Subgroup:
    """One measure of one subgroup: its value, that of everybody else, and the gap with its interval."""

    attribute: str
    level: str
    metric: str
    value: float
    rest: float
    gap: Estimate
    student_count: int


def subgroups(task: Task, tested: OutOfSample, capacity_rate: float) -> list[Subgroup]:
    """Every level with enough students, of every attribute: missed and false alarms, calibration, error."""
    chosen = flagged(tested, "model", capacity_rate) if task.kind == "classification" else None
    found = []
    for attribute in task.subgroups:
        levels = levels_of(tested.frame, attribute)
        for level in sorted(set(levels) - {MISSING}):
            inside: Flags = levels == level
            if all(_enough(task, tested, part) for part in (inside, ~inside)):
                found += list(_compared(tested, attribute, level, inside, chosen))
    return found


def _enough(task: Task, tested: OutOfSample, part: Flags) -> bool:
    if len(np.unique(tested.students[part])) < FEWEST_STUDENTS:
        return False
    outcomes = tested.target[part]
    return task.kind == "regression" or min(outcomes.sum(), len(outcomes) - outcomes.sum()) >= FEWEST_OUTCOMES


def _compared(
    tested: OutOfSample, attribute: str, level: str, inside: Flags, chosen: Flags | None
) -> Iterator[Subgroup]:
    target, said = tested.target, tested.predicted["model"]
    everybody = np.ones(len(target))
    parts: dict[str, tuple[Floats, Floats]]
    if chosen is None:
        parts = {"bias": (said - target, everybody), "mae": (np.abs(said - target), everybody)}
    else:
        parts = {"calibration_gap": (said - target, everybody)}
        parts["missed_rate"] = ((~chosen).astype(np.float64), target)
        parts["false_alarm_rate"] = (chosen.astype(np.float64), 1 - target)
    count = len(np.unique(tested.students[inside]))
    drawn: dict[str, list[float]] = {name: [] for name in parts}
    for weight in weights(tested.students, RESAMPLES):
        for name, (values, among) in parts.items():
            drawn[name].append(_gap(values, among * weight, inside))
    for name, (values, among) in parts.items():
        value = metrics.mean(values[inside], among[inside])
        rest = metrics.mean(values[~inside], among[~inside])
        yield Subgroup(attribute, level, name, value, rest, interval(value - rest, np.array(drawn[name])), count)


def _gap(values: Floats, weight: Floats, inside: Flags) -> float:
    return metrics.mean(values[inside], weight[inside]) - metrics.mean(values[~inside], weight[~inside])
