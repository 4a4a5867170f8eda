"""Is the model worse for some? Errors and calibration of each subgroup beside everybody else's, with the gap."""

from dataclasses import dataclass

import numpy as np

from elt.predicting.encoding import MISSING, levels_of
from elt.predicting.evaluation import OutOfSample
from elt.predicting.frames import Flags, Floats
from elt.predicting.report import cases, flagged
from elt.predicting.resampling import Estimate, Mean, interval, resampled
from elt.predicting.tasks import Task

FEWEST_STUDENTS = 30  # of a subgroup, and of everybody else: with fewer an interval says nothing
FEWEST_OUTCOMES = 10


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
    parts = _parts(task, tested, capacity_rate)
    found: list[tuple[str, str, str, int]] = []
    measures: dict[str, Mean] = {}
    for attribute in task.subgroups:
        levels = levels_of(tested.frame, attribute)
        for level in sorted(set(levels) - {MISSING}):
            inside: Flags = levels == level
            if all(_enough(task, tested, part) for part in (inside, ~inside)):
                count = len(np.unique(tested.students[inside]))
                for metric, (values, among) in parts.items():
                    measures[f"{len(found)} in"] = Mean(values, among * inside)
                    measures[f"{len(found)} out"] = Mean(values, among * ~inside)
                    found.append((attribute, level, metric, count))
    drawn = resampled(tested.students, measures)
    once = np.ones(len(tested.target))
    told = []
    for at, (attribute, level, metric, count) in enumerate(found):
        value, rest = measures[f"{at} in"](once), measures[f"{at} out"](once)
        gap = interval(value - rest, drawn[:, 2 * at] - drawn[:, 2 * at + 1])
        told.append(Subgroup(attribute, level, metric, value, rest, gap, count))
    return told


def _enough(task: Task, tested: OutOfSample, part: Flags) -> bool:
    if len(np.unique(tested.students[part])) < FEWEST_STUDENTS:
        return False
    outcomes = tested.target[part]
    return task.kind == "regression" or min(outcomes.sum(), len(outcomes) - outcomes.sum()) >= FEWEST_OUTCOMES


def _parts(task: Task, tested: OutOfSample, capacity_rate: float) -> dict[str, tuple[Floats, Floats]]:
    """By measure, what is averaged and among whom."""
    target, said = tested.target, tested.predicted["model"]
    everybody = np.ones(len(target))
    if task.kind == "regression":
        return {"bias": (said - target, everybody), "mae": (np.abs(said - target), everybody)}
    chosen = flagged(tested, "model", capacity_rate, cases(tested)).astype(np.float64)
    return {
        "calibration_gap": (said - target, everybody),
        "missed_rate": (1 - chosen, target),
        "false_alarm_rate": (chosen, 1 - target),
    }
