"""Pass rate by subject and term."""

from collections.abc import Mapping, Sequence

from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.seeds import kpi_threshold
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The share over everything shown, and the two ends by subject."""
    graded = sum(row["graded_count"] for row in rows if row["graded_count"])
    passed = sum(row["passed_count"] for row in rows if row["graded_count"])
    if not graded:
        return Finding("–", "no grades", "There are no grades to count.")
    subjects: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row["graded_count"]:
            ok, all_ = subjects.get(row["subject"], (0, 0))
            subjects[row["subject"]] = (ok + row["passed_count"], all_ + row["graded_count"])
    ranked = sorted(subjects, key=lambda subject: subjects[subject][0] / subjects[subject][1])
    if len(ranked) == 1:
        ends = f"This is {ranked[0]}."
    else:
        ends = f"Highest: {_told(ranked[-1], subjects)}; lowest: {_told(ranked[0], subjects)}."
    return Finding(
        shown(passed / graded, "rate"),
        "of grades reach the pass mark",
        f"{shown(passed, 'integer')} of {shown(graded, 'integer')} grades are {rows[0]['pass_mark']:g} or more. "
        f"{ends} {_by_term(rows)}",
    )


def _told(name: str, subjects: Mapping[str, tuple[int, int]]) -> str:
    passed, graded = subjects[name]
    return f"{name} ({shown(passed / graded, 'rate')})"


def _by_term(rows: Sequence[Row]) -> str:
    terms: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row["graded_count"]:
            ok, all_ = terms.get(row["term"], (0, 0))
            terms[row["term"]] = (ok + row["passed_count"], all_ + row["graded_count"])
    told = (f"{term} {shown(ok / all_, 'rate')}" for term, (ok, all_) in terms.items())
    return f"By term: {', '.join(told)}."


INSIGHT = Insight(
    name="pass_rate",
    title="Pass rate by subject and term",
    question="In which subjects and terms do students pass, and where do they not?",
    definition=Definition(
        measure="Pass rate: grades at or above the pass mark, among all grades of all years on file.",
        numerator="Grades (student x subject x term) with a total score of at least the pass mark.",
        denominator="All grades with a total score.",
        exclusions="Grades without a total score; subjects and terms with too few students are hidden, "
        "and one more where they could be worked out from the others.",
        threshold=f"Pass mark {kpi_threshold('pass_mark')}, the school's own; "
        f"fewest students shown {kpi_threshold('suppression_minimum')}.",
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("laurel/academic_history",),
    sql="""
        select
            subject, term, pass_mark, is_suppressed, graded_count, passed_count, pass_rate
        from marts.rpt_pass_rate
        where
            grade_level = coalesce(%(grade_level)s, 'All grade levels')
            and (%(term)s::text is null or term = %(term)s)
            and (%(subject)s::text is null or subject = %(subject)s)
        order by subject, term_order
    """,
    columns=(
        Column("subject", "Subject", "text"),
        Column("term", "Term", "text"),
        Column("passed_count", "Passed", "integer"),
        Column("graded_count", "Graded", "integer"),
        Column("pass_rate", "Pass rate", "rate"),
        Column("is_suppressed", "Hidden", "flag"),
    ),
    chart={
        "width": "container",
        "height": {"step": 24},
        "encoding": {
            "x": {
                "field": "term",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"orient": "top", "labelAngle": 0, "labelExpr": "split(datum.label, ' ')[0]"},
            },
            "y": {"field": "subject", "type": "nominal", "title": None},
        },
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 2},
                "encoding": {
                    "color": {
                        "field": "pass_rate",
                        "type": "quantitative",
                        "title": "Pass rate",
                        "scale": {"scheme": "viridis", "domain": [0, 1]},
                        "legend": {"format": "%", "orient": "bottom", "gradientLength": 200},
                    },
                    "tooltip": [
                        {"field": "subject", "title": "Subject"},
                        {"field": "term", "title": "Term"},
                        {"field": "pass_rate", "title": "Pass rate", "format": ".1%"},
                        {"field": "passed_count", "title": "Passed"},
                        {"field": "graded_count", "title": "Graded"},
                    ],
                },
            },
            {
                "transform": [{"filter": "isValid(datum.pass_rate)"}],
                "mark": {"type": "text", "tooltip": False, "aria": False},
                "encoding": {
                    "text": {"field": "pass_rate", "type": "quantitative", "format": ".0%"},
                    "color": {
                        "condition": {"test": "datum.pass_rate > 0.6", "value": "#0c1a14"},
                        "value": "#ffffff",
                    },
                },
            },
        ],
    },
    finding=finding,
    caveats=(
        "A subject taught by one or two teachers carries their effect: a low rate may be the subject's, its teachers' "
        "or their marking's. Students per teacher shows how many teach it.",
    ),
    parameters=(
        Parameter(
            name="grade_level",
            label="Grade level",
            values_sql="select grade_level from marts.rpt_pass_rate where grade_level_order > 0 "
            "group by grade_level, grade_level_order order by grade_level_order",
            all_label="All grade levels",
        ),
        Parameter(
            name="term",
            label="Term",
            values_sql="select term from marts.rpt_pass_rate group by term, term_order order by term_order, term",
            all_label="All terms",
        ),
        Parameter(
            name="subject",
            label="Subject",
            values_sql="select subject from marts.rpt_pass_rate group by subject order by subject",
            all_label="All subjects",
        ),
    ),
    kpis=("pass_rate",),
)
