"""Gaps between subgroups."""

from backend.reporting import association
from backend.reporting.insight import Definition, Insight, Parameter

INSIGHT = Insight(
    name="subgroup_gaps",
    title="Gaps between groups of students",
    question="Which groups of students are ahead of the others, or behind?",
    definition=Definition(
        measure="Difference between a group and all other students in mean total score, pass rate or attendance.",
        numerator="Sum over the group of each student's own mean (of totals, of passes, of attendance).",
        denominator="Number of students in the group: each student is one observation. Siblings count as a "
        "cluster in the interval, for they share a home.",
        exclusions="Students without a grade, or on no students file; empty answers. Groups of too few "
        "households are hidden, and so are enough others that nobody can work them out.",
        threshold=association.threshold("subgroup"),
        threshold_seeds=("association_rule",),
    ),
    datasets=("laurel/academic_history", "laurel/students", "laurel/parents"),
    sql=f"{association.SELECT} where analysis = 'subgroup' and outcome_label = %(outcome)s {association.ORDER}",
    columns=association.COLUMNS,
    chart=association.forest("points"),
    finding=association.finding("points"),
    caveats=(
        association.NOT_CAUSES,
        "A gap says where to look, not whose fault it is; groups overlap, and their gaps must not be added.",
        "The correction is for all three measures together.",
    ),
    parameters=(
        Parameter(
            name="outcome",
            label="Measure",
            values_sql="select outcome_label from marts.rpt_factor_association where analysis = 'subgroup' "
            "group by outcome_label order by outcome_label",
            default="Mean total score",
        ),
    ),
)
