"""The district's insights against its files, counted again in Python: what was planted is found, and few are hidden."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from backend.reporting.registry import registry
from backend.reporting.result import answer
from elt.access import accounts, logins
from elt.access.reading import ReadingAs
from elt.access.roles import PRINCIPAL, RESEARCHER, TEACHER, Scope
from elt.database import Pool
from elt.errors import NotFound, Refused
from elt.predicting.catalogue import HIGH_PERFORMER
from elt.predicting.running import predict
from elt.sample_district import effects, flaws
from elt.sample_district.district import make_district
from elt.settings import Settings
from elt.transforming.run import transform
from tests.integration.insights.matrix import differences
from tests.integration.pipeline import Pipeline, csv_file

Line = dict[str, str]
DISTRICT = [name for name in registry() if name.startswith("district_")]
POINTS = {"A": 4, "A-": 3.7, "B+": 3.3, "B": 3, "B-": 2.7, "C+": 2.3, "C": 2, "C-": 1.7, "D+": 1.3, "D": 1, "F": 0}
NAMES = {school.school_id: school.name for school in effects.SCHOOLS}
MINIMUM = 10


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Line]]:
    """The good lines of each file by id, without those that were deleted at the source."""
    found: dict[str, dict[str, Line]] = {}
    for dataset, table in make_district(1).items():
        by_id: dict[str, Line] = {}
        for row in table.records():
            if not row["id"].startswith("X-") and row["is_active"] == "true":
                by_id.setdefault(row["id"], row)
        found[dataset.split("/")[1]] = by_id
    return found


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The sample district, loaded and modelled."""
    pipeline = Pipeline.of(modelled_settings)
    path = Path(tmp_path_factory.mktemp("district")) / "file.csv"
    for dataset, table in make_district(1).items():
        table.write(path)
        pipeline.send_stream(io.BytesIO(path.read_bytes()), dataset)
    report = pipeline.poll()
    assert (report.loaded, report.rejected, report.failed) == (8, 0, 0)
    assert transform(modelled_settings) is not None
    return pipeline


@pytest.fixture(scope="module")
def reader(pipeline: Pipeline) -> Iterator[Pool]:
    pool = ReadingAs(Pool(pipeline.settings.reader_database_url, size=1), "administrator")
    yield pool
    pool.close()


def rows(reader: Pool, name: str, **arguments: str) -> list[dict[str, Any]]:
    return [dict(row) for row in answer(registry()[name], arguments, reader).rows]


@pytest.mark.parametrize("name", DISTRICT)
def test_every_choice_runs_as_the_reader_and_gives_the_columns_it_promises(reader: Pool, name: str) -> None:
    choices = answer(registry()[name], {}, reader).choices
    allowed = {choice.parameter.name: choice.allowed for choice in choices}
    assert allowed["school"] == tuple(sorted(NAMES.values()))
    for values in product(*(("", *choice.allowed) for choice in choices)):
        chosen = {c.parameter.name: value for c, value in zip(choices, values, strict=True) if value}
        told = answer(registry()[name], chosen, reader)
        assert told.rows, chosen
        assert {column.name for column in registry()[name].columns} <= told.rows[0].keys()
        assert told.finding.headline != "–", chosen


def counted_grades(lines: dict[str, dict[str, Line]]) -> list[tuple[Line, Line, float]]:
    """Grade, course and points of what counts in an average: the last grade of a student in a course."""
    last: dict[tuple[str, str], Line] = {}
    for grade in sorted(lines["grades"].values(), key=lambda grade: (grade["updated_at"], grade["id"])):
        last[grade["student_id"], grade["course_id"]] = grade
    found = []
    for grade in last.values():
        letter = grade["letter"] or effects.letter(float(grade["score"]))
        if letter in POINTS:
            found.append((grade, lines["courses"][grade["course_id"]], POINTS[letter]))
    return found


def average(grades: list[tuple[Line, Line, float]]) -> float:
    credits = [float(course["credits"]) for _, course, _ in grades]
    return sum(c * points for c, (_, _, points) in zip(credits, grades, strict=True)) / sum(credits)


