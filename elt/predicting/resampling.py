"""95% intervals from resampling students: all rows of a student come together or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

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


def weights(students: Integers, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """Weights per row: how often each student was drawn, in `resamples` rounds of drawing with return."""
    numbers, place = np.unique(students, return_inverse=True)
    generator = np.random.default_rng(SEED)
    for _ in range(resamples):
        drawn = generator.integers(0, len(numbers), len(numbers))
        yield np.bincount(drawn, minlength=len(numbers)).astype(np.float64)[place]


def estimates(
    students: Integers, measures: dict[str, Callable[[Floats], float]], resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Each measure on the rows as they are, and its percentile interval. All see the same resamples: pairs compare."""
    once = np.ones(len(students))
    drawn: dict[str, list[float]] = {name: [] for name in measures}
    for weight in weights(students, resamples):
        for name, measure in measures.items():
            drawn[name].append(measure(weight))
    return {name: interval(measure(once), np.array(drawn[name])) for name, measure in measures.items()}


def interval(value: float, drawn: Floats) -> Estimate:
    """The value with the percentiles of what was drawn; what was not defined in a round is left out."""
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
