"""District: how much of the homework parents look at."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The share over all that is shown, and its ends."""
    known = [row for row in rows if row["seen_rate"] is not None]
    if not known:
        return Finding("–", "no parents", "No student behind these numbers has a parent on file.")
    total = district.totals(known, "member_name")
    seen, of = (sum(row[name] for row in total) for name in ("seen_count", "with_guardian_count"))
    ends = district.compared(known, "member_name", "seen_rate", lambda rate: shown(rate, "rate"))
    return Finding(
        shown(seen / of, "rate"),
        "of homework is looked at by a parent",
        f"{shown(seen, 'integer')} of {shown(of, 'integer')} homeworks of students with a parent on file. "
        f"{ends}".strip(),
    )


INSIGHT = Insight(
    name="district_parents",
    title="Parents who follow the homework (district)",
    question="How much of their children's homework do parents look at?",
    definition=Definition(
        measure="Parent engagement: homework that the student's parent has looked at, among the homework of students "
        "with a parent on file.",
        numerator="Homeworks with a time at which the parent looked at them.",
        denominator="Homeworks of students whose parent a live users file lists.",
        exclusions=f"Students without a parent on file. {district.HIDDEN_TOO}.",
        threshold=district.SMALLEST,
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("district/homeworks", "district/users", "district/courses", "district/schools"),
    sql="""
        select
            member_name, seen_rate, seen_count, with_guardian_count, set_count,
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
        Column("seen_rate", "Looked at", "rate"),
        Column("seen_count", "Seen", "integer"),
        Column("with_guardian_count", "With a parent on file", "integer"),
        Column("set_count", "All homework", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart=district.bars(
        "member_name",
        "seen_rate",
        "Homework that a parent looked at",
        [
            {"field": "member_name", "title": "Name"},
            {"field": "seen_rate", "title": "Looked at", "format": ".1%"},
            {"field": "seen_count", "title": "Seen"},
            {"field": "with_guardian_count", "title": "With a parent on file"},
        ],
        format="%",
    ),
    finding=district.finding(finding),
    caveats=("A parent without an account may follow the school all the same.",),
    parameters=(district.look("rpt_district_homework"), district.school("rpt_district_homework")),
    kpis=("district_parent_rate",),
)
