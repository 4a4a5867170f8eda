"""Parental engagement and income against results."""

from backend.reporting import association
from backend.reporting.insight import Definition, Insight

INSIGHT = Insight(
    name="guardian_background",
    title="Parents' engagement and income",
    question="Do children of more engaged or better-off parents score higher?",
    definition=Definition(
        measure="Difference in mean total score between households with one answer and the other households.",
        numerator="Sum over the children of a household of each child's own mean total score.",
        denominator="Number of these children. A household is the children who have exactly the same parents or "
        "guardians on file; it is one observation, however many children or parents it has.",
        exclusions="Students with no parent on file; households whose parents differ in the factor at hand.",
        threshold=association.threshold("guardian"),
        threshold_seeds=("association_rule",),
    ),
    datasets=("laurel/academic_history", "laurel/parents"),
    sql=f"{association.SELECT} where analysis = 'guardian' {association.ORDER}",
    columns=association.COLUMNS,
    chart=association.forest("points of total score"),
    finding=association.finding("points"),
    caveats=(
        association.NOT_CAUSES,
        "Engagement, income and education go together: the differences of two factors overlap and must not be added.",
    ),
)
