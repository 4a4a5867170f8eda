"""District: how much one teacher has to do."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """Students of one teacher over all that is shown, and where they are most and fewest."""
    total = district.totals(rows, "school_name")
    teachers, taught, sections = (
        sum(row[name] for row in total) for name in ("teacher_term_count", "taught_count", "section_count")
    )
    ends = district.compared(rows, "school_name", "students_per_teacher", lambda value: shown(value, "number"))
    return Finding(
        shown(taught / teachers, "number"),
        "students have one teacher, per term",
        f"In {shown(sections / teachers, 'number')} sections. {ends}".strip(),
    )


INSIGHT = Insight(
    name="district_teacher_workload",
    title="Teacher workload (district)",
    question="How many sections, students and homeworks does one teacher have?",
    definition=Definition(
        measure="Sections, students and homeworks handed in, per teacher and term.",
        numerator="Sections that a teacher gives; the teacher's students, each once; homeworks handed in there.",
        denominator="Teachers with a section in the term, counted once in each term.",
        exclusions=f"Sections without a teacher, and those without students. {district.HIDDEN_TOO}.",
        threshold=district.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("district/courses", "district/grades", "district/homeworks", "district/users", "district/schools"),
    sql="""
        select
            school_name, session_name, teacher_term_count, section_count, taught_count, homework_count,
            sections_per_teacher, students_per_teacher, homeworks_per_teacher,
            coalesce(%(school)s, 'All schools') as whole_name, is_suppressed
        from marts.rpt_teacher_workload
        where source_system = 'district'
            and (%(school)s::text is null or school_name in (%(school)s, 'All schools'))
            and session_name = coalesce(%(session)s, 'All sessions')
        order by school_name <> 'All schools', school_name
    """,
    columns=(
        Column("school_name", "School", "text"),
        Column("students_per_teacher", "Students per teacher", "number"),
        Column("sections_per_teacher", "Sections per teacher", "number"),
        Column("homeworks_per_teacher", "Homeworks per teacher", "number"),
        Column("teacher_term_count", "Teachers (per term)", "integer"),
        Column("section_count", "Sections", "integer"),
        Column("taught_count", "Students taught", "integer"),
        Column("homework_count", "Homeworks", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart=district.bars(
        "school_name",
        "students_per_teacher",
        "Students per teacher and term",
        [
            {"field": "school_name", "title": "School"},
            {"field": "students_per_teacher", "title": "Students per teacher", "format": ".1f"},
            {"field": "sections_per_teacher", "title": "Sections per teacher", "format": ".1f"},
            {"field": "homeworks_per_teacher", "title": "Homeworks per teacher", "format": ".1f"},
            {"field": "teacher_term_count", "title": "Teachers (per term)"},
        ],
    ),
    finding=district.finding(finding),
    caveats=("Who teaches several subjects or grade levels has more to prepare than these numbers tell.",),
    parameters=(
        district.school("rpt_teacher_workload"),
        district.session("rpt_teacher_workload", "Mean of all terms"),
    ),
    kpis=("district_teachers",),
)
