"""Score distribution by grade level."""

from collections.abc import Sequence

from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.seeds import kpi_threshold, seed
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The range of the medians, and how wide the middle half is."""
    known = [row for row in rows if row["median_score"] is not None]
    if not known:
        return Finding("–", "no scores", "There are no scores to show.")
    ranked = sorted(known, key=lambda row: row["median_score"])
    low, high = ranked[0], ranked[-1]
    widest = max(known, key=lambda row: row["p75_score"] - row["p25_score"])
    graded = sum(row["graded_count"] for row in known)
    mean = sum(row["mean_score"] * row["graded_count"] for row in known) / graded
    if len(known) == 1:
        half = f"{shown(low['p25_score'], 'number')} to {shown(low['p75_score'], 'number')}"
        said = f"In {low['grade_level']} the median is {shown(low['median_score'], 'number')}, the middle half {half}."
        return Finding(shown(mean, "number"), "mean total score", said)
    return Finding(
        shown(mean, "number"),
        "mean total score",
        f"The median runs from {shown(low['median_score'], 'number')} in {low['grade_level']} to "
        f"{shown(high['median_score'], 'number')} in {high['grade_level']}. The middle half is widest in "
        f"{widest['grade_level']}: {shown(widest['p25_score'], 'number')} to {shown(widest['p75_score'], 'number')}.",
    )


X = {"type": "quantitative", "scale": {"domain": [0, 100]}, "title": "Total score"}

WEIGHTS = " and ".join(f"{row['component']} {row['weight']}" for row in seed("score_weight")).capitalize()

INSIGHT = Insight(
    name="score_distribution",
    title="Scores by grade level",
    question="How are total scores spread in each grade level?",
    definition=Definition(
        measure="Quantiles of total score (0-100): 5%, 25%, median, 75% and 95% of the grades of all years on file "
        "lie below.",
        numerator="Grades with a total score at or below the quantile.",
        denominator="All grades (student x subject x term) with a total score in the grade level.",
        exclusions="Grades without a total score; grade levels and subjects with too few students are hidden, "
        "and one more where they could be worked out from the others.",
        threshold=f"{WEIGHTS} of the total score, the school's own weights; "
        f"fewest students shown {kpi_threshold('suppression_minimum')}.",
        threshold_seeds=("score_weight", "kpi_threshold"),
    ),
    datasets=("laurel/academic_history",),
    sql="""
        select
            grade_level, student_count, graded_count, mean_score, p05_score, p25_score, median_score, p75_score,
            p95_score, is_suppressed
        from marts.rpt_score_distribution
        where
            subject = coalesce(%(subject)s, 'All subjects')
            and (%(grade_level)s::text is null or grade_level = %(grade_level)s)
        order by grade_level_order
    """,
    columns=(
        Column("grade_level", "Grade level", "text"),
        Column("student_count", "Students", "integer"),
        Column("graded_count", "Graded", "integer"),
        Column("mean_score", "Mean", "number"),
        Column("p05_score", "5%", "number"),
        Column("p25_score", "25%", "number"),
        Column("median_score", "Median", "number"),
        Column("p75_score", "75%", "number"),
        Column("p95_score", "95%", "number"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "transform": [{"filter": "!datum.is_suppressed"}],
        "width": "container",
        "height": {"step": 40},
        "encoding": {
            "y": {"field": "grade_level", "type": "nominal", "sort": None, "title": None},
            "tooltip": [
                {"field": "grade_level", "title": "Grade level"},
                {"field": "p05_score", "title": "5%", "format": ".1f"},
                {"field": "p25_score", "title": "25%", "format": ".1f"},
                {"field": "median_score", "title": "Median", "format": ".1f"},
                {"field": "p75_score", "title": "75%", "format": ".1f"},
                {"field": "p95_score", "title": "95%", "format": ".1f"},
                {"field": "graded_count", "title": "Graded"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": {**X, "field": "p05_score"}, "x2": {"field": "p95_score"}},
            },
            {
                "mark": {"type": "bar", "size": 20, "cornerRadius": 3},
                "encoding": {"x": {**X, "field": "p25_score"}, "x2": {"field": "p75_score"}},
            },
            {
                "mark": {"type": "tick", "size": 20, "thickness": 3},
                "encoding": {"x": {**X, "field": "median_score"}},
            },
        ],
    },
    finding=finding,
    parameters=(
        Parameter(
            name="subject",
            label="Subject",
            values_sql="select subject from marts.rpt_score_distribution where subject <> 'All subjects' "
            "group by subject order by subject",
            all_label="All subjects",
        ),
        Parameter(
            name="grade_level",
            label="Grade level",
            values_sql="select grade_level from marts.rpt_score_distribution "
            "group by grade_level, grade_level_order order by grade_level_order",
            all_label="All grade levels",
        ),
    ),
    kpis=("mean_score", "gpa"),
)
