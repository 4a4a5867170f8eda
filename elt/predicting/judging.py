"""One outcome judged again from the warehouse, every figure printed, nothing written: for who wants to repeat it."""

import json
from collections.abc import Iterator
from contextlib import closing

from elt.contracting.registry import open_registry
from elt.database import connect, transaction
from elt.errors import NotFound
from elt.predicting import described
from elt.predicting.catalogue import TASKS
from elt.predicting.frames import load
from elt.predicting.gate import Gate
from elt.predicting.training import Trained, train
from elt.settings import Settings


def judge(settings: Settings, name: str | None) -> Iterator[str]:
    """Lines to print: the outcomes there are, or all figures of one. Raises NotFound for a name that there is not."""
    with (
        open_registry(settings) as contracts,
        closing(connect(settings.database_url)) as connection,
        transaction(connection),
    ):
        tasks = {task.name: task for task in (*TASKS, *described.tasks(connection, contracts))}
    if name is None:
        yield from (f"{task.name}: {task.title}" for task in tasks.values())
        return
    if name not in tasks:
        raise NotFound("unknown_outcome", "There is no such outcome.", allowed=", ".join(tasks) + ".")
    with closing(connect(settings.database_url)) as connection, transaction(connection):
        frame = load(connection, tasks[name])
    trained = train(tasks[name], frame, Gate.load())
    if trained is None:
        yield "No outcome is on file."
    else:
        yield from _figures(trained)


def _figures(trained: Trained) -> Iterator[str]:
    yield f"{trained.task.title}: {trained.row_count:,} rows of {trained.student_count:,} students with an outcome."
    yield from (f"refused feature: {leak.feature}. {leak.explanation}" for leak in trained.leaks)
    if trained.report and trained.tested:
        yield f"tested on {len(trained.tested.target):,} rows; chosen per split: {json.dumps(trained.tested.chosen)}"
        for one in trained.report.figures:
            yield f"{one.segment:<24} {one.predictor:<22} {one.metric:<18} {one.estimate}  n = {one.row_count:,}"
        for group in trained.groups:
            yield f"{group.attribute} = {group.level}: {group.metric}, gap {group.gap}, {group.student_count} students"
    yield from (f"held back: {reason}" for reason in trained.held.values())
    yield from (f"REFUSED: {reason}" for reason in trained.refusals)
    if not trained.refusals:
        yield "It passes the gate."
