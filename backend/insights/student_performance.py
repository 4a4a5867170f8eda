"""Study conditions against exam scores, from a dataset that a researcher brings."""

from collections.abc import Sequence

from backend.reporting import association
from backend.reporting.insight import Definition, Finding, Insight, Row

DATASET = "factors/student_performance"
_said = association.finding("points")


def finding(rows: Sequence[Row]) -> Finding:
    """What goes with the exam score; without the dataset, how to bring it."""
    if rows:
        return _said(rows)
    return Finding(
        "–",
        "no such dataset yet",
        f"Nobody has shared a dataset {DATASET}. Describe it from a sample on the page Datasets, with a number "
        "`exam_score` and any of hours_studied, attendance, sleep_hours, previous_scores, tutoring_sessions, "
        "parental_involvement, access_to_resources, motivation_level, family_income, teacher_quality and so on; load "
        "it, then share it.",
        brief=f"Nobody has shared a dataset {DATASET}; the page says how to bring it.",
    )


INSIGHT = Insight(
    name="student_performance",
    title="What goes with exam scores",
    question="Which conditions (hours, attendance, parental involvement, resources, teacher quality …) go with a "
    "higher exam score?",
    definition=Definition(
        measure="Difference in mean exam score between students with one condition and those with another; for "
        "numbers, points per step.",
        numerator="Sum of the exam scores of the students with that condition.",
        denominator="Number of those students; each row of the dataset is one student.",
        exclusions="Students without an exam score, and cells left empty. Columns marked personal are not read.",
        threshold=association.threshold("student_performance"),
        threshold_seeds=("association_rule",),
    ),
    datasets=(DATASET,),
    sql=f"{association.SELECT} where analysis = 'student_performance' {association.ORDER}",
    columns=association.COLUMNS,
    chart=association.forest("points of exam score"),
    finding=finding,
    caveats=(
        association.NOT_CAUSES,
        "The data are what a researcher brought; they need not be of this school.",
    ),
)
