"""District: how much homework is handed in."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The share over all that is shown, and its ends."""
    total = district.totals(rows, "member_name")
    submitted, given = (sum(row[name] for row in total) for name in ("submitted_count", "set_count"))
    late = sum(row["late_count"] for row in total)
    ends = district.compared(rows, "member_name", "submission_rate", lambda rate: shown(rate, "rate"))
    return Finding(
        shown(submitted / given, "rate"),
        "of homework is handed in",
        f"{shown(submitted, 'integer')} of {shown(given, 'integer')}, {shown(late / submitted, 'rate')} of them late. "
        f"{ends}".strip()
        if submitted
        else "Nothing was handed in.",
    )


INSIGHT = Insight(
    name="district_homework",
    title="Homework handed in (district)",
    question="Where do students hand in their homework, and where not?",
    definition=Definition(
        measure="Submission rate: homework handed in, among the homework that was set.",
        numerator="Homeworks with a time of submission, late ones among them.",
        denominator="Homeworks that were set, one per student.",
        exclusions="Homeworks deleted at the source, and those of courses that no courses file describes. "
        f"{district.HIDDEN_TOO}.",
        threshold=district.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("district/homeworks", "district/courses", "district/schools"),
    sql="""
        select
            member_name, student_count, set_count, submitted_count, late_count, submission_rate, late_rate,
            coalesce(%(school)s, 'All schools') as whole_name, is_suppressed
        from marts.rpt_district_homework
        where source_system = 'district' and dimension = %(by)s
            and case
                when dimension = 'School'
                    then %(school)s::text is null or school_name in (%(school)s, 'All schools')
                else school_name = coalesce(%(school)s, 'All schools')
            end
        order by member_order, member_name
    """,
    columns=(
        Column("member_name", "Name", "text"),
        Column("submission_rate", "Handed in", "rate"),
        Column("late_rate", "Late, of these", "rate"),
        Column("submitted_count", "Submitted", "integer"),
        Column("set_count", "Set", "integer"),
        Column("late_count", "Late", "integer"),
        Column("student_count", "Students", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart=district.bars(
        "member_name",
        "submission_rate",
        "Homework handed in",
        [
            {"field": "member_name", "title": "Name"},
            {"field": "submission_rate", "title": "Handed in", "format": ".1%"},
            {"field": "late_rate", "title": "Late, of these", "format": ".1%"},
            {"field": "submitted_count", "title": "Submitted"},
            {"field": "set_count", "title": "Set"},
        ],
        format="%",
    ),
    finding=district.finding(finding),
    caveats=("Teachers who set more homework may get a smaller share of it.",),
    parameters=(district.look("rpt_district_homework"), district.school("rpt_district_homework")),
    kpis=("district_submission_rate",),
)
