"""At-risk students by rule tier, with their triggers. For administrators only: it lists single students."""

from collections import Counter
from collections.abc import Sequence

from backend.reporting.charts import COUNTS
from backend.reporting.insight import OF_STUDENTS, Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.risk_rules import tiers_told


def finding(rows: Sequence[Row]) -> Finding:
    """How many students there are, by tier."""
    if not rows:
        return Finding("0", "students at risk", "No student meets a rule in the latest term on file.")
    tiers = Counter(row["risk_tier"] for row in rows)
    of = f"of {rows[0]['student_count']} students"
    if len(tiers) == 1:
        return Finding(str(len(rows)), f"{of} are in tier {next(iter(tiers))}", "Each row says which rule it met.")
    told = ", ".join(f"{tiers[tier]} in tier {tier}" for tier in sorted(tiers, reverse=True))
    return Finding(
        str(len(rows)),
        f"{of} at risk",
        f"{told}. Tier {max(tiers)} needs help first; each row says which rule it met.",
        brief=f"{told}. Tier {max(tiers)} needs help first.",
    )


INSIGHT = Insight(
    name="at_risk_students",
    title="Students at risk",
    question="Which students need attention now, and because of what?",
    definition=Definition(
        measure="Early-warning tier, 1 to 4: the highest tier of which the student meets any one rule (attendance, "
        "or failed courses) in the latest term on file.",
        numerator="Students who meet a rule.",
        denominator="Students with a grade in their latest term.",
        exclusions="Discipline is part of the usual rules, but no dataset reports it. Attendance comes per term, so "
        "the latest term stands for the last 45 school days.",
        threshold=tiers_told(),
        threshold_seeds=("risk_tier", "letter_scale"),
    ),
    datasets=("laurel/academic_history", "laurel/students"),
    sql="""
        select
            student_id, grade_level, term, risk_tier, triggers, attendance_rate, f_count, d_count, graded_course_count,
            (
                select count(*)
                from marts.fct_student_risk
                inner join marts.dim_session using (session_key)
                where %(grade_level)s::text is null or dim_session.grade_level = %(grade_level)s
            ) as student_count
        from marts.rpt_at_risk_student
        where
            (%(tier)s::integer is null or risk_tier = %(tier)s::integer)
            and (%(grade_level)s::text is null or grade_level = %(grade_level)s)
        order by risk_tier desc, attendance_rate, student_id
    """,
    columns=(
        Column("student_id", "Student", "text"),
        Column("risk_tier", "Tier", "integer"),
        Column("triggers", "Triggers", "text"),
        Column("grade_level", "Grade level", "text"),
        Column("term", "Term", "text"),
        Column("attendance_rate", "Attendance", "rate"),
        Column("f_count", "F", "integer"),
        Column("d_count", "D", "integer"),
        Column("graded_course_count", "Courses", "integer"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "transform": [{"calculate": "'Tier ' + datum.risk_tier", "as": "tier"}],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "grade_level", "type": "nominal", "title": None},
            "x": {"aggregate": "count", "type": "quantitative", "title": "Students", "axis": COUNTS},
            "color": {
                "field": "tier",
                "type": "nominal",
                "title": None,
                "scale": {
                    "domain": ["Tier 4", "Tier 3", "Tier 2", "Tier 1"],
                    "range": ["#a32638", "#d9762b", "#e0b64a", "#7aa5c9"],
                },
            },
            "order": {"field": "risk_tier", "sort": "descending"},
            "tooltip": [
                {"field": "grade_level", "title": "Grade level"},
                {"field": "tier", "title": "Tier"},
                {"aggregate": "count", "title": "Students"},
            ],
        },
    },
    finding=finding,
    caveats=(
        "A rule is a reason to look, not a judgement of the student.",
        "Students are listed by number; names are in marts_private, which this page does not read.",
    ),
    parameters=(
        Parameter(
            name="tier",
            label="Tier",
            values_sql="select risk_tier from marts.rpt_at_risk_student group by risk_tier order by risk_tier desc",
            all_label="All tiers",
        ),
        Parameter(
            name="grade_level",
            label="Grade level",
            values_sql="select grade_level from marts.rpt_at_risk_student "
            "group by grade_level, grade_level_order order by grade_level_order",
            all_label="All grade levels",
        ),
    ),
    audience=OF_STUDENTS,
    kpis=("at_risk", "chronic_absenteeism"),
)
