"""Nobody of a small school can be worked out: not from a row, and not from a total less the rows beside it."""

import random
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor, execute_values

from elt.database import connect
from tests.integration.conftest import Database
from tests.integration.insights.association import DBT, Row, compiled, rendered

TABLES = """
drop schema if exists small cascade;
create schema small;
set search_path to small;
create table kpi_threshold as select *, 'laurel' as source_system
    from (values ('pass_mark', 50), ('suppression_minimum', 10)) as kept (threshold_name, threshold_value);
create table dim_session__laurel as select grade_level as session_key, grade_level, right(grade_level, 1)::integer
    as grade_level_order, 'First Term' as term, 1 as term_order
    from (values ('SS1'), ('SS2'), ('SS3')) as levels (grade_level);
create table dim_course__laurel as select course_name as course_key, course_name
    from (values ('Biology'), ('Chemistry'), ('Physics')) as courses (course_name);
create table attendance_band as select 'laurel' as source_system, 'all' as attendance_band, 0 as above_rate,
    null::numeric as up_to_rate;
create table int_student_result (source_system text, population text, mean_score float8, attendance_pct float8);
create table fct_grade__laurel (source_system text, student_key text, session_key text, course_key text,
    total_score numeric, is_passed boolean);
"""


@pytest.fixture(scope="module")
def connection(module_database: Database) -> Iterator[Connection]:
    """Its owner's connection to a database of this module."""
    connection = connect(module_database.url)
    yield connection
    connection.close()


def report(connection: Connection, model: str, classes: Mapping[tuple[str, str], Iterable[int]]) -> list[Row]:
    """The rows of a report on a school whose classes (grade level, subject) are attended by these students."""
    grades = [
        ("laurel", str(student), level, subject, 40 + student, student >= 10)
        for (level, subject), students in classes.items()
        for student in students
    ]
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(TABLES)
        execute_values(cursor, "insert into fct_grade__laurel values %s", grades)
        cursor.execute(compiled(DBT / "models" / "marts" / "insights" / f"{model}.sql"))
        return [dict(row) for row in cursor.fetchall()]


def hidden(rows: list[Row], label: str) -> set[str]:
    """The labels of the rows withheld, which have no number at all; the others have all of theirs."""
    for row in rows:
        numbers = [value for name, value in row.items() if name.endswith(("_count", "_rate", "_score"))]
        assert all((number is None) == row["is_suppressed"] for number in numbers)
    return {row[label] for row in rows if row["is_suppressed"]}


SIZES = [
    ((12, 15, 20), ""),
    ((3, 15, 20), "12"),  # the first alone would be the total less the others
    ((3, 4, 20), "123"),  # two small ones are still seven
    ((9, 15, 12), "13"),  # the next smallest, whichever it is
    ((3, 4, 5), "123"),  # and the total of twelve is shown
]


@pytest.mark.parametrize(("sizes", "withheld"), SIZES)
def test_a_grade_level_is_not_all_less_the_others(
    connection: Connection, sizes: tuple[int, ...], withheld: str
) -> None:
    levels = {f"SS{n}": range(100 * n, 100 * n + size) for n, size in enumerate(sizes, start=1)}
    rows = report(connection, "rpt_pass_rate", {(level, "Biology"): of for level, of in levels.items()})
    assert hidden(rows, "grade_level") == {f"SS{n}" for n in withheld}
    assert len(rows) == 4


def test_a_total_that_is_small_itself_is_withheld(connection: Connection) -> None:
    rows = report(connection, "rpt_pass_rate", {("SS1", "Biology"): range(4), ("SS2", "Biology"): range(4, 9)})
    assert hidden(rows, "grade_level") == {"SS1", "SS2", "All grade levels"}


@pytest.mark.parametrize(("sizes", "withheld"), SIZES)
def test_a_subject_is_not_all_less_the_others(connection: Connection, sizes: tuple[int, ...], withheld: str) -> None:
    subjects = dict(enumerate(("Biology", "Chemistry", "Physics"), start=1))
    classes = {("SS1", subjects[n]): range(100 * n, 100 * n + size) for n, size in enumerate(sizes, start=1)}
    rows = report(connection, "rpt_score_distribution", classes)
    assert hidden(rows, "subject") == {subjects[int(n)] for n in withheld}
    assert len(rows) == 4


def test_the_same_students_in_two_subjects_are_not_counted_twice(connection: Connection) -> None:
    six, all_ = range(6), range(20)
    classes = {("SS1", "Biology"): six, ("SS1", "Chemistry"): six, ("SS1", "Physics"): all_}
    rows = report(connection, "rpt_score_distribution", classes)
    assert hidden(rows, "subject") == {"Biology", "Chemistry", "Physics"}  # twelve grades, but of six students