def test_averages_are_those_of_the_files_and_the_planted_ones_stand_out(
    reader: Pool, lines: dict[str, dict[str, Line]]
) -> None:
    grades = counted_grades(lines)
    for by, of in (
        ("School", lambda grade, course: NAMES[course["school_id"]]),
        ("Subject", lambda grade, course: course["subject"]),
        ("Course", lambda grade, course: course["title"]),
        ("Teacher", lambda grade, course: course["teacher_id"]),
        ("Session", lambda grade, course: f"{course['school_year']} {course['term']}"),
    ):
        groups: dict[str, list[tuple[Line, Line, float]]] = defaultdict(list)
        for grade, course, points in grades:
            groups[of(grade, course)].append((grade, course, points))
        told = {row["member_name"]: row for row in rows(reader, "district_gpa", by=by)}
        whole = told.pop("All schools", None)
        assert whole is None or float(whole["gpa"]) == pytest.approx(average(grades))
        assert told.keys() == groups.keys()
        shown = [name for name, row in told.items() if not row["is_suppressed"]]
        assert len(shown) == len(groups)
        for name in shown:
            assert told[name]["gpa"] == pytest.approx(average(groups[name])), (by, name)
            assert told[name]["grade_count"] == len(groups[name])
    schools = [row["member_name"] for row in sorted(rows(reader, "district_gpa"), key=lambda row: -row["gpa"])]
    planted = sorted(effects.SCHOOLS, key=lambda school: -school.score)
    assert [name for name in schools if name != "All schools"] == [school.name for school in planted]
    subjects = sorted(rows(reader, "district_gpa", by="Subject"), key=lambda row: row["gpa"])
    required = [row["member_name"] for row in subjects if row["member_name"] != effects.ELECTIVE]  # chosen by few
    assert (required[0], required[-1]) == ("Mathematics", "Computer Studies")


def test_letters_are_those_of_the_files(reader: Pool, lines: dict[str, dict[str, Line]]) -> None:
    bands = Counter(
        "D or F" if letter[0] in "DF" else letter[0]
        for grade, course, _ in counted_grades(lines)
        for letter in [grade["letter"] or effects.letter(float(grade["score"]))]
        if course["school_id"] == "S-4"
    )
    told = rows(reader, "district_grade_distribution", school=NAMES["S-4"])
    assert {row["letter_band"]: row["grade_count"] for row in told} == bands
    assert [row["letter_band"] for row in told] == ["A", "B", "C", "D or F"]
    assert {row["letter_band"]: row["grade_rate"] for row in told} == pytest.approx(
        {band: count / bands.total() for band, count in bands.items()}
    )
    whole = rows(reader, "district_grade_distribution")
    assert sum(row["grade_count"] for row in whole) == len(counted_grades(lines))


def test_homework_and_parents(reader: Pool, lines: dict[str, dict[str, Line]]) -> None:
    parents = {id for id, user in lines["users"].items() if user["role"] == "parent"}
    with_parent = {id for id, user in lines["users"].items() if user["parent_id"] in parents}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for homework in lines["homeworks"].values():
        of = counts[NAMES[lines["courses"][homework["course_id"]]["school_id"]]]
        of["set"] += 1
        of["submitted"] += bool(homework["submitted_at"])
        of["late"] += homework["submitted_at"][:10] > homework["due_on"]
        of["with parent"] += homework["student_id"] in with_parent
        of["seen"] += homework["student_id"] in with_parent and bool(homework["seen_by_parent_at"])
    told = {row["member_name"]: row for row in rows(reader, "district_homework")}
    seen = {row["member_name"]: row for row in rows(reader, "district_parents")}
    for school in effects.SCHOOLS:
        of, row = counts[school.name], told[school.name]
        assert (row["set_count"], row["submitted_count"], row["late_count"]) == (of["set"], of["submitted"], of["late"])
        assert row["submission_rate"] == pytest.approx(school.submission_rate, abs=0.04)
        assert row["late_rate"] == pytest.approx(effects.LATE_SHARE, abs=0.02)
        assert seen[school.name]["seen_rate"] == pytest.approx(of["seen"] / of["with parent"])
        assert seen[school.name]["seen_rate"] == pytest.approx(0.45, abs=0.06)  # alike everywhere
    lowest = min(told.values(), key=lambda row: row["submission_rate"])
    assert lowest["member_name"] == NAMES["S-4"]


