"""OULAD: clicks in the virtual learning environment by week, and how they differ by final result."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown

WHOLE = "All results"


def finding(rows: Sequence[Row]) -> Finding:
    """Clicks per student and week, over all and by final result."""
    whole = [row for row in rows if row["final_result"] == WHOLE]
    total = shown(sum(row["click_count"] for row in whole), "integer")
    return Finding(
        shown(_mean(whole), "number"),
        "clicks per enrolled student and week",
        f"{total} clicks in {len(whole)} weeks.{_by_result(rows)}{oulad.coverage(rows)}",
    )


def _mean(rows: Sequence[Row]) -> float | None:
    weeks = sum(row["enrolled_count"] for row in rows)
    return sum(row["click_count"] for row in rows) / weeks if weeks else None


def _by_result(rows: Sequence[Row]) -> str:
    """The results compared over the same weeks: those that hide none of them."""
    weeks: dict[str, set[int]] = {}
    for row in rows:
        if row["final_result"] != WHOLE:
            weeks.setdefault(row["final_result"], set()).add(row["presentation_week"])
    common = set.intersection(*weeks.values()) if weeks else set()
    means = {
        result: mean
        for result in weeks
        if (
            mean := _mean([row for row in rows if row["final_result"] == result and row["presentation_week"] in common])
        )
        is not None
    }
    if not means:
        return " By final result: in every week one is hidden."
    ranked = sorted(means, key=lambda result: means[result], reverse=True)
    told = ", ".join(f"{result} {shown(means[result], 'number')}" for result in ranked)
    return f" By final result, over the {len(common)} weeks that hide none: {told}."


INSIGHT = Insight(
    name="engagement_by_week",
    title="Engagement by week and final result (OULAD)",
    question="How much do students use the learning environment each week, and do those who pass use it more?",
    definition=Definition(
        measure="Engagement: clicks per enrolled student and week; beside it the share with any click in the week.",
        numerator="Clicks in the week, of students with this final result; all of them in `All results`.",
        denominator="Students registered during the week: registered in it or before, and not unregistered before it.",
        exclusions="Weeks of which no file of clicks tells, and a presentation's last week where its clicks end within "
        "it; presentations whose students or registrations are not loaded, and students without a registration. "
        "Results with too few students in a week are hidden, with another where they could be worked out. All "
        "presentations are all that have clicks on file; their total is of everybody, unless it told what is hidden.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/student_info", "oulad/student_registration", "oulad/student_vle"),
    sql="""
        select
            presentation_week, final_result, enrolled_count, active_count, click_count, active_rate,
            clicks_per_student, is_suppressed,
            section_name,
            (
                select count(distinct section_name) from marts.rpt_engagement_week
                where section_name <> 'All presentations'
            ) as presentation_count,
            (select count(*) from marts.dim_course_section where source_system = 'oulad') as known_count
        from marts.rpt_engagement_week
        where section_name = coalesce(%(presentation)s, 'All presentations')
        order by presentation_week, final_result
    """,
    columns=(
        Column("presentation_week", "Week", "integer"),
        Column("final_result", "Final result", "text"),
        Column("click_count", "Clicks", "integer"),
        Column("enrolled_count", "Enrolled", "integer"),
        Column("clicks_per_student", "Clicks per student", "number"),
        Column("active_count", "Active", "integer"),
        Column("active_rate", "Active share", "rate"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": 340,
        "mark": {"type": "line", "point": {"size": 20}},
        "encoding": {
            "x": {"field": "presentation_week", "type": "quantitative", "title": "Week of the presentation"},
            "y": {"field": "clicks_per_student", "type": "quantitative", "title": "Clicks per enrolled student"},
            "color": {
                "field": "final_result",
                "type": "nominal",
                "title": None,
                # Named, so that the legend has a size where there are no rows.
                "scale": {"domain": ["Distinction", "Fail", "Pass", "Withdrawn", "Unknown", "All results"]},
            },
            "tooltip": [
                {"field": "presentation_week", "title": "Week"},
                {"field": "final_result", "title": "Final result"},
                {"field": "clicks_per_student", "title": "Clicks per student", "format": ".1f"},
                {"field": "active_rate", "title": "Active share", "format": ".1%"},
                {"field": "active_count", "title": "Active"},
                {"field": "enrolled_count", "title": "Enrolled"},
                {"field": "click_count", "title": "Clicks"},
            ],
        },
    },
    finding=oulad.finding(
        "studentInfo.csv, studentRegistration.csv and studentVle.csv (also packed, .csv.gz)", finding
    ),
    caveats=(
        oulad.DAYS,
        "Who clicks more passes more often; whether clicking helps is another question.",
        "Lines alike in every column are clicks of their own.",
    ),
    parameters=(oulad.presentation("rpt_engagement_week"),),
    kpis=("oulad_clicks_per_student",),
)
