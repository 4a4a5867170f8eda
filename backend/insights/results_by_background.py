"""OULAD: final results by deprivation band, education, age and disability."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.values import shown, signed

WHOLE = "All students"
NOT_STATED = "Not stated"  # in the table, but no group that a finding could speak of
RESULTS = ("Distinction", "Pass", "Fail", "Withdrawn")


def finding(rows: Sequence[Row]) -> Finding:
    """The share that passes, and the widest gaps whose interval does not hold zero."""
    whole = next((row for row in rows if row["level"] == WHOLE), None)
    apart = [row for row in rows if row["gap_pct"] is not None and row["gap_low_pct"] * row["gap_high_pct"] > 0]
    widest = sorted(
        (row for row in apart if row["level"] != NOT_STATED), key=lambda row: abs(row["gap_pct"]), reverse=True
    )
    details = tuple(
        f"{row['attribute_label']} {row['level']}: {shown(row['pass_rate'], 'rate')} pass, {signed(row['gap_pct'])} "
        f"points (95% from {signed(row['gap_low_pct'])} to {signed(row['gap_high_pct'])}) against everybody else."
        for row in widest[:5]
    )
    told = (
        f"Furthest from everybody else: {widest[0]['attribute_label']} {widest[0]['level']} "
        f"({signed(widest[0]['gap_pct'])} points)."
        if widest
        else "No stated group differs from everybody else by more than chance explains."
    )
    return Finding(
        shown(whole and whole["pass_rate"], "rate"),
        "of enrollments end with Pass or Distinction",
        told,
        details,
    )


INSIGHT = Insight(
    name="results_by_background",
    title="Results by deprivation, education, age and disability (OULAD)",
    question="Do results differ by deprivation band, earlier education, age or disability?",
    definition=Definition(
        measure="Share of enrollments that end with Pass or Distinction; its difference, in percentage points, from "
        "that of everybody else, with a 95% interval; beside it the withdrawal rate.",
        numerator="Enrollments of the group that end with Pass or Distinction; with Withdrawn for the withdrawal rate.",
        denominator="Enrollments of the group with a final result.",
        exclusions="Enrollments without a final result. `Not stated` is a group of its own. Groups with too few "
        "students are hidden, and one more where they could be worked out.",
        threshold=oulad.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/student_info",),
    sql="""
        select
            attribute_label, level, student_count, enrollment_count, distinction_count, pass_count, fail_count,
            withdrawn_count, pass_rate, withdrawal_rate, gap_pct, gap_low_pct, gap_high_pct, is_suppressed
        from marts.rpt_background_result
        where %(attribute)s::text is null or attribute_label = %(attribute)s
        order by attribute_order, level = 'All students' desc, level
    """,
    columns=(
        Column("attribute_label", "Attribute", "text"),
        Column("level", "Group", "text"),
        Column("pass_rate", "Pass rate", "rate"),
        Column("gap_pct", "Gap in points", "number"),
        Column("gap_low_pct", "95% from", "number"),
        Column("gap_high_pct", "to", "number"),
        Column("withdrawal_rate", "Withdrawal rate", "rate"),
        Column("enrollment_count", "Enrollments", "integer"),
        Column("student_count", "Students", "integer"),
        *(Column(f"{result.lower()}_count", result, "integer") for result in RESULTS),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 20},
        "transform": [
            {"calculate": "datum.attribute_label + ': ' + datum.level", "as": "label"},
            *({"calculate": f"datum.{result.lower()}_count", "as": result} for result in RESULTS),
            {"fold": list(RESULTS), "as": ["final_result", "count"]},
            {"calculate": f"indexof({list(RESULTS)}, datum.final_result)", "as": "result_order"},
        ],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "title": None, "sort": None},
            "x": {
                "field": "count",
                "type": "quantitative",
                "stack": "normalize",
                "title": "Share of enrollments",
                "axis": {"format": "%"},
            },
            "color": {
                "field": "final_result",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(RESULTS), "range": ["#1f6f8b", "#7ab6cc", "#e0b64a", "#a32638"]},
            },
            "order": {"field": "result_order"},
            "tooltip": [
                {"field": "label", "title": "Group"},
                {"field": "final_result", "title": "Final result"},
                {"field": "count", "title": "Enrollments with it"},
                {"field": "enrollment_count", "title": "Enrollments"},
                {"field": "student_count", "title": "Students"},
                {"field": "pass_rate", "title": "Pass rate", "format": ".1%"},
                {"field": "withdrawal_rate", "title": "Withdrawal rate", "format": ".1%"},
                {"field": "gap_pct", "title": "Gap in points", "format": "+.1f"},
                {"field": "gap_low_pct", "title": "95% from", "format": "+.1f"},
                {"field": "gap_high_pct", "title": "to", "format": "+.1f"},
            ],
        },
    },
    finding=oulad.finding("studentInfo.csv", finding),
    caveats=(
        "Associated with, not caused by: who differs in one thing often differs in others too.",
        "A student with several enrollments counts in each, so that intervals are a little too narrow; they are not "
        "corrected for the number of groups.",
        "The deprivation band is that of the student's area (Index of Multiple Deprivation), 0-10% the most deprived.",
    ),
    parameters=(
        Parameter(
            name="attribute",
            label="Attribute",
            values_sql="select attribute_label from marts.rpt_background_result "
            "group by attribute_label, attribute_order order by attribute_order",
            all_label="All attributes",
        ),
    ),
    kpis=("oulad_pass_rate",),
)
