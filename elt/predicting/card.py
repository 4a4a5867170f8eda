"""The model card: what it was trained on, how it was judged, what it may not be used for."""

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from psycopg2.extensions import connection as Connection

from elt.predicting.candidates import CANDIDATES, SEED
from elt.predicting.gate import Gate
from elt.predicting.resampling import RESAMPLES
from elt.predicting.tasks import Folds, Forward, Presentations, Task
from elt.predicting.training import Trained
from elt.transforming.dbt_build import project_fingerprint

NEVER_A_CAUSE = (
    "A reason says what goes along with the estimate, never what causes the outcome, and never what would help.",
    "Made to offer help to students, not to select, grade or punish them.",
)


def split_in_words(plan: object) -> str:
    """How test rows were kept from training, in a sentence."""
    match plan:
        case Forward(test_terms=terms, folds=folds):
            return (
                f"Tested on the latest {terms} terms, trained on the terms before them; students are dealt into "
                f"{folds} groups, and those of the group that is tested are never trained on."
            )
        case Presentations():
            return (
                "Each presentation is tested by a model of presentations that were over before it began; students who "
                "are in both are left out of training."
            )
        case Folds(folds=folds, repeats=repeats):
            return f"Cross-validation without time: {folds} folds, {repeats} times, each student in one fold."
    raise TypeError(type(plan).__name__)


def card(connection: Connection, trained: Trained, gate: Gate) -> dict[str, Any]:
    """The card as JSON: plain values, nothing of a single student."""
    task, tested = trained.task, trained.tested
    return {
        "task": task.name,
        "outcome": task.title,
        "algorithm": next(one.label for one in CANDIDATES if one.name == trained.fitted.candidate),
        "setting": trained.fitted.setting,
        "seed": SEED,
        "data": _data_versions(connection, task),
        "rows": trained.row_count,
        "students": trained.student_count,
        "features": [{"name": one.name, "label": one.label} for one in trained.fitted.encoder.features],
        "refused_features": [asdict(leak) for leak in trained.leaks],
        "split": split_in_words(task.plan),
        "splits": list(tested.split_names) if tested else [],
        "test_rows": len(tested.target) if tested else 0,
        "chosen_per_split": tested.chosen if tested else {},
        "intervals": f"95%, percentiles of {RESAMPLES} resamplings of students",
        "gate": dict(gate.limits),
        "held_segments": trained.held,
        "worst_rows": trained.worst,
        "limits": [*task.limits, *NEVER_A_CAUSE],
        "training_profile": trained.profile,
        "made_with": {
            "dbt_project": project_fingerprint()[:12],
            "scikit-learn": version("scikit-learn"),
            "numpy": version("numpy"),
        },
    }


def _data_versions(connection: Connection, task: Task) -> list[dict[str, Any]]:
    """Which version of each dataset of the task was seen, and the submissions behind it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select dataset_id, modelled_version, count(submission.submission_id)
            from catalog.dataset
            left join catalog.submission using (dataset_id)
            where
                (submission.status is null or submission.status = 'modelled')
                and case
                    when %(described)s is null
                        then split_part(dataset_id, '/', 1) = %(family)s and dataset.account_id is null
                    else dataset_id = %(described)s
                end
            group by dataset_id, modelled_version order by dataset_id
            """,
            {"described": task.described_dataset, "family": task.family},
        )
        return [
            {"dataset": dataset, "version": number, "submissions": count}
            for dataset, number, count in cursor.fetchall()
        ]
