"""What came of students for whom something was done, beside like students for whom nothing was: not an experiment.

Like is who had nearly the same estimate at the same moment (matching on the estimate, with return). What still differs
between the estimates is taken off on both sides: what is compared is what came beyond what had been said (Abadie and
Imbens 2011 call it bias-corrected matching). That makes likes of those whom the model cannot tell apart, and of nobody
else: who acted may have known what no file tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from elt.predicting.frames import Flags, Floats, Integers
from elt.predicting.resampling import Estimate, interval, weights
from elt.predicting.tasks import SMALLEST_GROUP

CALIPER = 0.2  # of the standard deviation of the estimates at that moment: who differs by no more is like


@dataclass(frozen=True)
class Case:
    """One student at one moment: means over the units, and what was done."""

    student: str
    moment: str
    predicted: float
    outcome: float
    actions: Sequence[str]


@dataclass(frozen=True)
class Comparison:
    """Students and like students, what was said of both and what came, and the gap with its interval."""

    student_count: int
    similar_count: int
    predicted: float
    similar_predicted: float
    outcome: float
    similar_outcome: float
    gap: Estimate


@dataclass(frozen=True)
class _Matched:
    """Rows with the action that have likes, and for each the range of its likes among `controls`, as sorted."""

    treated: Integers
    controls: Integers
    first: Integers
    last: Integers

    def means(self, values: Floats, weight: Floats) -> tuple[float, float]:
        """Mean of a value over the treated, and over the likes of each, under weights per row."""
        mine = weight[self.treated]
        among = np.concatenate([[0.0], np.cumsum(weight[self.controls])])
        summed = np.concatenate([[0.0], np.cumsum(weight[self.controls] * values[self.controls])])
        count = among[self.last] - among[self.first]
        known = (count > 0) & (mine > 0)  # in a resample somebody's likes may all be missing
        if not known.any():
            return float("nan"), float("nan")
        likes = (summed[self.last] - summed[self.first])[known] / count[known]
        of, given = values[self.treated][known], mine[known]
        return float((of * given).sum() / given.sum()), float((likes * given).sum() / given.sum())


def compared(cases: list[Case], action: str | None) -> Comparison | None:
    """The comparison of an action (None: of any); None where there are too few on either side."""
    if not cases:
        return None
    treated = np.array([action in case.actions if action else bool(case.actions) for case in cases])
    untouched = np.array([not case.actions for case in cases])
    predicted = np.array([case.predicted for case in cases])
    outcome = np.array([case.outcome for case in cases])
    students = np.unique([case.student for case in cases], return_inverse=True)[1].astype(np.int64)
    moments = np.unique([case.moment for case in cases], return_inverse=True)[1].astype(np.int64)
    matched = _match(treated, untouched, predicted, moments)
    met = np.zeros(len(matched.controls) + 1)
    np.add.at(met, matched.first, 1.0)
    np.add.at(met, matched.last, -1.0)
    similar = len(np.unique(students[matched.controls[np.cumsum(met)[:-1] > 0]]))
    with_action = len(np.unique(students[matched.treated]))
    if with_action < SMALLEST_GROUP or similar < SMALLEST_GROUP:
        return None
    once = np.ones(len(cases))

    def gap(weight: Floats) -> float:
        mine, theirs = matched.means(outcome - predicted, weight)
        return mine - theirs

    drawn = np.array([gap(weight) for weight in weights(students)])
    return Comparison(
        with_action, similar, *matched.means(predicted, once), *matched.means(outcome, once), interval(gap(once), drawn)
    )


def _match(treated: Flags, untouched: Flags, predicted: Floats, moments: Integers) -> _Matched:
    kept, controls, first, last, before = [], [], [], [], 0
    for moment in np.unique(moments):
        here = moments == moment
        mine, theirs = np.flatnonzero(here & treated), np.flatnonzero(here & untouched)
        theirs = theirs[np.argsort(predicted[theirs], kind="stable")]
        near = CALIPER * float(predicted[here].std()) + 1e-9
        low = np.searchsorted(predicted[theirs], predicted[mine] - near, side="left")
        high = np.searchsorted(predicted[theirs], predicted[mine] + near, side="right")
        found = high > low
        kept.append(mine[found])
        first.append(low[found] + before)
        last.append(high[found] + before)
        controls.append(theirs)
        before += len(theirs)
    return _Matched(*(np.concatenate(parts).astype(np.int64) for parts in (kept, controls, first, last)))