@pytest.mark.parametrize(
    ("sizes", "withheld"),
    [((12, 15, 20), set()), ((3, 15, 20), {80, 85}), ((6, 5, 20), {80, 85}), ((3, 4, 20), {80, 85, 90})],
)
def test_a_bin_of_attendance_is_not_all_students_less_the_others(
    connection: Connection, sizes: tuple[int, ...], withheld: set[int]
) -> None:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(TABLES)
        students = [
            ("laurel", "SS1", 40.0 + n, percent)
            for percent, size in zip((80, 85, 90), sizes, strict=True)
            for n in range(size)
        ]
        execute_values(cursor, "insert into int_student_result values %s", students)
        cursor.execute(compiled(DBT / "models" / "marts" / "insights" / "rpt_attendance_performance.sql"))
        rows = [{**row, "to_pct": round(100 * row["to_rate"])} for row in cursor.fetchall()]
    assert {row["to_pct"] for row in rows} == {80, 85, 90}
    for row in rows:
        assert row["is_suppressed"] == (row["to_pct"] in withheld)
        assert all((row[name] is None) == row["is_suppressed"] for name in ("student_count", "mean_score"))


OULAD_TABLES = """
drop schema if exists small cascade;
create schema small;
set search_path to small;
create table kpi_threshold as select 'oulad' as source_system, 'suppression_minimum' as threshold_name, 10 as
    threshold_value;
create table dim_course_section__oulad as select section_key, 'oulad' as source_system, section_key as section_name
    from (values ('A'), ('B'), ('C')) as sections (section_key);
create table fct_enrollment__oulad (section_key text, student_key text, final_result text, registered_day integer,
    unregistered_day integer, submission_id integer default 1, registration_submission_id integer default 2);
create table int_oulad__section_day as select section_key, presentation_day
    from dim_course_section__oulad cross join generate_series(0, 6) as days (presentation_day);
create table int_oulad__student_week (section_key text, student_key text, presentation_week integer,
    click_count integer);
"""


TENS = {"Distinction": 10, "Fail": 10, "Pass": 10, "Withdrawn": 10}


def engagement(
    connection: Connection,
    presentations: Mapping[str, Mapping[str, int]],
    gone: Iterable[str] = (),
    idle: Iterable[str] = (),
) -> list[Row]:
    """rpt_engagement_week of one week with so many students by result, who click twice each; who is in `gone` left
    before it and clicked no more, except those in `idle`, who still do."""
    students = [
        (section, result, f"{section}{result}{n}")
        for section, sizes in presentations.items()
        for result, size in sizes.items()
        for n in range(size)
    ]
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(OULAD_TABLES)
        enrolled = [(of, student, result, -15, -8 if of + result in gone else None) for of, result, student in students]
        execute_values(
            cursor,
            "insert into fct_enrollment__oulad "
            "(section_key, student_key, final_result, registered_day, unregistered_day) "
            "values %s",
            enrolled,
        )
        clicks = [
            (of, student, 0, 2) for of, result, student in students if of + result not in gone or of + result in idle
        ]
        execute_values(cursor, "insert into int_oulad__student_week values %s", clicks)
        cursor.execute(compiled(DBT / "models" / "marts" / "insights" / "rpt_engagement_week.sql"))
        rows = [dict(row) for row in cursor.fetchall()]
    for row in rows:
        numbers = [row[name] for name in ("enrolled_count", "active_count", "click_count")]
        assert all((number is None) == row["is_suppressed"] for number in numbers)
        assert (row["active_rate"] is None) == (not row["enrolled_count"])
    return rows


def withheld_of(rows: list[Row], section: str) -> set[str]:
    return {row["final_result"] for row in rows if row["section_name"] == section and row["is_suppressed"]}


@pytest.mark.parametrize(
    ("sizes", "withheld", "totals"),
    [
        ({"Distinction": 12, "Fail": 15, "Pass": 20}, set(), set()),
        ({"Distinction": 3, "Fail": 15, "Pass": 20}, {"Distinction", "Fail"}, {"Distinction", "Fail"}),
        ({"Distinction": 6, "Fail": 5, "Pass": 20}, {"Distinction", "Fail"}, {"Distinction", "Fail"}),  # 11 together
        (
            {"Distinction": 3, "Fail": 4},
            {"Distinction", "Fail", "All results"},
            {"Distinction", "Fail", "All results"},
        ),
    ],
)
def test_a_final_result_is_neither_all_results_less_the_others_nor_all_presentations_less_the_other(
    connection: Connection, sizes: dict[str, int], withheld: set[str], totals: set[str]
) -> None:
    rows = engagement(connection, {"A": sizes, "B": {"Distinction": 10, "Fail": 10, "Pass": 10}})
    assert withheld_of(rows, "A") == withheld
    assert withheld_of(rows, "B") == set()
    assert withheld_of(rows, "All presentations") == totals


def test_a_total_is_of_everybody_where_it_tells_nothing_that_is_hidden(connection: Connection) -> None:
    few = {"Distinction": 12, "Fail": 30, "Pass": 40, "Withdrawn": 6}
    rows = engagement(connection, {"A": few, "B": few, "C": TENS})
    for section in ("A", "B"):
        assert withheld_of(rows, section) == {"Withdrawn", "Distinction"}
    assert {
        row["final_result"]: (row["enrolled_count"], row["click_count"])
        for row in rows
        if row["section_name"] == "All presentations"
    } == {
        "Distinction": (34, 68), "Fail": (70, 140), "Pass": (90, 180), "Withdrawn": (22, 44), "All results": (216, 432)
    }  # fmt: skip


