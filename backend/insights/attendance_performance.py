"""Attendance and performance."""

from collections.abc import Sequence

from backend.reporting.association import NOT_CAUSES, threshold
from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.seeds import kpi_threshold, percent, seed
from backend.reporting.values import interval, shown, signed


def finding(rows: Sequence[Row]) -> Finding:
    """The slope over all students shown, or that there is none to tell."""
    if not rows or rows[0]["slope"] is None:
        return Finding("–", "too few students", "There are too few students to relate attendance to scores.")
    row = rows[0]
    between = f"95% interval {interval(row['slope_low'], row['slope_high'])}"
    students = f"{shown(row['n'], 'integer')} students with attendance{_unregistered(row['unregistered_count'])}"
    if not row["is_found"]:
        return Finding(
            "0",
            "relation found",
            f"Nothing was found: {signed(row['slope'])} points per 10 percentage points of attendance ({between}, "
            f"{students}) may well be chance.{_left_out(rows)}",
        )
    return Finding(
        signed(row["slope"]),
        "points per 10 percentage points of attendance",
        f"Associated with, not caused by: over {students}, {between}, "
        f"q {shown(row['q_value'], 'p_value')}.{_left_out(rows)}",
        brief=f"Associated with, not caused by: over {students}, {between}.",
    )


def _unregistered(count: int) -> str:
    return f" ({count} of them not in the register)" if count else ""


def _left_out(rows: Sequence[Row]) -> str:
    """How many students the chart leaves out, and where on the axis they would be."""
    hidden = [row for row in rows if row["is_suppressed"]]
    drawn = [row for row in rows if not row["is_suppressed"]]
    if not hidden:
        return ""
    count = rows[0]["n"] - sum(row["student_count"] for row in drawn)
    low = bool(drawn) and max(row["to_rate"] for row in hidden) <= min(row["from_rate"] for row in drawn)
    where = f" at {shown(max(row['to_rate'] for row in hidden), 'rate')} attendance or less" if low else ""
    return (
        f" The chart leaves out {shown(count, 'integer')} students{where}: their {len(hidden)} "
        f"bin{'s are' if len(hidden) != 1 else ' is'} too small to be shown, or would give such a one away."
    )


COLOR = {
    "field": "attendance_band",
    "type": "nominal",
    "title": "Band",
    "scale": {"domain": [band["attendance_band"] for band in seed("attendance_band")]},
}

BANDS = ", ".join(percent(band["above_rate"]) for band in seed("attendance_band") if band["above_rate"])

INSIGHT = Insight(
    name="attendance_performance",
    title="Attendance and performance",
    question="Do students who come more often score higher?",
    definition=Definition(
        measure="Mean total score by attendance rate; the slope is in points per 10 percentage points of attendance.",
        numerator="Sum over the students of a bin of each student's own mean total score.",
        denominator="Number of these students. A student is one observation: the mean over all of the student's "
        "subjects and terms, of scores and of attendance alike.",
        exclusions="Students without attendance or without a score; bins with too few students are hidden, "
        "and one more where they could be worked out from the others.",
        threshold=f"Attendance bands at {BANDS}; fewest students shown {kpi_threshold('suppression_minimum')}. "
        + threshold("attendance"),
        threshold_seeds=("attendance_band", "kpi_threshold", "association_rule"),
    ),
    datasets=("laurel/academic_history", "laurel/parents"),
    sql="""
        select
            bin.from_rate, bin.to_rate, bin.attendance_band, bin.student_count, bin.mean_score, bin.mean_score_low,
            bin.mean_score_high, bin.is_suppressed,
            slope.n, slope.difference as slope, slope.difference_low as slope_low, slope.difference_high as slope_high,
            slope.q_value, slope.is_found,
            coalesce(missing.unregistered_count, 0) as unregistered_count
        from marts.rpt_attendance_performance as bin
        left join marts.rpt_factor_association as slope
            on slope.analysis = 'attendance' and slope.population = bin.grade_level
        left join marts.rpt_unregistered_student as missing
            on missing.source_system = bin.source_system and missing.grade_level = bin.grade_level
        where bin.grade_level = coalesce(%(grade_level)s, 'All grade levels')
        order by bin.from_rate
    """,
    columns=(
        Column("from_rate", "Attendance above", "rate"),
        Column("to_rate", "up to", "rate"),
        Column("attendance_band", "Band", "text"),
        Column("student_count", "Students", "integer"),
        Column("mean_score", "Mean score", "number"),
        Column("mean_score_low", "95% from", "number"),
        Column("mean_score_high", "to", "number"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "transform": [
            {"filter": "!datum.is_suppressed"},
            {"calculate": "(datum.from_rate + datum.to_rate) / 2", "as": "middle_rate"},
        ],
        "width": "container",
        "height": 320,
        "encoding": {
            "x": {
                "field": "middle_rate",
                "type": "quantitative",
                "title": "Attendance rate (middle of a bin of 2.5 points)",
                "axis": {"format": "%"},
                "scale": {"zero": False, "padding": 20},
            },
            "color": COLOR,
            "tooltip": [
                {"field": "from_rate", "title": "Above", "format": ".1%"},
                {"field": "to_rate", "title": "Up to", "format": ".1%"},
                {"field": "mean_score", "title": "Mean score", "format": ".1f"},
                {"field": "mean_score_low", "title": "95% from", "format": ".1f"},
                {"field": "mean_score_high", "title": "to", "format": ".1f"},
                {"field": "student_count", "title": "Students"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "y": {
                        "field": "mean_score_low",
                        "type": "quantitative",
                        "title": "Mean total score, 95% interval",
                        "scale": {"zero": False},
                    },
                    "y2": {"field": "mean_score_high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110},
                "encoding": {"y": {"field": "mean_score", "type": "quantitative"}},
            },
        ],
    },
    finding=finding,
    caveats=(NOT_CAUSES, "Illness, or trouble at home, may keep a child away and lower its scores as well."),
    parameters=(
        Parameter(
            name="grade_level",
            label="Grade level",
            values_sql="select grade_level from marts.rpt_attendance_performance "
            "where grade_level <> 'All grade levels' group by grade_level order by grade_level",
            all_label="All grade levels",
        ),
    ),
    kpis=("attendance_rate",),
)
