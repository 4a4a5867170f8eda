"""The principal's report: where the school stands, what needs attention, and what goes with results."""

from collections import Counter
from collections.abc import Iterable

from backend.reporting.document import Chart, Document, Facts, Lines, NewPage, Table
from backend.reporting.insight import Column, Row
from backend.reporting.reading import Reading
from backend.reporting.report_kinds import ReportKind
from backend.reporting.report_parts import (
    completeness,
    details,
    insight_facts,
    kpi_facts,
    kpi_rows,
    kpi_tiles,
    line,
    what_changed,
)
from elt.access.roles import ADMINISTRATOR, PRINCIPAL

SYSTEM = "laurel"
KPIS = (
    "students", "attendance_rate", "pass_rate", "gpa", "at_risk", "chronic_absenteeism", "exam_readiness",
    "jamb_readiness",
)  # fmt: skip
ATTENTION = ("at_risk_students", "pass_rate", "student_teacher_ratio")
FACTORS = ("subgroup_gaps", "teacher_background", "guardian_background", "survey_jamb")
INSIGHTS = (*ATTENTION, "score_distribution", "attendance_performance", *FACTORS)
OF_ONE_STUDENT = frozenset({"student_id", "triggers"})  # this report tells of many
LOWEST = 8  # subjects on the first page; all of them are on the second

SUBJECT_COLUMNS = (
    Column("subject", "Subject", "text"),
    Column("passed", "Passed", "integer"),
    Column("graded", "Graded", "integer"),
    Column("pass_rate", "Pass rate", "rate"),
)


def compose(reading: Reading) -> Document:
    """First what a principal must know, then a page for each question, then how it was counted."""
    found = {name: reading.insight(name) for name in INSIGHTS}
    attention = (*(line(found[name]) for name in ATTENTION), completeness(reading, found.values()))
    changed = what_changed(reading, KPIS)
    return Document(
        "Principal's report",
        "",
        (
            kpi_tiles(kpi_rows(reading, SYSTEM), KPIS),
            Lines("What needs attention", attention, is_marked=True),
            *([Lines("What changed last", changed)] if changed else []),
            Chart(found["at_risk_students"], tallest=62, is_told=False, leaves_out=OF_ONE_STUDENT),
            Table("Subjects where fewest pass", SUBJECT_COLUMNS, _lowest(found["pass_rate"].rows)),
            NewPage(),
            Chart(found["pass_rate"], tallest=210),
            NewPage(),
            Chart(found["attendance_performance"], tallest=85),
            Chart(found["score_distribution"], tallest=75),
            NewPage(),
            Chart(found["student_teacher_ratio"], tallest=210),
            NewPage(),
            Lines("What goes with results", tuple(details(found[name]) for name in FACTORS)),
            Chart(found["subgroup_gaps"], tallest=120),
            NewPage(),
            Facts("How it is counted", kpi_facts(KPIS, SYSTEM) + insight_facts(found.values())),
        ),
    )


def _lowest(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The subjects with the lowest pass rates over all terms that are shown."""
    passed, graded = Counter[str](), Counter[str]()
    for row in rows:
        if row["graded_count"]:
            passed[row["subject"]] += row["passed_count"]
            graded[row["subject"]] += row["graded_count"]
    rated: list[Row] = [
        {"subject": name, "passed": passed[name], "graded": of, "pass_rate": passed[name] / of}
        for name, of in graded.items()
    ]
    return tuple(sorted(rated, key=lambda row: (row["pass_rate"], row["subject"]))[:LOWEST])


REPORT = ReportKind(
    name="principal",
    title="Principal's report",
    tells="Where the school stands, what needs attention, and what goes with results.",
    audience=frozenset({ADMINISTRATOR, PRINCIPAL}),
    compose=compose,
)
