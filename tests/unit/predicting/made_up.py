"""Small made-up students with a known truth, for tests that break a promise on purpose."""

import numpy as np

from elt.predicting.frames import Frame, from_rows
from elt.predicting.tasks import Baseline, Feature, Folds, Forward, Plan, Task

NAMES = (
    "student_key", "student_id", "source_system", "unit", "moment", "segment", "is_coming", "failed", "score",
    "earlier", "attendance", "noise", "terms_ago", "tier", "gender", "test", "exam",
)  # fmt: skip
FEATURES = (
    Feature("earlier", "earlier score", unit="points"),
    Feature("attendance", "attendance", unit="rate"),
    Feature("noise", "noise", unit="points"),
)


def students(count: int = 160, terms: int = 6, *, seed: int = 1, signal: float = 8.0, bias: float = 0.0) -> Frame:
    """A row per student and term, the last of them coming; `bias` lowers half of them, and no feature tells whom."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        ability, gender = generator.normal(0, signal), "F" if number % 2 else "M"
        for ago in range(terms - 1, -2, -1):
            earlier = 55 + ability + generator.normal(0, 4)
            score = 55 + ability + generator.normal(0, 6) - (bias if gender == "F" else 0)
            test = round(0.4 * score)
            failed = None if ago < 0 else float(score < 50)
            rows.append(
                (
                    f"s{number:04d}", f"S{number}", "made_up", "", f"term {terms - ago:02d}", f"term {terms - ago:02d}",
                    ago < 0, failed, None if ago < 0 else score, earlier, 0.9 + 0.01 * generator.normal(),
                    generator.normal(), float(ago), float(earlier < 45), gender, test, score - test,
                )
            )  # fmt: skip
    return from_rows(NAMES, rows)


def task(plan: Plan | None = None, *features: Feature) -> Task:
    """Failing, from what was known before; by default forward in time."""
    return Task(
        name="made_up",
        title="Failing",
        family="made_up",
        kind="classification",
        sql="",
        target="failed",
        score="score",
        features=(*FEATURES, *features),
        baselines=(Baseline("majority", "the usual rate"), Baseline("rule_tier", "the tier", "tier")),
        plan=plan or Forward(),
        subgroups=("gender",),
        tier="tier",
        segments_must_hold=True,
    )


def numbers_task(*features: Feature) -> Task:
    """The score itself, without time."""
    return Task(
        name="made_up_score",
        title="Score",
        family="made_up",
        kind="regression",
        sql="",
        target="score",
        features=(*FEATURES, *features),
        baselines=(Baseline("mean", "the usual number"),),
        plan=Folds(repeats=2),
    )
