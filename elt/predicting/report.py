"""The figures of a tested task, each with its 95% interval: overall, by segment, by subgroup, by capacity."""

from dataclasses import dataclass, field

import numpy as np

from elt.predicting import metrics
from elt.predicting.encoding import levels_of
from elt.predicting.evaluation import OutOfSample
from elt.predicting.frames import Flags, Floats, Integers
from elt.predicting.metrics import Ranking
from elt.predicting.resampling import Estimate, Mean, Measure, estimates, interval, resampled
from elt.predicting.tasks import Task

CAPACITIES = (0.05, 0.10, 0.15, 0.20, 0.30)
SEGMENT_RESAMPLES = 100
SMALLEST_SEGMENT = 30  # rows


@dataclass(frozen=True)
class Figure:
    """One measure of one predictor on one part of the test rows."""

    segment: str
    predictor: str
    metric: str
    estimate: Estimate
    student_count: int
    row_count: int


@dataclass(frozen=True)
class Bin:
    """A tenth of the predictions: what was said, and what came."""

    mean_predicted: float
    observed: Estimate
    student_count: int
    row_count: int


@dataclass(frozen=True)
class Caught:
    """With room for this share of the cases: the share of the outcomes among them, and how many of them had one."""

    capacity_rate: float
    predictor: str
    recall: Estimate
    precision_rate: float


@dataclass(frozen=True)
class Report:
    """Everything that the gate judges and the card shows."""

    figures: list[Figure]
    bins: list[Bin] = field(default_factory=list)
    caught: list[Caught] = field(default_factory=list)

    def find(self, predictor: str, metric: str, segment: str = "all") -> Estimate | None:
        """One estimate, or None where it was not worked out."""
        for one in self.figures:
            if (one.segment, one.predictor, one.metric) == (segment, predictor, metric):
                return one.estimate
        return None


def report(task: Task, tested: OutOfSample) -> Report:
    """All figures but those of subgroups (elt.predicting.subgroups)."""
    figures = _overall(task, tested)
    segments = levels_of(tested.frame, "segment")
    for segment in sorted(set(segments)):
        inside: Flags = segments == segment
        if inside.sum() >= SMALLEST_SEGMENT:
            figures += _segment(task, tested, segment, inside)
    if task.kind == "regression":
        return Report(figures)
    return Report(figures, _bins(tested), _caught(task, tested))


def _measures(task: Task, target: Floats, predicted: Floats) -> dict[str, Measure]:
    everybody = np.ones(len(target))
    if task.kind == "regression":
        return {
            "mae": Mean(np.abs(target - predicted), everybody),
            "rmse": Mean((target - predicted) ** 2, everybody, is_root=True),
            "r2": lambda weight: metrics.r_squared(target, predicted, weight),
        }
    ranking = Ranking(target, predicted)
    right = ((predicted >= 0.5) == (target == 1)).astype(np.float64)
    return {
        "auc": ranking.auc,
        "average_precision": ranking.average_precision,
        "brier": Mean((target - predicted) ** 2, everybody),
        "accuracy": Mean(right, everybody),
    }


def _overall(task: Task, tested: OutOfSample) -> list[Figure]:
    target, students = tested.target, tested.students
    measures: dict[str, Measure] = {}
    for predictor, predicted in tested.predicted.items():
        for name, measure in _measures(task, target, predicted).items():
            measures[f"{predictor}|{name}"] = measure
    model, everybody = tested.predicted["model"], np.ones(len(target))
    if task.kind == "classification":
        bins = metrics.quantile_bins(model)
        measures["model|calibration_slope"] = metrics.CalibrationSlope(target, model)
        measures["model|calibration_gap"] = Mean(model - target, everybody)
        measures["model|calibration_error"] = lambda weight: metrics.calibration_error(target, model, weight, bins)
    else:
        measures["model|bias"] = Mean(model - target, everybody)
    found = _with_gains(task, students, measures)
    counts = len(np.unique(students)), len(target)
    return [_figure("all", name, estimate, counts) for name, estimate in found.items()]


