"""What the models make of files: through the real loader, the real dbt and real publishing."""

import json
from decimal import Decimal

import pytest

from elt.settings import Settings
from elt.transforming.run import transform
from elt.versioning import retracting
from tests.integration.pipeline import Pipeline, csv_file, students

HISTORY = "laurel/academic_history"
SUBJECTS = ("Biology", "Chemistry", "English Language", "Mathematics", "Physics", "Yoruba")

Row = dict[str, str]


def grade(student: str, subject: str = "Mathematics", test: str = "30", exam: str = "40", **others: str) -> Row:
    """A row of academic_history; the total is right unless `others` has it."""
    total = str(int(test) + int(exam)) if test and exam else ""
    term = {"Grade Level": "SS1", "Term": "First Term", "Teacher ID": "T1", "JAMB Score": ""}
    scores = {"Test Score": test, "Exam Score": exam, "Total Score": total, "Attendance (%)": "97"}
    return {"Student ID": student, "Subject": subject, **term, **scores, **others}


def session(student: str, totals: tuple[int, ...], **others: str) -> list[Row]:
    """One term of a student: a total for each of the first subjects."""
    return [
        grade(student, subject, str(min(total, 40)), str(total - min(total, 40)), **others)
        for subject, total in zip(SUBJECTS, totals, strict=False)
    ]


RISK = [
    *session("R1", (60, 60, 60), **{"Attendance (%)": "90"}),
    *session("R2", (39, 39, 39, 45)),
    *session("R3", (39, 45, 49, 60)),
    *session("R4", (39, 45, 60, 60)),
    *session("R5", (10, 10, 10, 10), **{"Attendance (%)": "10"}),
    *session("R5", (60, 60, 60, 60), Term="Third Term"),
]
JAMB_ROW = {"Grade Level": "SS3", "Term": "Third Term", "Passed Core Subjects": "Yes"}


def parent(id: str, student: str, **others: str) -> Row:
    return {"Parent ID": id, "Student ID": student, **others}


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Pipeline:
    """One warehouse for the module, built once from nine files."""
    pipeline = Pipeline.of(modelled_settings)
    risk_ids = sorted({row["Student ID"] for row in RISK})
    pipeline.send(students("S1", "S2", " S3\u00a0", "J1", "J2", "J3", *risk_ids))
    pipeline.send(students("S1", "S2", **{"Grade Level": "SS2"}))
    pipeline.send(students("S1", **{"Grade Level": "SS2", "First Name": "Renamed"}))
    pipeline.send(csv_file("laurel/teachers", [{"Teacher ID": "T1"}]), "laurel/teachers")
    rows = [parent("P1", f"S{n}", **{"Date of Birth": f"19{80 + n // 3}-06-21"}) for n in (1, 2, 3)]
    tied = [parent("P2", "S1", Occupation="Trader"), parent("P2", "S2", Occupation="Nurse")]
    pipeline.send(csv_file("laurel/parents", [*rows, *tied]), "laurel/parents")
    pipeline.send(csv_file(HISTORY, [grade("S1", test="10"), grade("S2", test="10"), grade("S3")]), HISTORY)
    odd = [
        grade("S1"),
        grade("S2", "Physics", **{"Total Score": "99"}),
        grade("S2", "Biology", exam="", **{"Total Score": "55"}),
        grade("S2", "Yoruba", test="", exam=""),
        grade("GHOST", **{"Attendance (%)": ""}),
        grade("S2", "Chemistry", **{"Teacher ID": ""}),
        grade("S2", "Economics", **{"Teacher ID": "T9"}),
        grade("S2", "French", Term="Summer Term"),
        grade("S2", " French", Term="Summer  Term"),
    ]
    pipeline.send(csv_file(HISTORY, odd), HISTORY)
    scores = ("190", "230", "230", "190", "230")
    jamb = [
        row | {"JAMB Score": score}
        for row, score in zip(session("J1", (50, 60, 50, 50, 50), **JAMB_ROW), scores, strict=True)
    ]
    no_english = [row for row in session("J2", (60,) * 6, **JAMB_ROW) if row["Subject"] != "English Language"]
    no_score = [
        row | ({"Test Score": "", "Exam Score": "", "Total Score": ""} if row["Subject"] == "English Language" else {})
        for row in session("J3", (60,) * 6, **JAMB_ROW)
    ]
    jamb += [row | {"JAMB Score": "250"} for row in (*no_english, *no_score)]
    pipeline.send(csv_file(HISTORY, [*RISK, *jamb]), HISTORY)
    survey = {"Last Name": "Secretname", "Weekly Hours Spent Reading": "12 hours", "Mentor": ""}
    unread = ("3-5 hours", "-5", "1,000", "about 3 hours", "5 days")
    odd_answers = [
        {"Weekly Hours Spent Reading": answer, "Mentor": "", "Attendance Rate": "85.5 %"} for answer in unread
    ]
    pipeline.send(csv_file("laurel/survey", [survey, survey, *odd_answers]), "laurel/survey")
    assert pipeline.poll().loaded == 9
    assert transform(modelled_settings) is not None
    return pipeline


