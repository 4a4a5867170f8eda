"""Results by teacher, against colleagues of the same subject and term. It tells of single teachers."""

from collections.abc import Sequence

from backend.reporting import association
from backend.reporting.insight import OF_STUDENTS, Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.seeds import kpi_threshold, seed
from backend.reporting.values import interval, signed

MAXIMUM_Q = next(row["maximum_q_value"] for row in seed("association_rule") if row["analysis"] == "teacher")


def finding(rows: Sequence[Row]) -> Finding:
    """How many differ from their colleagues, and who most."""
    compared = [row for row in rows if row["difference"] is not None]
    if not compared:
        return Finding("–", "nobody to compare", "No subject shown here is taught by more than one teacher.")
    apart = [row for row in compared if row["is_found"]]
    if not apart:
        said = "Nothing was found: no teacher's students stand out more than chance would make some of so many."
        return Finding("0", f"of {len(compared)} differ from colleagues of the same subject", said)
    most = max(apart, key=lambda row: abs(row["difference"]))
    return Finding(
        str(len(apart)),
        f"of {len(compared)} differ from colleagues of the same subject",
        f"Most: {most['teacher_id']} in {most['subject']}, {signed(most['difference'])} points, 95% interval "
        f"{interval(most['difference_low'], most['difference_high'])}. Associated with, not caused by.",
    )


INSIGHT = Insight(
    name="teacher_results",
    title="Results by teacher",
    question="Do some teachers' students reach more than others' in the same subject and term?",
    definition=Definition(
        measure="Points by which a teacher's students are above or below the students of other teachers in the same "
        "subject and term; beside it the pass rate and the mean total score.",
        numerator="Sum over the teacher's students of their own mean distance from the colleagues' mean.",
        denominator="Distinct students with a grade from the teacher in the subject: students are the observations.",
        exclusions="Grades without a total score or that name no teacher; no distance where nobody else teaches the "
        "subject in that term. Teachers with too few students are hidden.",
        threshold=f"Pass mark {kpi_threshold('pass_mark')}; fewest students shown "
        f"{kpi_threshold('suppression_minimum')}. A teacher differs where the rate of false findings over all "
        f"teachers and subjects stays below {MAXIMUM_Q} (Welch's t against the colleagues' students; Benjamini and "
        "Hochberg).",
        threshold_seeds=("kpi_threshold", "association_rule"),
    ),
    datasets=("laurel/academic_history", "laurel/teachers"),
    sql="""
        select
            teacher_id, subject, student_count, graded_count, passed_count, pass_rate, mean_score, difference,
            difference_low, difference_high, q_value, is_found, is_suppressed
        from marts.rpt_teacher_result
        where %(subject)s::text is null or subject = %(subject)s
        order by difference desc nulls last, teacher_id, subject
    """,
    columns=(
        Column("teacher_id", "Teacher", "text"),
        Column("subject", "Subject", "text"),
        Column("difference", "Difference", "number"),
        Column("difference_low", "95% from", "number"),
        Column("difference_high", "to", "number"),
        Column("q_value", "q", "p_value"),
        Column("is_found", "Found", "flag"),
        Column("mean_score", "Mean score", "number"),
        Column("pass_rate", "Pass rate", "rate"),
        Column("passed_count", "Passed", "integer"),
        Column("graded_count", "Graded", "integer"),
        Column("student_count", "Students", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "transform": [
            {"filter": "!datum.is_suppressed && isValid(datum.difference)"},
            {"calculate": "datum.teacher_id + ' ' + datum.subject", "as": "label"},
            {
                "calculate": f"datum.is_found ? '{association.DIFFERS}' : '{association.NO_DIFFERENCE}'",
                "as": "verdict",
            },
        ],
        "width": "container",
        "height": {"step": 20},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": {"grid": False}},
            "color": association.VERDICT,
            "tooltip": [
                {"field": "teacher_id", "title": "Teacher"},
                {"field": "subject", "title": "Subject"},
                {"field": "difference", "title": "Difference", "format": ".2f"},
                {"field": "difference_low", "title": "95% from", "format": ".2f"},
                {"field": "difference_high", "title": "to", "format": ".2f"},
                {"field": "q_value", "title": "q", "format": ".3f"},
                {"field": "mean_score", "title": "Mean score", "format": ".1f"},
                {"field": "pass_rate", "title": "Pass rate", "format": ".1%"},
                {"field": "student_count", "title": "Students"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "x": {
                        "field": "difference_low",
                        "type": "quantitative",
                        "title": "Points above or below colleagues",
                    },
                    "x2": {"field": "difference_high"},
                },
            },
            association.POINT,
            association.ZERO,
        ],
    },
    finding=finding,
    caveats=(
        association.NOT_CAUSES,
        "Who teaches which class is not drawn by lot: a teacher may have the stronger or the weaker students. An "
        "interval is of one teacher alone; of many, one in twenty leaves out zero by chance.",
    ),
    parameters=(
        Parameter(
            name="subject",
            label="Subject",
            values_sql="select subject from marts.rpt_teacher_result group by subject order by subject",
            all_label="All subjects",
        ),
    ),
    audience=OF_STUDENTS,
)
