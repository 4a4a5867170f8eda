"""District: how often students add, drop, switch or audit courses."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown

WHOLE = "All"
ACTIONS = {"Add": "adds", "Drop": "drops", "Switch": "switches", "Audit": "audits"}


def finding(rows: Sequence[Row]) -> Finding:
    """Changes per hundred students, and each kind's share."""
    known = [row for row in rows if row["action_label"] != WHOLE]
    whole = [row for row in rows if row["action_label"] == WHOLE] or known
    enrolled = {(row["school_name"], row["session_name"]): row["enrolled_count"] for row in rows}
    changes = sum(row["change_count"] for row in whole)
    told = {action: sum(row["change_count"] for row in known if row["action_label"] == action) for action in ACTIONS}
    return Finding(
        f"{100 * changes / sum(enrolled.values()):.1f}",
        "course-load changes per 100 students and term",
        ", ".join(
            f"{shown(count, 'integer')} {ACTIONS[action]}" for action, count in told.items() if count
        ).capitalize()
        + f" are shown, {shown(changes, 'integer')} changes in all.",
    )


INSIGHT = Insight(
    name="district_course_load",
    title="Course-load changes (district)",
    question="How often do students add, drop, switch or audit courses?",
    definition=Definition(
        measure="Changes of each kind per student of the term.",
        numerator="Adds, drops, switches and audits in courses of the term.",
        denominator="Students with any course in the term.",
        exclusions=f"Changes in courses that no courses file describes. {district.HIDDEN_TOO}.",
        threshold=district.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("district/adjustments", "district/courses", "district/schools"),
    sql="""
        select
            school_name, session_name, action_label, change_count, student_count, enrolled_count, change_rate,
            is_suppressed
        from marts.rpt_course_load_change
        where source_system = 'district' and session_order > 0
            and school_name = coalesce(%(school)s, 'All schools')
            and (%(session)s::text is null or session_name = %(session)s)
        order by session_order, action_order
    """,
    columns=(
        Column("school_name", "School", "text"),
        Column("session_name", "Term", "text"),
        Column("action_label", "Change", "text"),
        Column("change_rate", "Per student", "rate"),
        Column("change_count", "Changes", "integer"),
        Column("student_count", "Students who made it", "integer"),
        Column("enrolled_count", "Students", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "transform": [{"filter": f"datum.action_label !== '{WHOLE}'"}],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "session_name", "type": "nominal", "title": None, "sort": None},
            "x": {
                "field": "change_rate",
                "type": "quantitative",
                "title": "Changes per student",
                "axis": {"format": "%"},
                "stack": "zero",
            },
            "color": {
                "field": "action_label",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(ACTIONS), "range": ["#1f6f8b", "#a32638", "#e0b64a", "#7ab6cc"]},
            },
            "tooltip": [
                {"field": "session_name", "title": "Term"},
                {"field": "action_label", "title": "Change"},
                {"field": "change_rate", "title": "Per student", "format": ".1%"},
                {"field": "change_count", "title": "Changes"},
                {"field": "enrolled_count", "title": "Students"},
            ],
        },
    },
    finding=district.finding(finding),
    caveats=("A student who makes two changes counts twice. A switch stands in the school it goes to.",),
    parameters=(
        district.school("rpt_course_load_change"),
        district.session("rpt_course_load_change", "All terms, one by one"),
    ),
    kpis=("district_load_changes",),
)
