"""OULAD: how many assessments are handed in after their due day."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown

WHOLE = "All kinds"
BRINGS = "assessments.csv and studentAssessment.csv"


def finding(rows: Sequence[Row]) -> Finding:
    """The share over all kinds, and each kind."""
    kinds = [row for row in rows if row["assessment_kind"] != WHOLE and row["due_count"]]
    whole = [row for row in rows if row["assessment_kind"] == WHOLE]
    due, late = (sum(row[name] for row in whole or kinds) for name in ("due_count", "late_count"))
    if all(row["assessment_kind"] in (WHOLE, "Unknown") for row in rows):
        return oulad.not_loaded(BRINGS)  # results alone do not tell when they were due
    if not due:
        return Finding("–", "nothing was due", "No result on file belongs to an assessment with a due day.")
    told = ", ".join(f"{row['assessment_kind']} {shown(row['late_rate'], 'rate')}" for row in kinds)
    mean = sum(row["mean_days_late"] * row["late_count"] for row in whole or kinds if row["late_count"])
    days = f" Late ones are {shown(mean / late, 'number')} days late in the mean." if late else ""
    return Finding(
        shown(late / due, "rate"),
        "of submissions are late",
        f"{shown(late, 'integer')} of {shown(due, 'integer')} came after the due day. "
        f"By kind: {told or 'hidden'}.{days}",
    )


INSIGHT = Insight(
    name="late_submissions",
    title="Late submissions (OULAD)",
    question="How many assessments are handed in late, and how late?",
    definition=Definition(
        measure="Share of submissions that come after the due day of their assessment.",
        numerator="Results submitted on a later day than the due day.",
        denominator="Results of assessments with a due day.",
        exclusions="Results taken over from an earlier presentation (banked), and assessments without a date, as some "
        "exams; kinds and presentations with too few students are hidden, with another where they could be worked out; "
        "the total is of everybody, unless it told what is hidden.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/assessments", "oulad/student_assessment"),
    sql="""
        select
            assessment_kind, result_count, banked_count, due_count, late_count, late_rate, mean_days_late,
            is_suppressed
        from marts.rpt_late_submission
        where section_name = coalesce(%(presentation)s, 'All presentations')
        order by assessment_kind = 'All kinds' desc, assessment_kind
    """,
    columns=(
        Column("assessment_kind", "Kind", "text"),
        Column("late_count", "Late", "integer"),
        Column("due_count", "Due", "integer"),
        Column("late_rate", "Late share", "rate"),
        Column("mean_days_late", "Mean days late", "number"),
        Column("banked_count", "Banked", "integer"),
        Column("result_count", "Results", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 40},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "assessment_kind", "type": "nominal", "title": None, "sort": None},
            "x": {
                "field": "late_rate",
                "type": "quantitative",
                "title": "Late share",
                "axis": {"format": "%"},
            },
            "tooltip": [
                {"field": "assessment_kind", "title": "Kind"},
                {"field": "late_rate", "title": "Late share", "format": ".1%"},
                {"field": "late_count", "title": "Late"},
                {"field": "due_count", "title": "Due"},
                {"field": "mean_days_late", "title": "Mean days late", "format": ".1f"},
                {"field": "banked_count", "title": "Banked"},
                {"field": "result_count", "title": "Results"},
            ],
        },
    },
    finding=oulad.finding(BRINGS, finding),
    caveats=(
        "What was never handed in is not on file, so it is not late either.",
        "TMA is marked by a tutor, CMA by a computer.",
    ),
    parameters=(oulad.presentation("rpt_late_submission"),),
    kpis=("oulad_late_share",),
)