def test_hidden_cells_of_two_presentations_are_not_worked_out_one_after_the_other(connection: Connection) -> None:
    """Two hidden in the column Withdrawn are fifteen, but each stands beside the only one of its own column."""
    one, other = {**TENS, "Withdrawn": 7, "Fail": 50, "Pass": 50}, {**TENS, "Withdrawn": 8, "Distinction": 60}
    rows = engagement(connection, {"A": one, "B": other, "C": {**TENS, "Pass": 500}})
    assert withheld_of(rows, "A") == {"Withdrawn", "Distinction"}
    assert withheld_of(rows, "B") == {"Withdrawn", "Fail"}
    assert {"Distinction", "Fail"} <= withheld_of(rows, "All presentations")


def test_a_group_with_nobody_in_it_is_not_small_and_hides_nobody(connection: Connection) -> None:
    rows = engagement(connection, {"A": TENS, "B": TENS}, gone={"AWithdrawn"})
    assert not any(row["is_suppressed"] for row in rows)
    [empty] = [row for row in rows if row["section_name"] == "A" and row["final_result"] == "Withdrawn"]
    assert (empty["enrolled_count"], empty["click_count"]) == (0, 0)


def test_nor_is_it_the_second_that_hides_a_small_one(connection: Connection) -> None:
    rows = engagement(connection, {"A": {**TENS, "Fail": 3, "Pass": 12}, "B": TENS}, gone={"AWithdrawn"})
    assert withheld_of(rows, "A") == {"Fail", "Distinction"}


def test_clicks_of_a_few_who_had_left_are_those_of_a_few(connection: Connection) -> None:
    rows = engagement(connection, {"A": TENS, "B": TENS}, gone={"AWithdrawn"}, idle={"AWithdrawn"})
    assert withheld_of(rows, "A") == {"Withdrawn", "Distinction"}


DISTRICT_REPORT = """
with graded as (select * from taught),
{{ school_cells('graded', 'subject', measures={'grade_count': 'count(*)'}) }}
select * from reported
"""


def district(connection: Connection, taught: Iterable[tuple[str, str]]) -> list[Row]:
    """A report over the schools that teach these subjects, each to ten students."""
    students = [
        ("district", f"00000000-0000-0000-0000-{int(school):012}", school, subject, f"{school}{subject}{n}")
        for school, subject in taught
        for n in range(10)
    ]
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("drop schema if exists small cascade; create schema small; set search_path to small")
        cursor.execute(
            "create table kpi_threshold as select 'district' as source_system, * from (values "
            "('suppression_minimum', 10), ('schools_minimum', 3)) as kept (threshold_name, threshold_value); "
            "create table taught (source_system text, school_key uuid, school_name text, subject text, "
            "student_key text)"
        )
        execute_values(cursor, "insert into taught values %s", students)
        cursor.execute(rendered(DISTRICT_REPORT))
        return [dict(row) for row in cursor.fetchall()]


def schools_worked_out(rows: list[Row], own: str) -> set[str]:
    """The schools of which somebody of the school `own` can work out any sum of cells from totals: who can, has a
    combination of the totals' equations in which that school's numbers stand alone."""
    cells = [(row["school_name"], row["subject"]) for row in rows if row["school_key"] and not row["is_margin"]]
    others = [cell for cell in cells if cell[0] != own]
    totals = [row for row in rows if not row["school_key"] and not row["is_of_few_schools"]]
    told = np.array([[t["is_margin"] or t["subject"] == subject for _, subject in others] for t in totals], dtype=int)
    found = set()
    for school in {name for name, _ in others}:
        rest = told[:, [name != school for name, _ in others]] if len(told) else told
        if len(told) and np.linalg.matrix_rank(told) > (np.linalg.matrix_rank(rest) if rest.size else 0):
            found.add(school)
    return found


def test_a_school_s_people_work_out_no_other_school_from_the_totals(connection: Connection) -> None:
    chance = random.Random(4)  # noqa: S311 - plans of a test
    plans = [
        [(school, subject) for school in "123" for subject in "ABCD" if chance.random() < share]
        for share in (0.4, 0.6, 0.8)
        for _ in range(6)
    ]
    plans.append([*((school, subject) for school in "123" for subject in "AB"), ("2", "C")])  # C is All less A and B
    shown, telling = 0, 0
    for plan in filter(None, plans):
        rows = district(connection, plan)
        totals = [row for row in rows if not row["school_key"]]
        shown += sum(not row["is_of_few_schools"] for row in totals)
        for own in {school for school, _ in plan}:
            assert schools_worked_out(rows, own) == set(), (plan, own)
        telling += bool(schools_worked_out([{**row, "is_of_few_schools": False} for row in rows], "1"))
    assert shown
    assert telling  # were nothing hidden
    assert {row["subject"] for row in totals if row["is_of_few_schools"]} >= {"C"}
    assert len([row for row in totals if row["is_of_few_schools"]]) == 2