def issues(pipeline: Pipeline, rule: str) -> list[tuple[str, list[int]]]:
    return pipeline.query(
        "select column_name, line_numbers from marts.data_quality_issue where rule_name = %s order by 1, 2", [rule]
    )


def test_a_change_opens_a_period_and_a_repetition_opens_none(pipeline: Pipeline) -> None:
    versions = pipeline.query(
        "select student_id, grade_level, is_current, valid_to is null, "
        "valid_from = lag(valid_to) over (partition by student_id order by valid_from) "
        "from marts.dim_student where student_id in ('S1', 'S3') order by student_id, valid_from"
    )
    assert versions == [
        ("S1", "SS1", False, False, None),
        ("S1", "SS2", True, True, True),
        ("S3", "SS1", True, True, None),
    ]


def test_the_newest_name_is_private_and_opens_no_period(pipeline: Pipeline) -> None:
    names = pipeline.query("select first_name from marts_private.student_identity where student_id = 'S1'")
    assert names == [("Renamed",)]


def test_a_fact_meets_exactly_one_version_of_its_student(pipeline: Pipeline) -> None:
    [(rows, joined, current)] = pipeline.query(
        "select (select count(*) from marts.fct_grade), count(*), count(*) filter (where is_current) "
        "from marts.fct_grade inner join marts.dim_student using (student_key)"
    )
    assert rows == joined == current > 0


def test_the_newest_submission_wins_for_each_key(pipeline: Pipeline) -> None:
    totals = pipeline.query(
        "select student_id, total_score from marts.fct_grade inner join marts.dim_student using (student_key) "
        "inner join marts.dim_course using (course_key) "
        "where course_name = 'Mathematics' and student_id in ('S1', 'S2', 'S3') order by 1"
    )
    assert totals == [("S1", 70), ("S2", 50), ("S3", 70)]  # S3 found its student, white space and all


def test_a_parent_who_contradicts_himself_is_resolved_and_reported(pipeline: Pipeline) -> None:
    dates = pipeline.query("select birth_date::text from marts_private.guardian_identity where guardian_id = 'P1'")
    assert dates == [("1980-06-21",)]  # twice 1980, once 1981
    occupations = pipeline.query("select occupation from marts.dim_guardian where guardian_id = 'P2'")
    assert occupations == [("Trader",)]  # once each: the first line's
    assert issues(pipeline, "contradictory_guardian") == [("date_of_birth", [2, 3, 4]), ("occupation", [5, 6])]


def test_what_nobody_has_described_stays_countable(pipeline: Pipeline) -> None:
    members = pipeline.query(
        "select member_type, count(*) from marts.fct_grade inner join marts.dim_student using (student_key) "
        "where student_id in ('GHOST', 'S3') group by 1 order by 1"
    )
    assert members == [("inferred", 1), ("known", 1)]
    teachers = pipeline.query(
        "select teacher_id, member_type from marts.dim_teacher where member_type <> 'known' order by 1"
    )
    assert teachers == [("T9", "inferred"), (None, "unknown")]
    assert issues(pipeline, "orphan_student") == [("student_id", [6])]
    assert issues(pipeline, "orphan_teacher") == [("teacher_id", [8])]
    assert issues(pipeline, "missing_teacher") == [("teacher_id", [7])]


def test_totals_follow_from_test_and_exam(pipeline: Pipeline) -> None:
    rows = pipeline.query(
        "select course_name, total_score, is_passed, letter_grade, wassce_grade from marts.fct_grade "
        "inner join marts.dim_course using (course_key) inner join marts.dim_student using (student_key) "
        "where student_id = 'S2' and course_name in ('Physics', 'Biology', 'Yoruba', 'Mathematics') order by 1"
    )
    assert rows == [
        ("Biology", 55, True, "C", "C5"),  # no exam: the total as reported
        ("Mathematics", 50, True, "C", "C6"),  # the pass mark itself passes
        ("Physics", 70, True, "A", "B2"),  # reported as 99
        ("Yoruba", None, None, None, None),
    ]
    assert issues(pipeline, "total_is_not_sum") == [("total_score", [3])]


def test_attendance_is_what_the_file_has_and_nothing_more(pipeline: Pipeline) -> None:
    [(grades, attendances)] = pipeline.query(
        "select (select count(*) from marts.fct_grade), (select count(*) from marts.fct_attendance)"
    )
    assert attendances == grades - 1  # the one row without a percentage


