"""Pass rate by class and term of the present school year."""

from collections.abc import Sequence

from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.seeds import kpi_threshold
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The classes at both ends, over the terms shown."""
    classes: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row["graded_count"]:
            passed, graded = classes.get(row["class_name"], (0, 0))
            classes[row["class_name"]] = (passed + row["passed_count"], graded + row["graded_count"])
    if not classes:
        return Finding("–", "no classes to show", "There are no grades of this year's classes to count.")
    rates = {name: passed / graded for name, (passed, graded) in classes.items()}
    low, high = min(rates, key=lambda name: rates[name]), max(rates, key=lambda name: rates[name])
    if low == high:
        return Finding(shown(rates[low], "rate"), f"pass rate of {low}", "Of the present school year.")
    return Finding(
        f"{low}: {shown(rates[low], 'rate')}",
        f"the lowest pass rate of {len(rates)} classes",
        f"Highest: {high}, {shown(rates[high], 'rate')}. All of the present school year.",
    )


INSIGHT = Insight(
    name="class_results",
    title="Results by class",
    question="How do this year's classes do, term by term?",
    definition=Definition(
        measure="Pass rate and mean total score of a class (grade level and stream), by term of the present year.",
        numerator="Grades of the class with a total score of at least the pass mark (for the mean: the total scores).",
        denominator="All grades of the class with a total score in that term.",
        exclusions="Grades of earlier school years; who is in no register has no stream. Classes of too few students "
        "are hidden, and one more where it could be worked out from the whole school.",
        threshold=f"Pass mark {kpi_threshold('pass_mark')}, the school's own; "
        f"fewest students shown {kpi_threshold('suppression_minimum')}.",
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("laurel/academic_history", "laurel/students"),
    sql="""
        select
            class_name, term, student_count, graded_count, passed_count, pass_rate, mean_score, is_suppressed
        from marts.rpt_class_result
        where
            (%(grade_level)s::text is null or grade_level = %(grade_level)s)
            and (%(term)s::text is null or term = %(term)s)
        order by grade_level_order, class_name, term_order
    """,
    columns=(
        Column("class_name", "Class", "text"),
        Column("term", "Term", "text"),
        Column("student_count", "Students", "integer"),
        Column("passed_count", "Passed", "integer"),
        Column("graded_count", "Graded", "integer"),
        Column("pass_rate", "Pass rate", "rate"),
        Column("mean_score", "Mean score", "number"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "transform": [{"filter": "!datum.is_suppressed"}],
        "width": "container",
        "height": {"step": 26},
        "encoding": {
            "y": {"field": "class_name", "type": "nominal", "sort": None, "title": None},
            "x": {
                "field": "pass_rate",
                "type": "quantitative",
                "title": "Pass rate",
                "axis": {"format": "%"},
                "scale": {"zero": False},
            },
            "color": {
                "field": "term",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["First Term", "Second Term", "Third Term"]},
            },
            "tooltip": [
                {"field": "class_name", "title": "Class"},
                {"field": "term", "title": "Term"},
                {"field": "pass_rate", "title": "Pass rate", "format": ".1%"},
                {"field": "mean_score", "title": "Mean score", "format": ".1f"},
                {"field": "student_count", "title": "Students"},
                {"field": "passed_count", "title": "Passed"},
                {"field": "graded_count", "title": "Graded"},
            ],
        },
        "mark": {"type": "point", "filled": True, "size": 110},
    },
    finding=finding,
    caveats=(
        "Streams take different subjects, and some subjects are harder than others: compare a class with itself.",
    ),
    parameters=(
        Parameter(
            name="grade_level",
            label="Grade level",
            values_sql="select grade_level from marts.rpt_class_result "
            "group by grade_level, grade_level_order order by grade_level_order",
            all_label="All grade levels",
        ),
        Parameter(
            name="term",
            label="Term",
            values_sql="select term from marts.rpt_class_result group by term, term_order order by term_order",
            all_label="All terms",
        ),
    ),
)
