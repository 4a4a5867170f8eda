"""Which rows train and which test: forward in time, and no student on both sides."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from elt.errors import LaurelError
from elt.predicting.frames import Flags, Frame, Integers
from elt.predicting.tasks import Folds, Forward, Plan, Presentations

SEED = 5
SMALLEST_TRAINING = 30  # rows


class UnfairSplit(LaurelError):
    """A split that would flatter: a student on both sides, or training rows from after the test's moment."""


@dataclass(frozen=True)
class Split:
    """Positions of rows. `repeat` counts complete rounds of cross-validation."""

    name: str
    train: Integers
    test: Integers
    repeat: int = 0


def student_folds(students: Integers, folds: int, seed: int) -> Integers:
    """The fold of each row: students are dealt out at random, so that folds differ by one student at most."""
    numbers, place = np.unique(students, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(numbers)) % folds
    return dealt[place].astype(np.int64)


def inner_folds(plan: Plan, frame: Frame, folds: int, seed: int) -> Integers:
    """The fold of each training row for tuning: whole presentations where presentations are tested, else students."""
    if isinstance(plan, Presentations):
        names, place = np.unique(frame[plan.name].astype(str), return_inverse=True)
        if len(names) > 1:
            return (place % folds).astype(np.int64)
    return student_folds(frame.students, folds, seed)


def splits(plan: Plan, frame: Frame) -> Iterator[Split]:
    """Every split of the plan that has rows on both sides; each is checked before it is given."""
    students = frame.students
    match plan:
        case Forward():
            found = _forward(plan, frame, students)
        case Presentations():
            found = _presentations(plan, frame, students)
        case Folds():
            found = _folds(plan, students)
    for split in found:
        if len(split.train) >= SMALLEST_TRAINING and len(split.test):
            check(plan, frame, split)
            yield split


def _forward(plan: Forward, frame: Frame, students: Integers) -> Iterator[Split]:
    ago = frame.numbers(plan.period)
    folds = student_folds(students, plan.folds, SEED)
    for fold in range(plan.folds):
        past: Flags = (ago >= plan.test_terms) & (folds != fold)
        late: Flags = (ago < plan.test_terms) & (folds == fold)
        yield Split(f"students {fold + 1} of {plan.folds}", np.flatnonzero(past), np.flatnonzero(late))


def _presentations(plan: Presentations, frame: Frame, students: Integers) -> Iterator[Split]:
    start, end = frame.numbers(plan.start), frame.numbers(plan.end)
    for day in np.unique(start):
        test = np.flatnonzero(start == day)
        shared = np.isin(students, students[test])
        yield Split(f"starting {day:.0f}", np.flatnonzero((end <= day) & ~shared), test)


def _folds(plan: Folds, students: Integers) -> Iterator[Split]:
    for repeat in range(plan.repeats):
        folds = student_folds(students, plan.folds, SEED + repeat)
        for fold in range(plan.folds):
            yield Split(f"fold {fold + 1}", np.flatnonzero(folds != fold), np.flatnonzero(folds == fold), repeat)


def check(plan: Plan, frame: Frame, split: Split) -> None:
    """Raises UnfairSplit where a promise is broken, whoever made the split."""
    students = frame.students
    if np.intersect1d(students[split.train], students[split.test]).size:
        raise UnfairSplit("shared_student", f"{split.name}: a student is in both the training and the test rows.")
    match plan:
        case Forward(period=period):
            ago = frame.numbers(period)
            if ago[split.train].min() <= ago[split.test].max():
                raise UnfairSplit("trained_on_later_rows", f"{split.name}: training rows are not before the test rows.")
        case Presentations(start=start, end=end):
            if frame.numbers(end)[split.train].max() > frame.numbers(start)[split.test].min():
                raise UnfairSplit("trained_on_later_rows", f"{split.name}: an outcome was not known yet.")
        case Folds():
            pass