def test_changes_of_courses_are_exact_and_few_are_hidden_with_another(reader: Pool) -> None:
    for school in effects.SCHOOLS:
        planted = {
            action.capitalize(): round(share * school.students)
            for action, share in {**effects.CHANGE_SHARE, "drop": school.drop_share}.items()
        }
        for term in effects.TERMS:
            told = rows(
                reader, "district_course_load", school=school.name, session=f"{effects.SCHOOL_YEAR} {term.name}"
            )
            hidden = {row["action_label"] for row in told if row["is_suppressed"]} - {"All"}
            assert hidden >= {action for action, count in planted.items() if count < MINIMUM}
            assert len(hidden) != 1
            for row in told:
                if not row["is_suppressed"] and row["action_label"] != "All":
                    assert row["change_count"] == planted[row["action_label"]] >= MINIMUM
                    unlisted = (school.school_id, term.name) == ("S-1", "First Term")  # with grades all the same
                    assert row["enrolled_count"] == school.students + unlisted


def test_where_teachers_are_few_each_has_many_and_where_videos_are_many_they_lead(reader: Pool) -> None:
    load = {row["school_name"]: row for row in rows(reader, "district_teacher_workload")}
    assert max(load.values(), key=lambda row: row["sections_per_teacher"])["school_name"] == NAMES["S-3"]
    assert load[NAMES["S-3"]]["students_per_teacher"] > 2 * load[NAMES["S-1"]]["students_per_teacher"]
    for school in effects.SCHOOLS:
        kinds = {row["content_kind"]: row for row in rows(reader, "district_content", school=school.name)}
        assert kinds["video"]["content_rate"] == pytest.approx(school.video_share, abs=0.01)
        assert kinds["video"]["openings_per_content"] > 2 * kinds["link"]["openings_per_content"]
        assert sum(row["content_rate"] for row in kinds.values()) == pytest.approx(1)


def test_nobody_of_a_small_group_is_told_of(pipeline: Pipeline) -> None:
    reports = {
        "rpt_district_gpa": "dimension, group_name, school_name", "rpt_district_homework": "dimension, school_name",
        "rpt_district_grade_distribution": "school_name", "rpt_course_load_change": "session_name, school_name",
        "rpt_teacher_workload": "school_name", "rpt_content_mix": "school_name",
    }  # fmt: skip
    for report, within in reports.items():
        assert pipeline.query(f"select count(*) from marts.{report} where student_count < {MINIMUM}") == [(0,)]  # noqa: S608
        alone = pipeline.query(
            f"select {within} from marts.{report} where school_name <> 'All schools' and dimension <> 'School' "  # noqa: S608
            f"group by {within} having count(*) filter (where is_suppressed) = 1 and count(*) > 1"
            if "dimension" in within
            else f"select {within} from marts.{report} where school_name <> 'All schools' "  # noqa: S608
            f"group by {within} having count(*) filter (where is_suppressed) = 1 and count(*) > 1"
        )
        assert alone == [], report


@dataclass(frozen=True)
class Person:
    """An account, connections bound to it, and its own login's URL."""

    role: str
    scope: Scope | None
    reading: Pool
    database_url: str


@pytest.fixture(scope="module")
def people(pipeline: Pipeline, lines: dict[str, dict[str, Line]]) -> Iterator[dict[str, Person]]:
    """A principal and a teacher of the school S-2, another school's principal, and a researcher."""
    teacher = next(course["teacher_id"] for course in lines["courses"].values() if course["school_id"] == "S-2")
    pool = Pool(pipeline.settings.reader_database_url, size=2)
    found = {}
    for name, role, scope in (
        (PRINCIPAL, PRINCIPAL, Scope("district", "S-2")),
        (TEACHER, TEACHER, Scope("district", "S-2", teacher)),
        ("stranger", PRINCIPAL, Scope("laurel")),
        (RESEARCHER, RESEARCHER, None),
    ):
        with pipeline.pool.connection() as connection:
            accounts.add(connection, f"district {name}", role, scope)
            reading = ReadingAs(pool, role, accounts.number_of(connection, f"district {name}"))
            login = logins.create(connection, pipeline.settings, f"district {name}")
        found[name] = Person(role, scope, reading, login.url)
    yield found
    pool.close()