def _figure(segment: str, name: str, estimate: Estimate, counts: tuple[int, int]) -> Figure:
    predictor, metric = name.split("|")
    return Figure(segment, predictor, metric, estimate, *counts)


def _with_gains(task: Task, students: Integers, measures: dict[str, Measure]) -> dict[str, Estimate]:
    """The measures, and by how much the model beats each baseline on the same resamples."""
    once = np.ones(len(students))
    names = list(measures)
    drawn = resampled(students, measures)
    value = np.array([measures[name](once) for name in names])
    found = {name: interval(value[place], drawn[:, place]) for place, name in enumerate(names)}
    for metric, sign in (("auc", 1), ("brier", -1), ("mae", -1), ("rmse", -1)):
        for baseline in task.baselines:
            if f"{baseline.name}|{metric}" in names:
                mine, theirs = names.index(f"model|{metric}"), names.index(f"{baseline.name}|{metric}")
                gain = sign * (drawn[:, mine] - drawn[:, theirs])
                label = f"model - {baseline.name}|{metric}_gain"
                found[label] = interval(sign * (value[mine] - value[theirs]), gain)
    return found


def _segment(task: Task, tested: OutOfSample, segment: str, inside: Flags) -> list[Figure]:
    target, students = tested.target[inside], tested.students[inside]
    measures: dict[str, Measure] = {}
    for predictor in ("model", *(one.name for one in task.baselines)):
        for name, measure in _measures(task, target, tested.predicted[predictor][inside]).items():
            measures[f"{predictor}|{name}"] = measure
    found = estimates(students, measures, SEGMENT_RESAMPLES)
    counts = len(np.unique(students)), len(target)
    return [_figure(segment, name, estimate, counts) for name, estimate in found.items()]


def _bins(tested: OutOfSample) -> list[Bin]:
    model = tested.predicted["model"]
    place = metrics.quantile_bins(model)
    inside = {int(number): place == number for number in np.unique(place)}
    rates = {str(number): Mean(tested.target, rows.astype(np.float64)) for number, rows in inside.items()}
    observed = estimates(tested.students, rates, SEGMENT_RESAMPLES)
    return [
        Bin(float(model[rows].mean()), observed[str(number)], len(np.unique(tested.students[rows])), int(rows.sum()))
        for number, rows in inside.items()
    ]


def cases(tested: OutOfSample) -> Integers:
    """A student at a moment is one case, however many units (subjects) are predicted: one talk, one place."""
    named = np.char.add(np.char.add(tested.students.astype(str), "|"), levels_of(tested.frame, "moment").astype(str))
    return np.unique(named, return_inverse=True)[1].astype(np.int64)


def flagged(tested: OutOfSample, predictor: str, capacity_rate: float, case: Integers) -> Flags:
    """Which rows belong to the share of the cases with the highest sum of predictions."""
    expected = np.bincount(case, tested.predicted[predictor])
    room = round(capacity_rate * len(expected))
    taken = np.zeros(len(expected), dtype=np.bool_)
    taken[np.argsort(-expected, kind="stable")[:room]] = True
    return taken[case]


def _caught(task: Task, tested: OutOfSample) -> list[Caught]:
    found: dict[str, tuple[float, str, Floats]] = {}
    case = cases(tested)
    for predictor in ("model", *(one.name for one in task.baselines)):
        for rate in CAPACITIES:
            inside = flagged(tested, predictor, rate, case).astype(np.float64)
            found[f"{predictor}|{rate}"] = rate, predictor, inside
    recalls = {name: Mean(inside, tested.target) for name, (_, _, inside) in found.items()}
    recall = estimates(tested.students, recalls, SEGMENT_RESAMPLES)
    return [
        Caught(rate, predictor, recall[name], metrics.mean(tested.target, inside))
        for name, (rate, predictor, inside) in found.items()
    ]
