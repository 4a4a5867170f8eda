"""Nothing is published unless it passes here. The thresholds are in gate.yaml, and in a school's own file."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from elt.errors import LaurelError
from elt.predicting.evaluation import OutOfSample
from elt.predicting.report import Report
from elt.predicting.resampling import Estimate
from elt.predicting.subgroups import Subgroup
from elt.predicting.tasks import Task

PATH = Path(__file__).with_name("gate.yaml")
SCHOOL = "LAUREL_PREDICTION_GATE"


@dataclass(frozen=True)
class Gate:
    """The thresholds in force."""

    limits: Mapping[str, Any]

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Gate":
        """Laurel's own with the school's in their place. Raises LaurelError for a name that there is not."""
        limits = yaml.safe_load(PATH.read_text(encoding="utf-8"))
        school = environment.get(SCHOOL, "none")
        if school not in ("", "none"):
            added = yaml.safe_load(Path(school).read_text(encoding="utf-8")) or {}
            if unknown := sorted(set(added) - set(limits)):
                raise LaurelError(
                    "unknown_gate",
                    f"The file in {SCHOOL} sets what no gate knows: {', '.join(unknown)}.",
                    allowed=", ".join(limits),
                )
            limits.update(added)
        return cls(limits)

    def __getitem__(self, name: str) -> Any:
        return self.limits[name]


def refusals(
    task: Task, tested: OutOfSample | None, report: Report | None, groups: Sequence[Subgroup], gate: Gate
) -> list[str]:
    """Why the model may not be shown; empty where it may."""
    if tested is None or report is None:
        return ["There are not yet earlier rows with outcomes to train on and later ones to test on."]
    if said := _too_few(task, tested, gate):
        return said
    found = _gain(task, report, gate) + _school(report, gate)
    if task.kind == "classification":
        found += _calibration(report, gate)
    return found + _subgroups(groups, gate)


def _too_few(task: Task, tested: OutOfSample, gate: Gate) -> list[str]:
    students = len(np.unique(tested.students))
    if students < gate["minimum_students"]:
        return [f"Only {students} students have an outcome to test on; {gate['minimum_students']} are needed."]
    outcomes = int(min(tested.target.sum(), len(tested.target) - tested.target.sum()))
    if task.kind == "classification" and outcomes < gate["minimum_outcomes"]:
        return [f"Only {outcomes} of the rarer outcome are on file to test on; {gate['minimum_outcomes']} are needed."]
    return []


def _gain(task: Task, report: Report, gate: Gate) -> list[str]:
    metric = "auc" if task.kind == "classification" else "mae"
    found = []
    for baseline in task.baselines:
        gain = report.find(f"model - {baseline.name}", f"{metric}_gain")
        if gain is None or not gain.low > gate["minimum_gain"]:
            found.append(
                f"It does not beat the baseline “{baseline.label}” outside its interval: {metric.upper()} gain {gain}."
            )
        sharpness = report.find(f"model - {baseline.name}", "brier_gain")
        if sharpness is not None and sharpness.high < 0:
            found.append(f"Its probabilities are worse than those of “{baseline.label}”: Brier gain {sharpness}.")
    area = report.find("model", "auc")
    if area is not None and not area.low >= gate["minimum_auc"]:
        found.append(f"It hardly ranks better than chance: AUC {area}; its low end must reach {gate['minimum_auc']}.")
    return found


def _calibration(report: Report, gate: Gate) -> list[str]:
    slope, gap = report.find("model", "calibration_slope"), report.find("model", "calibration_gap")
    error = report.find("model", "calibration_error")
    low, high = gate["calibration_slope"]
    found = []
    if slope is None or not (slope.high >= low and slope.low <= high):
        found.append(f"It is not calibrated: slope {slope}, wholly outside {low} to {high}.")
    if gap is None or not nearest(gap) <= gate["maximum_calibration_gap"]:
        found.append(f"It is not calibrated: it says more or less than comes, on average by {gap}.")
    if error is None or not error.value <= gate["maximum_calibration_error"]:
        found.append(f"It is not calibrated: mean error over tenths of the predictions {error}.")
    return found


def _subgroups(groups: Sequence[Subgroup], gate: Gate) -> list[str]:
    found = []
    for one in groups:
        match one.metric:
            case "missed_rate":
                is_worse = one.gap.low > gate["maximum_missed_gap"]
            case "calibration_gap":
                is_worse = nearest(one.gap) > gate["maximum_calibration_gap_of_subgroup"]
            case "mae":
                is_worse = one.gap.low > (gate["maximum_error_ratio"] - 1) * one.rest
            case _:
                is_worse = False
        if is_worse:
            found.append(f"It is much worse for {one.attribute} = {one.level}: {one.metric}, gap {one.gap}.")
    return found


def _school(report: Report, gate: Gate) -> list[str]:
    found = []
    for metric, least in gate["minimum"].items():
        reached = report.find("model", metric)
        if reached is not None and not reached.value >= least:
            found.append(f"The school asks for {metric} of at least {least}; it reaches {reached}.")
    return found


def nearest(estimate: Estimate) -> float:
    """How far from nought an interval is at its near end; 0 where it holds nought. NaN where it is not known."""
    if np.isnan(estimate.low):
        return float("nan")
    return max(estimate.low, -estimate.high, 0.0)


def held_segments(task: Task, report: Report, gate: Gate) -> dict[str, str]:
    """Segments in which nobody gets a number, with the reason."""
    if not task.segments_must_hold:
        return {}
    found = {}
    for one in report.figures:
        is_area = one.segment != "all" and (one.predictor, one.metric) == ("model", "auc")
        if is_area and not one.estimate.low >= gate["segment_minimum_auc"]:
            found[one.segment] = (
                f"In {one.segment} the model has not shown that it can tell students apart (AUC {one.estimate})."
            )
    return found
