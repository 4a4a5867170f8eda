"""District: grade point average by school, subject, course, teacher, grade level or term."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.seeds import kpi_threshold, seed

SCALE = [row for row in seed("letter_scale") if row["source_system"] == district.SYSTEM]
LETTERS = ", ".join(f"{row['letter_grade']} {float(row['grade_points'])}" for row in SCALE)


def points(value: float) -> str:
    """A grade point average as people write it."""
    return f"{float(value):.2f}"


def finding(rows: Sequence[Row]) -> Finding:
    """The average over all that is shown, and its ends."""
    whole, where = rows[0]["whole_gpa"], rows[0]["whole_name"]
    told = district.compared(rows, "member_name", "gpa", points)
    return Finding(
        points(whole) if whole is not None else "–", f"grade point average, {where}", told or f"{where} alone."
    )


INSIGHT = Insight(
    name="district_gpa",
    title="Grade point average (district)",
    question="In which schools, subjects, courses and classes are grades high, and where are they low?",
    definition=Definition(
        measure="Grade point average: points of the letters, weighted with the credits of their courses.",
        numerator="Sum of points x credits over the grades.",
        denominator="Sum of credits of the same grades.",
        exclusions="Grades without points: P (passed) and AU (audited); courses that no courses file describes. "
        f"{district.HIDDEN_TOO}; with a hidden subject its courses and teachers are hidden.",
        threshold=f"Letters: {LETTERS}. Passing from {kpi_threshold('pass_points', district.SYSTEM)} points. "
        f"{district.SMALLEST}",
        threshold_seeds=("letter_scale", "kpi_threshold"),
    ),
    datasets=("district/grades", "district/courses", "district/users", "district/schools"),
    sql="""
        select
            member.member_name, member.school_name, member.student_count, member.grade_count, member.gpa,
            member.pass_rate, member.is_suppressed,
            whole.gpa as whole_gpa, coalesce(%(school)s, 'All schools') as whole_name
        from marts.rpt_district_gpa as member
        left join marts.rpt_district_gpa as whole
            on whole.source_system = 'district' and whole.dimension = 'School'
            and whole.member_name = coalesce(%(school)s, 'All schools')
        where member.source_system = 'district' and member.dimension = %(by)s
            and case
                when member.dimension = 'School'
                    then %(school)s::text is null or member.school_name in (%(school)s, 'All schools')
                when member.dimension = 'Teacher' then member.school_name <> 'All schools'
                    and (%(school)s::text is null or member.school_name = %(school)s)
                else member.school_name = coalesce(%(school)s, 'All schools')
            end
        order by member.member_order, member.group_name, member.member_name, member.school_name
    """,
    columns=(
        Column("member_name", "Name", "text"),
        Column("school_name", "School", "text"),
        Column("gpa", "GPA", "number"),
        Column("pass_rate", "Passed", "rate"),
        Column("grade_count", "Grades", "integer"),
        Column("student_count", "Students", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart=district.bars(
        "member_name",
        "gpa",
        "Grade point average",
        [
            {"field": "member_name", "title": "Name"},
            {"field": "school_name", "title": "School"},
            {"field": "gpa", "title": "GPA", "format": ".2f"},
            {"field": "pass_rate", "title": "Passed", "format": ".1%"},
            {"field": "grade_count", "title": "Grades"},
            {"field": "student_count", "title": "Students"},
        ],
    ),
    finding=district.finding(finding),
    caveats=(
        "Schools, teachers and courses differ in whom they teach: a low average is no verdict on any of them.",
        "Teachers stand under the district's numbers; their names are for those who may see them.",
    ),
    parameters=(district.look("rpt_district_gpa"), district.school("rpt_district_gpa")),
    kpis=("district_gpa", "district_students"),
)