@pytest.mark.parametrize("name", [PRINCIPAL, TEACHER, "stranger", RESEARCHER])
def test_every_table_shows_each_role_its_rows(people: dict[str, Person], pipeline: Pipeline, name: str) -> None:
    person = people[name]
    with pipeline.pool.connection() as owner:
        assert list(differences(owner, person.database_url, person.role, person.scope)) == []
        if name == PRINCIPAL:  # what would be another school's is told as one
            other = Scope("district", "S-3")
            assert {"dim_student", "fct_homework", "rpt_district_gpa", "student_identity"} <= set(
                differences(owner, person.database_url, person.role, other)
            )


def test_a_teacher_belongs_to_one_school_of_a_district(pipeline: Pipeline) -> None:
    """Without one, every school's totals would be the teacher's."""
    with pytest.raises(Refused, match="one school") as refused, pipeline.pool.connection() as connection:
        accounts.add(connection, "district nobody", TEACHER, Scope("district", None, "T-1"))
    assert "district/S-2" in str(refused.value.allowed)
    with pytest.raises(NotFound), pipeline.pool.connection() as connection:
        accounts.number_of(connection, "district nobody")


@pytest.mark.parametrize("role", [PRINCIPAL, TEACHER])
def test_people_of_one_school_see_its_rows_and_totals_of_many(
    people: dict[str, Person], reader: Pool, pipeline: Pipeline, role: str
) -> None:
    reports = [
        name
        for (name,) in pipeline.query(
            "select table_name from information_schema.columns "
            "where table_schema = 'marts' and column_name = 'is_of_few_schools' order by 1"
        )
    ]
    assert len(reports) == 7
    own = NAMES["S-2"]
    for report in reports:
        rows_of = f"select row(t.*)::text from marts.{report} as t where source_system = 'district'"  # noqa: S608
        with people[role].reading.connection() as connection, connection.cursor() as cursor:
            cursor.execute(f"{rows_of} order by 1")
            seen = cursor.fetchall()
        is_own = f"school_name = '{own}' or school_name = 'All schools' and" if report != "rpt_kpi" else ""
        assert seen == pipeline.query(f"{rows_of} and ({is_own} not is_of_few_schools) order by 1")
        assert seen, report
    for name in DISTRICT:
        told = answer(registry()[name], {}, people[role].reading)
        [school] = [choice for choice in told.choices if choice.parameter.name == "school"]
        assert (school.allowed, school.value, school.all_label) == ((own,), own, None)
        assert told.finding.headline not in ("–", ""), name
        assert {row["school_name"] for row in told.rows if "school_name" in row} <= {own, "All schools"}
        chosen = answer(registry()[name], {"school": own}, reader)
        assert (told.rows, told.finding) == (chosen.rows, chosen.finding), name
    figures = answer(registry()["key_figures"], {}, people[role].reading)
    assert [choice.value for choice in figures.choices] == ["district"]
    assert figures.rows


def test_flaws_are_listed_and_their_rows_stay_countable(pipeline: Pipeline) -> None:
    issues = dict(
        pipeline.query(
            "select rule_name || ' ' || dataset_id, line_count from marts.data_quality_issue "
            "where source_system = 'district'"
        )
    )
    assert issues["repeated_grade district/grades"] == flaws.REPEATED_GRADES
    assert issues["orphan_guardian district/users"] == flaws.STUDENTS_WITH_UNKNOWN_PARENT
    assert issues["orphan_content district/accesses"] > 0
    members = pipeline.query(
        "select member_type, count(*) from marts.dim_student where source_system = 'district' group by 1 order by 1"
    )
    assert members == [("inferred", 2), ("known", sum(school.students for school in effects.SCHOOLS) - 1)]
    assert pipeline.query(
        "select count(*) from marts.fct_grade inner join marts.dim_student using (student_key) where student_id = %s",
        [flaws.UNKNOWN_STUDENT],
    ) == [(flaws.GRADES_OF_NOBODY,)]


