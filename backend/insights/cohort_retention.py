"""OULAD: how many of a presentation's students are still registered, day by day."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """Who stayed to the end, who never began, and by when half of the leavers had left."""
    first, last = rows[0], rows[-1]
    enrolled, gone, before = last["enrolled_count"], last["withdrawn_count"], first["withdrawn_count"]
    half = next(row["presentation_day"] for row in rows if 2 * row["withdrawn_count"] >= gone)
    when = f" Half of all who left had done so by day {half}." if gone else ""
    return Finding(
        shown(last["retention_rate"], "rate"),
        f"still registered on day {last['presentation_day']}",
        f"Of {shown(enrolled, 'integer')} enrollments {shown(gone, 'integer')} were given up, "
        f"{shown(before, 'integer')} of them before or on the first day.{when}",
    )


INSIGHT = Insight(
    name="cohort_retention",
    title="Cohort retention by day (OULAD)",
    question="How many of those who enroll are still there, day by day?",
    definition=Definition(
        measure="Retention: enrollments that are not unregistered by the end of the day, among all enrollments. One "
        "minus it is the withdrawal rate so far.",
        numerator="Enrollments (student x presentation) without a day of unregistering, or with a later one.",
        denominator="All enrollments of the presentation that have a line of registrations, whenever they began.",
        exclusions="Enrollments without a line of registrations, and presentations whose length is not loaded; "
        f"{oulad.HIDDEN}. Who unregisters after the presentation's last day has stayed to its end.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/courses", "oulad/student_registration"),
    sql="""
        select
            presentation_day, enrolled_count, withdrawn_count, retained_count, retention_rate, is_suppressed
        from marts.rpt_cohort_retention
        where section_name = coalesce(%(presentation)s, 'All presentations')
        order by presentation_day
    """,
    columns=(
        Column("presentation_day", "Day", "integer"),
        Column("retained_count", "Registered", "integer"),
        Column("withdrawn_count", "Left so far", "integer"),
        Column("enrolled_count", "Enrolled", "integer"),
        Column("retention_rate", "Retention", "rate"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": 320,
        "mark": {"type": "line", "interpolate": "step-after"},
        "encoding": {
            "x": {"field": "presentation_day", "type": "quantitative", "title": "Day of the presentation"},
            "y": {
                "field": "retention_rate",
                "type": "quantitative",
                "title": "Still registered",
                "scale": {"domain": [0, 1]},
                "axis": {"format": "%"},
            },
            "tooltip": [
                {"field": "presentation_day", "title": "Day"},
                {"field": "retention_rate", "title": "Retention", "format": ".1%"},
                {"field": "retained_count", "title": "Registered"},
                {"field": "withdrawn_count", "title": "Left so far"},
                {"field": "enrolled_count", "title": "Enrolled"},
            ],
        },
    },
    finding=oulad.finding("courses.csv and studentRegistration.csv", finding),
    caveats=(
        oulad.DAYS,
        "Some students whose final result is Withdrawn have no day of unregistering on file: they count as registered.",
        "In the total a presentation that is over keeps the state of its last day.",
    ),
    parameters=(oulad.presentation("rpt_cohort_retention"),),
    kpis=("oulad_withdrawal_rate",),
)
