"""Trains and judges every outcome that has rows, scores 30,000 students, and tells time and memory; writes nothing.

    eval "$(./start.sh env)"; python -m bench.predict [OUTCOME …]

Processor time is of one core: training uses one thread, so that two runs agree to the byte.
"""

import resource
import sys
import time
from contextlib import closing

import numpy as np

from elt.database import connect, transaction
from elt.predicting.catalogue import TASKS
from elt.predicting.frames import Frame, load
from elt.predicting.gate import Gate
from elt.predicting.scoring import scores
from elt.predicting.tasks import Task
from elt.predicting.training import Trained, train
from elt.settings import Settings

SCORED = 30_000
FIGURES = ("auc", "brier", "calibration_slope", "calibration_gap", "mae", "rmse", "r2")


def main() -> None:
    """One line per outcome, then the sums."""
    wanted, gate, total, largest = set(sys.argv[1:]), Gate.load(), 0.0, 0.0
    with closing(connect(Settings.from_environment().database_url)) as connection:
        for task in TASKS:
            if wanted and task.name not in wanted:
                continue
            with transaction(connection):
                frame = load(connection, task)
            started = time.process_time()
            trained = train(task, frame, gate) if len(frame) else None
            spent = time.process_time() - started
            total += spent
            print(f"{task.name}: {len(frame):,} rows, {spent:.1f} s of processor time", flush=True)
            if trained is not None:
                print(*_told(trained), sep="\n", flush=True)
                if task.kind == "classification":
                    largest = max(largest, _scoring(task, trained, frame))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"training: {total:.0f} s of one core; scoring {SCORED:,}: at most {largest:.1f} s; memory: {memory:,.0f} MB")


def _told(trained: Trained) -> list[str]:
    found = trained.report
    told = [f"  {name} {one}" for name in FIGURES if found and (one := found.find("model", name))]
    tested = len(trained.tested.target) if trained.tested else 0
    verdict = "; ".join(trained.refusals) or "passes"
    return [f"  tested on {tested:,}; {', '.join(word.strip() for word in told)}", f"  {verdict}"]


def _scoring(task: Task, trained: Trained, frame: Frame) -> float:
    """Seconds of processor time for as many students as a large district has, whoever they are."""
    rows = frame.take(np.arange(SCORED) % len(frame))
    started = time.process_time()
    scores(task, trained.fitted, rows, trained.held)
    return time.process_time() - started


if __name__ == "__main__":
    main()
