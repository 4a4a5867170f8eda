"""Measures of predictions under weights per row, so that one resampling of students is one vector of weights."""

import numpy as np

from elt.predicting.frames import Floats, Integers

EDGE = 1e-6


class Ranking:
    """Area under the ROC curve and average precision; sorted once, so that a thousand weightings cost little."""

    def __init__(self, target: Floats, predicted: Floats) -> None:
        self._order = np.argsort(predicted, kind="stable")
        self._target = target[self._order]
        ranked = predicted[self._order]
        self._starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.array([], int)

    def auc(self, weight: Floats) -> float:
        """The chance that a student with the outcome is ranked above one without; ties count half. NaN without both."""
        positive, negative = self._tied(weight)
        total = positive.sum() * negative.sum()
        if not total:
            return float("nan")
        below = np.cumsum(negative) - negative
        return float((positive * (below + negative / 2)).sum() / total)

    def average_precision(self, weight: Floats) -> float:
        """Mean precision over the outcomes found, from the highest prediction down; NaN without an outcome."""
        positive, negative = (part[::-1] for part in self._tied(weight))
        found, all_seen = np.cumsum(positive), np.cumsum(positive + negative)
        if not found.size or not found[-1]:
            return float("nan")
        precision = np.divide(found, all_seen, out=np.zeros_like(found), where=all_seen > 0)
        return float((precision * positive).sum() / found[-1])

    def _tied(self, weight: Floats) -> tuple[Floats, Floats]:
        sorted_weight = weight[self._order]
        positive = np.add.reduceat(sorted_weight * self._target, self._starts)
        return positive, np.add.reduceat(sorted_weight, self._starts) - positive


def brier(target: Floats, predicted: Floats, weight: Floats) -> float:
    """Mean squared distance between probability and outcome: 0 is perfect."""
    return mean((target - predicted) ** 2, weight)


def mean(values: Floats, weight: Floats) -> float:
    """Weighted mean; NaN without weight."""
    total = weight.sum()
    return float((values * weight).sum() / total) if total else float("nan")


def r_squared(target: Floats, predicted: Floats, weight: Floats) -> float:
    """Share of the variance explained; below nought where the mean would have done better."""
    spread = mean((target - mean(target, weight)) ** 2, weight)
    return 1 - mean((target - predicted) ** 2, weight) / spread if spread else float("nan")


class CalibrationSlope:
    """Slope of outcomes on predicted log odds: 1 is calibrated, below 1 too sure of itself, above 1 too timid."""

    def __init__(self, target: Floats, predicted: Floats) -> None:
        self._target, self._odds = target, log_odds(predicted)
        self._start = (0.0, 1.0)
        self._start = self._fitted(np.ones(len(target))) or self._start  # close to every resample's

    def __call__(self, weight: Floats) -> float:
        found = self._fitted(weight)
        return float("nan") if found is None else found[1]

    def _fitted(self, weight: Floats) -> tuple[float, float] | None:
        return calibrated(self._target, self._odds, weight, self._start)


def log_odds(predicted: Floats) -> Floats:
    """Of probabilities, none of them nought or one."""
    share = np.clip(predicted, EDGE, 1 - EDGE)
    return np.log(share / (1 - share))


def calibrated(
    target: Floats, odds: Floats, weight: Floats, start: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float] | None:
    """Intercept and slope of the logistic regression of outcomes on log odds, by Newton's steps; None without one."""
    intercept, slope = start
    for _ in range(25):
        fitted = 1 / (1 + np.exp(-np.clip(intercept + slope * odds, -40, 40)))
        error, spread = weight * (target - fitted), weight * fitted * (1 - fitted)
        first, second = error.sum(), error @ odds
        a, b, c = spread.sum(), spread @ odds, spread @ odds**2
        determinant = a * c - b * b
        if determinant < 1e-9:
            return None
        steps = (c * first - b * second) / determinant, (a * second - b * first) / determinant
        intercept, slope = intercept + steps[0], slope + steps[1]
        if max(map(abs, steps)) < 1e-6:
            break
    return float(intercept), float(slope)


def calibration_error(target: Floats, predicted: Floats, weight: Floats, bins: Integers) -> float:
    """Mean distance between predicted and observed over the bins, each by its weight."""
    count = int(bins.max()) + 1
    gap = np.bincount(bins, weight * (predicted - target), count)
    return float(np.abs(gap).sum() / weight.sum())


def quantile_bins(predicted: Floats, count: int = 10) -> Integers:
    """The bin of each row: equally many rows in each, equal predictions in the same."""
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, count + 1)[1:-1]))
    return np.searchsorted(edges, predicted, side="left").astype(np.int64)
