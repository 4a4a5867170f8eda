"""What a task's procedure (leaks refused, candidates tuned, the best chosen) achieves on rows it never saw."""

from dataclasses import dataclass, replace

import numpy as np

from elt.predicting import baselines, leakage
from elt.predicting.candidates import CANDIDATES, Fitted, best_of, tune
from elt.predicting.frames import Floats, Frame, Integers
from elt.predicting.leakage import Leak
from elt.predicting.splits import splits
from elt.predicting.tasks import Feature, Folds, Task


@dataclass(frozen=True)
class OutOfSample:
    """Test rows with what was said of them before their outcome was known. `chosen` counts the candidates taken."""

    frame: Frame
    target: Floats
    predicted: dict[str, Floats]  # 'model', each candidate, each baseline
    chosen: dict[str, int]
    split_names: tuple[str, ...]

    @property
    def students(self) -> Integers:
        """The student of each row."""
        return self.frame.students


def labelled(task: Task, frame: Frame) -> Frame:
    """Rows whose outcome is known, and of whom enough is known before."""
    known = ~np.isnan(frame.numbers(task.target))
    if task.history:
        known &= frame.numbers(task.history) >= 1
    return frame.take(known)


def without_leaks(task: Task, rows: Frame) -> tuple[tuple[Feature, ...], list[Leak]]:
    """The features that may be used, and those that are refused with the reason."""
    leaks = leakage.find(task, rows)
    refused = {leak.feature for leak in leaks}
    return tuple(feature for feature in task.features if feature.name not in refused), leaks


def fit_all(task: Task, features: tuple[Feature, ...], rows: Frame) -> list[Fitted]:
    """Every candidate, tuned on these rows alone."""
    return [tune(candidate, task, features, rows) for candidate in CANDIDATES]


def evaluate(task: Task, features: tuple[Feature, ...], rows: Frame) -> OutOfSample | None:
    """Predictions of test rows by models that know nothing of them; None where no split has rows on both sides.

    In repeated cross-validation a row's predictions are averaged over the repeats.
    """
    target = rows.numbers(task.target)
    names = ["model", *(one.name for one in CANDIDATES), *(one.name for one in task.baselines)]
    total = {name: np.zeros(len(rows)) for name in names}
    times = np.zeros(len(rows))
    chosen: dict[str, int] = {}
    used = []
    for split in splits(task.plan, rows):
        train, test = rows.take(split.train), rows.take(split.test)
        known = target[split.train]
        if task.kind == "classification" and len(np.unique(known)) < 2:
            continue
        fitted = fit_all(task, features, train)
        best = best_of(fitted)
        chosen[best.candidate] = chosen.get(best.candidate, 0) + 1
        for one in fitted:
            said = one.predict(test)
            total[one.candidate][split.test] += said
            if one is best:
                total["model"][split.test] += said
        for baseline in task.baselines:
            total[baseline.name][split.test] += baselines.predicted(baseline, task.kind, train, known, test)
        times[split.test] += 1
        used.append(split.name)
    if not used:
        return None
    tested = times > 0
    return OutOfSample(
        rows.take(tested),
        target[tested],
        {name: summed[tested] / times[tested] for name, summed in total.items()},
        chosen,
        tuple(dict.fromkeys(used)),
    )


def once(task: Task) -> Task:
    """The task with a single round of cross-validation: for shuffled outcomes, where repeats would only cost."""
    return replace(task, plan=replace(task.plan, repeats=1)) if isinstance(task.plan, Folds) else task
