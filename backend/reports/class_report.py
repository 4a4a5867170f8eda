"""A class: where it stands beside its grade level, who needs a hand first, its subjects, and everybody in it."""

from collections.abc import Callable, Sequence

from backend.reporting import school_sql
from backend.reporting.document import Chart, Document, Facts, Line, Lines, NewPage, Table, Tile, Tiles
from backend.reporting.insight import Column, Kind, Row
from backend.reporting.reading import Reading
from backend.reporting.report_kinds import ReportKind, Subject
from backend.reporting.report_parts import insight_facts
from backend.reporting.risk_rules import tiers_told
from backend.reporting.seeds import kpi_threshold, percent
from backend.reporting.values import MISSING, shown
from elt.access.policies import KNOW_PERSONS

NAMED = 8  # students on the first page; the list holds everybody
DEFINITIONS = (
    ("The class", "Students whom the register has in it now; beside each figure, the same of their grade level."),
    (
        "Who is counted",
        "Students whom the account that builds this report may see: a teacher's are those of own classes.",
    ),
    ("Latest term", "The last term of which a student has grades; attendance, scores, F and D are of that term."),
    ("Chronic absenteeism", f"Attendance at or below {percent(kpi_threshold('chronic_absence_rate'))}."),
    ("Pass rate", f"Grades of {kpi_threshold('pass_mark')} or more / grades with a total score."),
    ("Mean of the students' scores", "Each student's mean total score counts once."),
    ("Tier", f"0: no rule is met. {tiers_told()} A rule is a reason to look, not a judgement."),
)

SUBJECT_COLUMNS = (
    Column("subject", "Subject, weakest first", "text"),
    Column("pass_rate", "Pass rate", "rate"),
    Column("passed_count", "Passed", "integer"),
    Column("graded_count", "Graded", "integer"),
    Column("mean_score", "Mean score", "number"),
)
STUDENT_COLUMNS = (
    Column("student", "Student", "text"),
    Column("student_id", "Number", "text"),
    Column("risk_tier", "Tier", "integer"),
    Column("attendance_rate", "Attendance", "rate"),
    Column("mean_score", "Mean score", "number"),
    Column("f_count", "F", "integer"),
    Column("d_count", "D", "integer"),
    Column("triggers", "Why", "text"),
)

Measure = tuple[str, Kind, Callable[[Sequence[Row]], float | None]]


def compose(reading: Reading) -> Document:
    """The class's figures and who needs a hand; then everybody, by tier; then its grade level over all years."""
    everybody = reading.rows(school_sql.GRADE_LEVEL, class_name=reading.subject)
    here = reading.with_names([row for row in everybody if row["is_here"]])
    level = here[0]["grade_level"]
    subjects = reading.rows(school_sql.SUBJECTS, student_keys=[str(row["student_key"]) for row in here])
    pass_rate = reading.insight("pass_rate", grade_level=level)
    return Document(
        "Class report",
        reading.subject,
        (
            Tiles(tuple(_tile(measure, here, everybody, level) for measure in MEASURES), columns=3),
            _first(here),
            Table("Subjects in the latest term", SUBJECT_COLUMNS, subjects, empty="There are no grades yet."),
            NewPage(),
            Table("Everybody in the class", STUDENT_COLUMNS, tuple(here)),
            NewPage(),
            Chart(pass_rate, tallest=170),
            Facts("How it is counted", (*DEFINITIONS, *insight_facts([pass_rate]))),
        ),
        is_personal=True,
    )


def _first(here: Sequence[Row]) -> Lines:
    """Who is in the highest tiers, with the reason; students whom no rule names are not in it."""
    at_risk = [row for row in here if row["risk_tier"]]
    named = tuple(Line(f"Tier {row['risk_tier']}: {row['student']}.", f"{row['triggers']}.") for row in at_risk[:NAMED])
    more = len(at_risk) - len(named)
    if more:
        named += (Line(f"And {more} more", "in the list on the next page."),)
    return Lines("Who needs a hand first", named or (Line("Nobody", "meets a rule of early warning."),), is_marked=True)


def _tile(measure: Measure, here: Sequence[Row], everybody: Sequence[Row], level: str) -> Tile:
    """A figure of the class; below it the same of its grade level, where the class is not all of it."""
    label, kind, of = measure
    beside = f"{level}: {_told(of(everybody), kind)}" if len(everybody) > len(here) else ""
    return Tile(label, _told(of(here), kind), beside)


def _told(value: float | None, kind: Kind) -> str:
    return shown(value, kind) if value is not None else MISSING


def _mean(name: str) -> Callable[[Sequence[Row]], float | None]:
    def mean(rows: Sequence[Row]) -> float | None:
        known = [row[name] for row in rows if row[name] is not None]
        return float(sum(known) / len(known)) if known else None

    return mean


def _share(holds: Callable[[Row], bool], known: str) -> Callable[[Sequence[Row]], float | None]:
    def share(rows: Sequence[Row]) -> float | None:
        counted = [row for row in rows if row[known] is not None]
        return sum(map(holds, counted)) / len(counted) if counted else None

    return share


def _pass_rate(rows: Sequence[Row]) -> float | None:
    graded = sum(row["graded_count"] or 0 for row in rows)
    return float(sum(row["passed_count"] or 0 for row in rows) / graded) if graded else None


MEASURES: tuple[Measure, ...] = (
    ("Students", "integer", len),
    ("Attendance in the latest term", "rate", _mean("attendance_rate")),
    ("Chronic absenteeism", "rate", _share(lambda row: row["is_chronically_absent"], "is_chronically_absent")),
    ("Pass rate in the latest term", "rate", _pass_rate),
    ("Mean of the students' scores", "number", _mean("mean_score")),
    ("Students at risk", "rate", _share(lambda row: row["risk_tier"] > 0, "risk_tier")),
)

REPORT = ReportKind(
    name="class",
    title="Class report",
    tells="Where a class stands, who needs a hand first, its subjects, and everybody in it.",
    audience=frozenset(KNOW_PERSONS),
    compose=compose,
    subject=Subject("class", "Class", school_sql.CLASSES),
    names_people=True,
)
