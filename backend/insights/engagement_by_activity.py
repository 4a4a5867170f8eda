"""OULAD: what students click on."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown

WHOLE = "All activities"
BRINGS = "vle.csv and studentVle.csv (also packed, .csv.gz)"


def finding(rows: Sequence[Row]) -> Finding:
    """The activity types with most clicks."""
    types = [row for row in rows if row["activity_type"] != WHOLE]
    if types and all(row["activity_type"] == "unknown" for row in types):
        return oulad.not_loaded(BRINGS)  # clicks alone do not tell what was clicked on
    if not types:
        return Finding("–", "hidden", f"Too few visits to tell activity types apart. {oulad.SMALLEST}")
    total = sum(row["click_count"] for row in rows if row["activity_type"] == WHOLE)
    first, *others = sorted(types, key=lambda row: row["click_count"], reverse=True)
    told = ", ".join(f"{row['activity_type']} ({shown(row['click_rate'], 'rate')})" for row in others[:3])
    return Finding(
        first["activity_type"],
        f"gets {shown(first['click_rate'], 'rate')} of all clicks",
        f"{shown(total, 'integer')} clicks on {len(types)} activity types. "
        f"{f'Next: {told}.' if told else 'There is no other.'}{oulad.coverage(rows)}",
    )


INSIGHT = Insight(
    name="engagement_by_activity",
    title="Engagement by activity type (OULAD)",
    question="What in the learning environment do students click on?",
    definition=Definition(
        measure="Share of clicks that an activity type gets.",
        numerator="Clicks on sites of the type.",
        denominator="All clicks of the presentation.",
        exclusions="Presentations in which too few students clicked, and types with too few visits (student x site x "
        "day), are hidden, with another where they could be worked out. All presentations are all that have clicks "
        "on file; their total is of everybody, unless it told what is hidden.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/student_vle", "oulad/vle"),
    sql="""
        select
            activity_type, resource_count, visit_count, click_count, click_rate, is_suppressed,
            section_name,
            (
                select count(distinct section_name) from marts.rpt_engagement_activity
                where section_name <> 'All presentations'
            ) as presentation_count,
            (select count(*) from marts.dim_course_section where source_system = 'oulad') as known_count
        from marts.rpt_engagement_activity
        where section_name = coalesce(%(presentation)s, 'All presentations')
        order by activity_type = 'All activities' desc, click_count desc nulls last, activity_type
    """,
    columns=(
        Column("activity_type", "Activity type", "text"),
        Column("click_count", "Clicks", "integer"),
        Column("click_rate", "Share", "rate"),
        Column("visit_count", "Visits", "integer"),
        Column("resource_count", "Sites", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 22},
        "transform": [{"filter": f"datum.activity_type != '{WHOLE}'"}],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "activity_type", "type": "nominal", "title": None, "sort": None},
            "x": {"field": "click_count", "type": "quantitative", "title": "Clicks"},
            "tooltip": [
                {"field": "activity_type", "title": "Activity type"},
                {"field": "click_count", "title": "Clicks"},
                {"field": "click_rate", "title": "Share", "format": ".1%"},
                {"field": "visit_count", "title": "Visits"},
                {"field": "resource_count", "title": "Sites"},
            ],
        },
    },
    finding=oulad.finding(BRINGS, finding),
    caveats=(
        "A click is a click: a forum takes many where a text takes one, so types are not compared in time spent.",
    ),
    parameters=(oulad.presentation("rpt_engagement_activity"),),
)
