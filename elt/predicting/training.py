"""One task trained and judged, all of it from its rows alone: the same rows give the same model, to the byte."""

import hashlib
import json
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from elt.predicting import drift
from elt.predicting.candidates import Fitted, best_of
from elt.predicting.encoding import Encoder
from elt.predicting.evaluation import OutOfSample, evaluate, fit_all, labelled, without_leaks
from elt.predicting.frames import Frame
from elt.predicting.gate import Gate, held_segments, refusals
from elt.predicting.leakage import Leak
from elt.predicting.models import from_json
from elt.predicting.report import Report, report
from elt.predicting.subgroups import Subgroup, subgroups
from elt.predicting.tasks import Task
from elt.transforming.dbt_build import project_fingerprint


@dataclass(frozen=True)
class Trained:
    """A model, what it showed, and whether it may be shown. `tested` is None where nothing could be tested."""

    task: Task
    fitted: Fitted
    small_tree: Fitted
    leaks: list[Leak]
    tested: OutOfSample | None
    report: Report | None
    groups: list[Subgroup]
    refusals: list[str]
    held: dict[str, str]
    row_count: int
    student_count: int
    profile: dict[str, Any]
    worst: list[dict[str, Any]]

    def artefact(self) -> bytes:
        """The model as JSON, which `restored` reads."""
        told = {
            "task": self.task.name,
            "candidate": self.fitted.candidate,
            "setting": self.fitted.setting,
            "features": [feature.name for feature in self.fitted.encoder.features],
            "columns": self.fitted.encoder.as_json(),
            "model": self.fitted.model.as_json(),
            "held": self.held,
        }
        return json.dumps(told, sort_keys=True, ensure_ascii=False).encode()


def restored(task: Task, artefact: bytes) -> tuple[Fitted, dict[str, str]]:
    """The model and its held segments. Raises KeyError where the task has lost a feature since."""
    told = json.loads(artefact)
    features = {feature.name: feature for feature in task.features}
    kept = [features[name] for name in told["features"]]
    encoder = Encoder.from_json(kept, told["columns"])
    return Fitted(told["candidate"], told["setting"], encoder, from_json(told["model"]), float("nan")), told["held"]


def train(task: Task, frame: Frame, gate: Gate) -> Trained | None:
    """None where no row has an outcome of both kinds, so that there is nothing to fit."""
    rows = labelled(task, frame)
    target = rows.numbers(task.target)
    if len(np.unique(target)) < 2:
        return None
    features, leaks = without_leaks(task, rows)
    # One thread: sums then have one order, and a byte is a byte. On a busy machine threads only wait for each other.
    with threadpool_limits(1):
        tested = evaluate(task, features, rows)
        found = report(task, tested) if tested else None
        groups = subgroups(task, tested, gate["capacity_rate"]) if tested else []
        fitted = fit_all(task, features, rows)
    return Trained(
        task=task,
        fitted=best_of(fitted),
        small_tree=next(one for one in fitted if one.candidate == "small_tree"),
        leaks=leaks,
        tested=tested,
        report=found,
        groups=groups,
        refusals=refusals(task, tested, found, groups, gate),
        held=held_segments(task, found, gate) if found else {},
        row_count=len(rows),
        student_count=len(np.unique(rows.students)),
        profile=drift.profile(features, rows),
        worst=_worst(task, tested),
    )


def _worst(task: Task, tested: OutOfSample | None) -> list[dict[str, Any]]:
    """Of numbers: the hundredth of the rows that carries most of the error, and its share of the squares."""
    if tested is None or task.kind == "classification":
        return []
    error = tested.predicted["model"] - tested.target
    count = max(1, len(error) // 100)
    order = np.argsort(-np.abs(error), kind="stable")[:count]
    share = float((error[order] ** 2).sum() / (error**2).sum())
    rows = [
        {
            "unit": str(tested.frame["unit"][row]),
            "moment": str(tested.frame["moment"][row]),
            "outcome": round(float(tested.target[row]), 2),
            "predicted": round(float(tested.predicted["model"][row]), 2),
        }
        for row in order[:20]
    ]
    return [{"rows": count, "share_of_squared_error": round(share, 4)}, *rows]


@cache
def program_fingerprint() -> str:
    """Changes with this package, its gate, the dbt project, and the libraries that fit."""
    digest = hashlib.sha256(project_fingerprint().encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in (".py", ".yaml"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update(f"{version('scikit-learn')} {version('numpy')} {platform.machine()}".encode())
    return digest.hexdigest()
