"""A student's page: how things are, since when, and why somebody should look."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.reporting import school_sql
from backend.reporting.charts import SCHEMA
from backend.reporting.document import Document, Drawing, Facts, Line, Lines, Table, Tile, Tiles
from backend.reporting.insight import Column, Row
from backend.reporting.reading import Reading
from backend.reporting.report_kinds import ReportKind, Subject
from backend.reporting.risk_rules import tiers_told
from backend.reporting.seeds import kpi_threshold, percent
from backend.reporting.values import plain, shown
from elt.access.policies import KNOW_PERSONS

CHRONIC = float(kpi_threshold("chronic_absence_rate"))
SERIES = {"mean_score": "this student", "level_mean_score": "grade level"}
WIDTH, HEIGHT = 285, 150  # of each of the two charts, in pixels

COLUMNS = (
    Column("subject", "Subject, weakest first", "text"),
    Column("test_score", "Test", "number"),
    Column("exam_score", "Exam", "number"),
    Column("total_score", "Total", "number"),
    Column("letter_grade", "Grade", "text"),
    Column("level_mean_score", "Grade level", "number"),
    Column("attendance_rate", "Attendance", "rate"),
)


def compose(reading: Reading) -> Document:
    """One page: the tier and its reason, the way until here, the latest term's subjects."""
    [student] = reading.with_names(reading.rows(school_sql.STUDENT, student_id=reading.subject))
    key = str(student["student_key"])
    terms = reading.rows(school_sql.TERMS, student_key=key)
    subjects = reading.rows(school_sql.SUBJECTS_OF_STUDENT, student_key=key, session_key=student["session_key"])
    return Document(
        "Student",
        student["student"],
        (
            Lines(_described(student), (_reason(student),), is_marked=True),
            _tiles(student, terms),
            *([Drawing("Term by term", _way(terms), "Mean score and attendance of each term")] if terms else []),
            Table(f"Subjects, {student['session_name'] or 'no term'}", COLUMNS, subjects, empty="There are no grades."),
            Facts("To know", _facts(student)),
        ),
        is_personal=True,
    )


def _described(student: Row) -> str:
    told = (student["student_id"], student["class_name"], student["gender"], _since(student))
    return " · ".join(filter(None, told))


def _since(student: Row) -> str | None:
    return f"here since {student['admission_date']:%B %Y}" if student["admission_date"] else None


def _reason(student: Row) -> Line:
    if student["risk_tier"] is None:
        return Line("No tier:", "there are no grades of this student yet.")
    if not student["risk_tier"]:
        return Line("No rule of early warning is met.", f"Latest term: {student['session_name']}.")
    return Line(f"Tier {student['risk_tier']} of 4:", f"{student['triggers']} ({student['session_name']}).")


def _band(student: Row) -> str:
    return f"band: {student['attendance_band']}" if student["attendance_band"] else ""


def _facts(student: Row) -> tuple[tuple[str, str], ...]:
    told = (("Lives with", student["living_arrangement"]), ("Activities", student["activities"]))
    return (
        *((name, value) for name, value in told if value),
        (
            "Grade level",
            "The mean of all grades on file at that grade level, every term and year; of a subject, in it.",
        ),
        ("Attendance", f"At or below {percent(str(CHRONIC))} absence is chronic: the dashed line."),
        ("Tier", f"{tiers_told()} A rule is a reason to look, not a judgement."),
    )


def _tiles(student: Row, terms: Sequence[Row]) -> Tiles:
    latest, before = (terms[-1] if terms else None), (terms[-2] if len(terms) > 1 else None)
    score = shown(latest and latest["mean_score"], "number")
    level = f"grade level: {shown(latest['level_mean_score'], 'number')}" if latest else ""
    courses = f"of {student['graded_course_count'] or 0} subjects"
    return Tiles(
        (
            Tile("Attendance", shown(student["attendance_rate"], "rate"), _band(student)),
            Tile("Mean score", score, level),
            Tile("Grade F", shown(student["f_count"], "integer"), courses),
            Tile(
                "Mean score before",
                shown(before and before["mean_score"], "number"),
                before["session_name"] if before else "",
            ),
        )
    )


def _way(terms: Sequence[Row]) -> dict[str, Any]:
    """Mean score beside everybody's, and attendance beside the line below which absence is chronic."""
    rows = [{name: plain(value) for name, value in row.items()} for row in terms]
    return {"$schema": SCHEMA, "data": {"values": rows}, "hconcat": [_scores(), _attendance()]}


def _x() -> Mapping[str, Any]:
    """Terms in order; only the first of a grade level is named."""
    first = "indexof(datum.label, 'First') > 0 ? split(datum.label, ' ')[0] : ''"
    axis = {"labelExpr": first, "labelAngle": 0, "labelOverlap": False, "ticks": False}
    return {"field": "session_name", "type": "ordinal", "sort": None, "title": None, "axis": axis}


def _scores() -> Mapping[str, Any]:
    color = {"field": "series", "type": "nominal", "title": None, "scale": {"domain": list(SERIES.values())}}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "transform": [
            *({"calculate": f"datum.{name}", "as": label} for name, label in SERIES.items()),
            {"fold": list(SERIES.values()), "as": ["series", "score"]},
        ],
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": _x(),
            "y": {"field": "score", "type": "quantitative", "title": "Mean score", "scale": {"zero": False}},
            "color": color,
        },
    }


def _attendance() -> Mapping[str, Any]:
    scale = {"zero": False}
    y = {"field": "attendance_rate", "type": "quantitative", "title": "Attendance", "axis": {"format": "%"}}
    line = {"mark": {"type": "line", "point": True}, "encoding": {"x": _x(), "y": {**y, "scale": scale}}}
    limit = {"data": {"values": [{"rate": CHRONIC}]}, "mark": {"type": "rule", "strokeDash": [4, 3]}}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [line, {**limit, "encoding": {"y": {"field": "rate", "type": "quantitative"}}}],
    }


REPORT = ReportKind(
    name="student",
    title="Student's page",
    tells="A student's tier with its reason, the way until here, and the latest term's subjects.",
    audience=frozenset(KNOW_PERSONS),
    compose=compose,
    subject=Subject("student", "Student", school_sql.STUDENTS, is_person=True),
    names_people=True,
)
