"""95% intervals from resampling students: all rows of a student come together or not at all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from elt.predicting import metrics
from elt.predicting.frames import Floats, Integers

RESAMPLES = 200
SEED = 7
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its interval; NaN where it is not defined."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class Mean:
    """The mean of `values` among some rows (or its root), as a measure whose resamples cost a product of matrices."""

    values: Floats
    among: Floats
    is_root: bool = False

    def __call__(self, weight: Floats) -> float:
        found = metrics.mean(self.values, weight * self.among)
        return float(found**0.5) if self.is_root else found


Measure = Mean | Callable[[Floats], float]


def draws(student_count: int, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """How often each student was drawn, in `resamples` rounds of drawing with return."""
    generator = np.random.default_rng(SEED)
    for _ in range(resamples):
        drawn = generator.integers(0, student_count, student_count)
        yield np.bincount(drawn, minlength=student_count).astype(np.float64)


def weights(students: Integers, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """The same as weights per row."""
    numbers, place = np.unique(students, return_inverse=True)
    for drawn in draws(len(numbers), resamples):
        yield drawn[place]


def resampled(students: Integers, measures: Mapping[str, Measure], resamples: int = RESAMPLES) -> Floats:
    """Rounds × measures, in their order. All measures see the same resamples: pairs compare."""
    numbers, place = np.unique(students, return_inverse=True)
    means = {at: one for at, one in enumerate(measures.values()) if isinstance(one, Mean)}
    others = {at: one for at, one in enumerate(measures.values()) if not isinstance(one, Mean)}
    of_student = [np.bincount(place, one.values * one.among, len(numbers)) for one in means.values()]
    of_student += [np.bincount(place, one.among, len(numbers)) for one in means.values()]
    summed = np.column_stack(of_student) if of_student else np.zeros((len(numbers), 0))
    is_root = np.array([one.is_root for one in means.values()], dtype=np.bool_)
    found = np.full((resamples, len(measures)), np.nan)
    for number, drawn in enumerate(draws(len(numbers), resamples)):
        top, bottom = np.split(drawn @ summed, 2)
        mean = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
        found[number, list(means)] = np.where(is_root, np.sqrt(np.abs(mean)), mean)
        if others:
            weight = drawn[place]
            for at, measure in others.items():
                found[number, at] = measure(weight)
    return found


def estimates(students: Integers, measures: Mapping[str, Measure], resamples: int = RESAMPLES) -> dict[str, Estimate]:
    """Each measure on the rows as they are, and its percentile interval."""
    once = np.ones(len(students))
    drawn = resampled(students, measures, resamples)
    return {name: interval(one(once), drawn[:, at]) for at, (name, one) in enumerate(measures.items())}


def interval(value: float, drawn: Floats) -> Estimate:
    """The value with the percentiles of what was drawn; what was not defined in a round is left out."""
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
