"""OULAD: in which weeks students leave."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """When most leave (before the start, or in which week), and how many leave before the start."""
    total = sum(row["withdrawn_count"] for row in rows)
    before = sum(row["withdrawn_count"] for row in rows if row["presentation_week"] < 0)
    if total == before:
        told = f"{shown(before, 'integer')} left before it." if before else "Nobody left before it either."
        return Finding("0", "students left after the start", told)
    most = max(row["withdrawn_count"] for row in rows)
    worst = [row for row in rows if row["withdrawn_count"] == most]
    when = " and ".join(_when(row) for row in worst)
    first = worst[0]
    left = (
        f"{shown(most, 'integer')} of {shown(first['registered_count'], 'integer')} left then "
        f"({shown(first['withdrawal_rate'], 'rate')})"
        if len(worst) == 1
        else f"{shown(most, 'integer')} left in each of them"
    )
    return Finding(
        when[:1].upper() + when[1:],
        "is when most students leave" if len(worst) == 1 else "tie: most students leave then",
        f"{left}. Of all {shown(total, 'integer')} who left, {shown(before, 'integer')} did so before the start; "
        "week 0 is the first week.",
    )


def _when(row: Row) -> str:
    return "before the start" if row["presentation_week"] < 0 else f"week {row['presentation_week']}"


INSIGHT = Insight(
    name="withdrawals_by_week",
    title="Withdrawals by week (OULAD)",
    question="In which weeks of a presentation do students leave?",
    definition=Definition(
        measure="Withdrawal rate of a week: students who unregister in it, among those registered when it begins.",
        numerator="Enrollments with a day of unregistering in the week.",
        denominator="Enrollments that were not unregistered before the week.",
        exclusions="Enrollments without a line of registrations, and presentations whose length is not loaded; "
        f"{oulad.HIDDEN}. Week -1 holds all the time before the start, and the last week those who "
        "unregister after the end.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/courses", "oulad/student_registration"),
    sql="""
        select
            presentation_week, registered_count, withdrawn_count, withdrawal_rate, is_suppressed
        from marts.rpt_withdrawal_week
        where section_name = coalesce(%(presentation)s, 'All presentations')
        order by presentation_week
    """,
    columns=(
        Column("presentation_week", "Week", "integer"),
        Column("withdrawn_count", "Left", "integer"),
        Column("registered_count", "Registered before", "integer"),
        Column("withdrawal_rate", "Withdrawal rate", "rate"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": 320,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "presentation_week",
                "type": "ordinal",
                "title": "Week of the presentation (0: the first; -1: before it)",
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": {"field": "withdrawn_count", "type": "quantitative", "title": "Students who left"},
            "tooltip": [
                {"field": "presentation_week", "title": "Week"},
                {"field": "withdrawn_count", "title": "Left"},
                {"field": "registered_count", "title": "Registered before"},
                {"field": "withdrawal_rate", "title": "Withdrawal rate", "format": ".1%"},
            ],
        },
    },
    finding=oulad.finding("courses.csv and studentRegistration.csv", finding),
    caveats=(
        oulad.DAYS,
        "The total leaves out presentations that are over.",
    ),
    parameters=(oulad.presentation("rpt_withdrawal_week"),),
)
