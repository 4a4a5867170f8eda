"""Teacher experience and qualification against results."""

from backend.reporting import association
from backend.reporting.insight import Definition, Insight

INSIGHT = Insight(
    name="teacher_background",
    title="Teachers' background and results",
    question="Do students of more experienced or better qualified teachers score higher?",
    definition=Definition(
        measure="Difference in mean total score between teachers with one background and the other teachers; for "
        "years of experience, points per additional year.",
        numerator="Sum of the total scores that a teacher gave, over all classes and terms.",
        denominator="Number of those scores: each teacher is one observation, the mean of the scores given.",
        exclusions="Teachers without a single score; grades that name no teacher, or one who is on no teachers file.",
        threshold=association.threshold("teacher"),
        threshold_seeds=("association_rule",),
    ),
    datasets=("laurel/academic_history", "laurel/teachers"),
    sql=f"{association.SELECT} where analysis = 'teacher' {association.ORDER}",
    columns=association.COLUMNS,
    chart=association.forest("points of total score"),
    finding=association.finding("points"),
    caveats=(
        association.NOT_CAUSES,
        "Teachers teach different subjects, and subjects differ in difficulty; part of a difference may be theirs.",
    ),
)