def test_a_term_outside_the_calendar_has_no_place_in_time(pipeline: Pipeline) -> None:
    assert pipeline.query("select session_order from marts.dim_session where term = 'Summer Term'") == [(None,)]
    assert issues(pipeline, "unknown_term") == [("term", [9])]
    assert issues(pipeline, "duplicate_key") == [("student_id, grade_level, subject, term", [9, 10])]
    order = pipeline.query("select session_name from marts.dim_session where session_order > 0 order by session_order")
    assert [name for (name,) in order] == ["SS1 First Term", "SS1 Third Term", "SS3 Third Term"]


def test_risk_tiers_at_their_borders(pipeline: Pipeline) -> None:
    tiers = pipeline.query(
        "select student_id, risk_tier, triggers, is_chronically_absent from marts.fct_student_risk "
        "inner join marts.dim_student using (student_key) where student_id like 'R%%' order by 1"
    )
    assert tiers == [
        ("R1", 1, "attendance 90.00% is below 95%", True),  # 0.90 is not below 0.90, but is chronic absence
        ("R2", 3, "3 F and 1 D", False),
        ("R3", 1, "1 F and 2 D", False),
        ("R4", 0, None, False),
        ("R5", 0, None, False),  # only the latest term counts
    ]
    assert pipeline.query(
        "select count(*) from marts.fct_student_risk inner join marts.dim_student using (student_key) "
        "where member_type <> 'known'"
    ) == [(0,)]


def test_one_jamb_score_per_student(pipeline: Pipeline) -> None:
    assert pipeline.query(
        "select score, is_ready, has_passed_core_subjects, credit_count, has_five_credits "
        "from marts.fct_assessment_result inner join marts.dim_student using (student_key) where student_id = 'J1'"
    ) == [(230, True, True, 5, True)]
    assert issues(pipeline, "contradictory_jamb_score") == [("jamb_score", [25, 26, 27, 28, 29])]


def test_five_credits_need_every_core_subject(pipeline: Pipeline) -> None:
    assert pipeline.query(
        "select student_id, credit_count, has_five_credits from marts.fct_assessment_result "
        "inner join marts.dim_student using (student_key) where student_id in ('J2', 'J3') order by 1"
    ) == [("J2", 5, False), ("J3", 5, False)]  # no English at all; English without a score


def test_an_answer_that_is_not_one_number_has_none_and_is_reported(pipeline: Pipeline) -> None:
    numbers = pipeline.query(
        "select question_name, answer_number, count(*) from marts.fct_survey_response where line_number > 3 "
        "and answer_kind = 'number' and question_name <> 'past_jamb_score' group by 1, 2 order by 1"
    )
    assert numbers == [("attendance_rate", Decimal("85.5"), 5), ("weekly_reading_hours", None, 5)]
    assert issues(pipeline, "unreadable_number") == [("weekly_reading_hours", [4, 5, 6, 7, 8])]


def test_survey_answers_without_their_people(pipeline: Pipeline) -> None:
    answers = pipeline.query(
        "select answer, answer_number, count(distinct respondent_key) from marts.fct_survey_response "
        "where question_name in ('weekly_reading_hours', 'has_mentor') and line_number < 4 group by 1, 2"
    )
    assert answers == [("12 hours", 12, 2)]  # the same answers twice are two people; no answer is no row
    for schema, name in pipeline.query(
        "select schemaname, viewname from pg_views where schemaname like 'marts%%' order by 1, 2"
    ):
        found = pipeline.query(
            f"""select count(*) from "{schema}"."{name}" as mart where mart::text like '%%Secretname%%'"""  # noqa: S608
        )
        assert found == [(0,)], name


def test_every_model_has_exactly_the_columns_that_are_described(pipeline: Pipeline) -> None:
    manifest = json.loads((pipeline.settings.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    described = {
        (node["schema"], node["alias"]): set(node["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    assert described
    actual: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in pipeline.query(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where table_schema in ('staging', 'intermediate', 'seeds') or table_schema like 'build%%'"
    ):
        actual.setdefault((schema, table), set()).add(column)
    assert actual == described


def test_a_new_survey_rebuilds_nothing_but_what_reads_it(pipeline: Pipeline) -> None:
    later = pipeline.send(csv_file("laurel/survey", [{"Mentor": "No"}]), "laurel/survey").submission
    pipeline.poll()
    report = transform(pipeline.settings)
    assert report is not None
    built = pipeline.query(
        "select node_id from catalog.transform_result where transform_run_id = %s and resource_type = 'model'",
        [report.transform_run_id],
    )
    names = {node_id.rsplit(".", 1)[-1] for (node_id,) in built}
    assert {"stg_laurel__survey", "fct_survey_response"} <= names
    assert not {name for name in names if name.startswith("dim_") or name in ("fct_grade", "fct_attendance")}
    with pipeline.pool.connection() as connection:
        retracting.request(connection, later)
    pipeline.poll()
    transform(pipeline.settings)
    assert pipeline.query("select count(distinct respondent_key) from marts.fct_survey_response") == [(7,)]
