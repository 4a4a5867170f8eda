"""OULAD: in which weeks students leave."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The week in which most leave, and the share that leaves before the start."""
    total = sum(row["withdrawn_count"] for row in rows)
    before = sum(row["withdrawn_count"] for row in rows if row["presentation_week"] < 0)
    if total == before:
        told = f"{shown(before, 'integer')} left before it." if before else "Nobody left before it either."
        return Finding("0", "students left after the start", told)
    worst = max((row for row in rows if row["presentation_week"] >= 0), key=lambda row: row["withdrawn_count"])
    return Finding(
        f"Week {worst['presentation_week']}",
        "is when most students leave",
        f"{shown(worst['withdrawn_count'], 'integer')} of {shown(worst['registered_count'], 'integer')} left in it "
        f"({shown(worst['withdrawal_rate'], 'rate')}). Of all {shown(total, 'integer')} who left, "
        f"{shown(before, 'integer')} did so before the start.",
    )


INSIGHT = Insight(
    name="withdrawals_by_week",
    title="Withdrawals by week (OULAD)",
    question="In which weeks of a presentation do students leave?",
    definition=Definition(
        measure="Withdrawal rate of a week: students who unregister in it, among those registered when it begins.",
        numerator="Enrollments with a day of unregistering in the week.",
        denominator="Enrollments that were not unregistered before the week.",
        exclusions=f"None; {oulad.HIDDEN}. Week -1 holds all the time before the start, and the last week those who "
        "unregister after the end.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/courses", "oulad/student_info", "oulad/student_registration"),
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
                "title": "Week of the presentation (-1: before it)",
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
    finding=oulad.finding("courses.csv, studentInfo.csv and studentRegistration.csv", finding),
    caveats=(
        oulad.DAYS,
        "The total leaves out presentations that are over.",
    ),
    parameters=(oulad.presentation("rpt_withdrawal_week"),),
)
