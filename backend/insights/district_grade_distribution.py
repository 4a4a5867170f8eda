"""District: how the letters are spread."""

from collections.abc import Sequence

from backend.reporting import district
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.seeds import seed
from backend.reporting.values import shown

SCALE = [row for row in seed("letter_scale") if row["source_system"] == district.SYSTEM]
BOUNDS = ", ".join(f"{row['letter_grade']} from {row['minimum_score']}" for row in SCALE)


def finding(rows: Sequence[Row]) -> Finding:
    """The share of each band of letters, the most frequent first."""
    known = [row for row in rows if row["grade_rate"] is not None]
    if not known:
        return Finding("–", "hidden", f"Too few students are behind these numbers. {district.SMALLEST}")
    ranked = sorted(known, key=lambda row: row["grade_rate"], reverse=True)
    told = [f"{row['letter_band']} {shown(row['grade_rate'], 'rate')}" for row in ranked]
    return Finding(ranked[0]["letter_band"], "is the most frequent letter", f"{', '.join(told)}.")


INSIGHT = Insight(
    name="district_grade_distribution",
    title="Grade distribution (district)",
    question="How many grades are good, and how many are not?",
    definition=Definition(
        measure="Share of each letter among the grades, with its plus and minus; D and F are counted together.",
        numerator="Grades with a letter of the band; where the school gives a score alone, the score's letter.",
        denominator="All grades with a letter that has points.",
        exclusions=f"P (passed) and AU (audited). {district.HIDDEN_TOO}.",
        threshold=f"Letters of scores: {BOUNDS}. {district.SMALLEST}",
        threshold_seeds=("letter_scale", "kpi_threshold"),
    ),
    datasets=("district/grades", "district/courses", "district/schools"),
    sql="""
        select letter_band, grade_count, grade_rate, student_count, is_suppressed
        from marts.rpt_district_grade_distribution
        where source_system = 'district' and school_name = coalesce(%(school)s, 'All schools')
        order by band_order
    """,
    columns=(
        Column("letter_band", "Letters", "text"),
        Column("grade_rate", "Share", "rate"),
        Column("grade_count", "Grades", "integer"),
        Column("student_count", "Students", "integer"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart=district.bars(
        "letter_band",
        "grade_rate",
        "Share of grades",
        [
            {"field": "letter_band", "title": "Letters"},
            {"field": "grade_rate", "title": "Share", "format": ".1%"},
            {"field": "grade_count", "title": "Grades"},
            {"field": "student_count", "title": "Students"},
        ],
        format="%",
    ),
    finding=district.finding(finding),
    parameters=(district.school("rpt_district_grade_distribution"),),
)