def test_what_changed_last_holds_whenever_it_comes_and_what_was_deleted_goes(
    pipeline: Pipeline, lines: dict[str, dict[str, Line]]
) -> None:
    moved, late, gone = [line for line in lines["users"].values() if line["role"] == "student"][:3]
    pipeline.send(
        csv_file(
            "district/users",
            [
                {**moved, "grade_level": "SS3", "updated_at": "2026-09-01T10:00:00Z"},
                {**late, "grade_level": "SS3", "updated_at": "2020-01-01T10:00:00Z"},  # an old export, sent late
                {**gone, "is_active": "false", "updated_at": "2026-09-01T10:00:00Z"},
            ],
        ),
        "district/users",
    )
    pipeline.poll()
    assert transform(pipeline.settings) is not None
    versions = (
        "select grade_level, is_current, member_type from marts.dim_student "
        "where source_system = 'district' and student_id = %s order by valid_from"
    )
    known = pipeline.query(versions, [moved["id"]])
    assert known == [(moved["grade_level"], False, "known"), ("SS3", True, "known")]
    assert pipeline.query(versions, [late["id"]])[-1] == (late["grade_level"], True, "known")
    assert pipeline.query(versions, [gone["id"]]) == [(None, True, "inferred")]
    assert pipeline.query(
        "select count(*) from marts_private.student_identity where student_id = any(%s)", [[moved["id"], gone["id"]]]
    ) == [(1,)]


def test_what_was_known_before_a_term_is_of_earlier_terms(pipeline: Pipeline) -> None:
    """The window's ends, by the outcomes themselves: last is one term before, so far is all before, none later."""
    with pipeline.pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            select later.stage, later.is_coming, count(*),
                bool_and(later.gpa_last = now.gpa),
                bool_and(abs(later.gpa_so_far - before.gpa) < 1e-9),
                bool_and(later.term_count_so_far = before.terms)
            from features_store.int_features__district as later
            inner join features_store.int_features__district as now
                on later.student_key = now.student_key and later.stage - 1 = now.stage
            cross join lateral (
                select avg(gpa) as gpa, count(gpa) as terms from features_store.int_features__district as one
                where one.student_key = later.student_key and one.stage < later.stage
            ) as before
            group by 1, 2 order by 1
            """
        )
        found = cursor.fetchall()
    assert [(stage, is_coming, *rest) for stage, is_coming, _, *rest in found] == [
        (2, False, True, True, True), (3, False, True, True, True), (4, True, True, True, True),
    ]  # fmt: skip
    assert all(count > 1400 for _, _, count, *_ in found)


def test_who_will_do_well_is_not_told_where_the_last_grades_say_it_and_students_are_cut_into_segments(
    pipeline: Pipeline, reader: Pool
) -> None:
    [outcome] = predict(pipeline.settings, (HIGH_PERFORMER,))
    assert outcome.trained
    figures = {
        row["predictor"]: row["value"] for row in rows(reader, "model_card", outcome=HIGH_PERFORMER.title)
        if row["metric"] == "auc"
    }  # fmt: skip
    assert figures["model"] > 0.95
    assert figures["last_gpa"] > 0.95  # so that the model may well be refused, and says so
    questions = [row["label"] for row in rows(reader, "decision_tree", outcome=HIGH_PERFORMER.title) if row["label"]]
    assert "GPA" in questions[0]
    told = rows(reader, "segments")
    students = {row["segment"]: row["student_count"] for row in told}
    assert sum(students.values()) == told[0]["all_students"] > 1400
    assert min(students.values()) >= MINIMUM
    assert told[0]["silhouette"] > told[0]["shuffled_silhouette"]
    assert {row["feature_label"] for row in told} == {feature.label for feature in HIGH_PERFORMER.segmenting}
