"""District: which kinds of content there are, and which are opened."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The largest kind, and the most opened one."""
    largest = max(rows, key=lambda row: row["content_rate"])
    opened = [row for row in rows if row["openings_per_content"]]
    most = max(opened, key=lambda row: row["openings_per_content"], default=None)
    least = min(opened, key=lambda row: row["openings_per_content"], default=None)
    told = (
        f"Most opened: {most['content_kind']}, {shown(most['openings_per_content'], 'number')} times each; least: "
        f"{least['content_kind']}, {shown(least['openings_per_content'], 'number')} times."
        if most and least
        else "Nothing was opened yet."
    )
    return Finding(
        shown(largest["content_rate"], "rate"),
        f"of contents are of the kind {largest['content_kind']}",
        told,
    )


INSIGHT = Insight(
    name="district_content",
    title="Content mix (district)",
    question="What are the courses' contents, and which do students open?",
    definition=Definition(
        measure="Share of each kind among the contents, and among the times that contents were opened.",
        numerator="Contents of the kind; times that students opened them.",
        denominator="All contents of the courses; all times that any was opened.",
        exclusions="Contents that no contents file describes, and those of courses that no courses file describes. Of "
        f"the openings, {district.HIDDEN}.",
        threshold=district.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("district/contents", "district/accesses", "district/courses", "district/schools"),
    sql="""
        select
            content_kind, content_count, content_rate, opened_count, opened_rate, openings_per_content, student_count,
            is_suppressed
        from marts.rpt_content_mix
        where source_system = 'district' and school_name = coalesce(%(school)s, 'All schools')
        order by content_count desc, content_kind
    """,
    columns=(
        Column("content_kind", "Kind", "text"),
        Column("content_rate", "Of the contents", "rate"),
        Column("opened_rate", "Of the openings", "rate"),
        Column("openings_per_content", "Opened, each", "number"),
        Column("content_count", "Contents", "integer"),
        Column("opened_count", "Openings", "integer"),
        Column("student_count", "Students", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 14},
        "transform": [
            {"calculate": "datum.content_rate", "as": "Of the contents"},
            {"calculate": "datum.opened_rate", "as": "Of the openings"},
            {"fold": ["Of the contents", "Of the openings"], "as": ["measure", "share"]},
        ],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "content_kind", "type": "nominal", "title": None, "sort": None},
            "yOffset": {"field": "measure", "type": "nominal"},
            "x": {"field": "share", "type": "quantitative", "title": "Share", "axis": {"format": "%"}},
            "color": {
                "field": "measure",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["Of the contents", "Of the openings"], "range": ["#1f6f8b", "#e0b64a"]},
            },
            "tooltip": [
                {"field": "content_kind", "title": "Kind"},
                {"field": "measure", "title": "Share"},
                {"field": "share", "title": "Value", "format": ".1%"},
                {"field": "content_count", "title": "Contents"},
                {"field": "opened_count", "title": "Openings"},
            ],
        },
    },
    finding=district.finding(finding),
    caveats=("Opening a content is not reading it to the end.",),
    parameters=(district.school("rpt_content_mix"),),
)
