"""What the insights say of the sample school: the effects planted in it, and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from backend.reporting.insight import Insight
from backend.reporting.registry import registry
from backend.reporting.result import answer
from elt.contracting.contract import load_contracts
from elt.database import Pool
from elt.sample_school import effects

Rows = list[Mapping[str, Any]]


def rows(reader: Pool, name: str, **arguments: str) -> Rows:
    return list(answer(registry()[name], arguments, reader).rows)


# What somebody did for a student is in no file of the school: test_predictions records it.
OF_THE_SCHOOL = {
    name: insight
    for name, insight in registry().items()
    if all(d.startswith("laurel/") for d in insight.datasets) and name != "what_came_of_actions"
}


@pytest.mark.parametrize("insight", OF_THE_SCHOOL.values(), ids=OF_THE_SCHOOL)
def test_every_choice_runs_as_the_reader_and_gives_the_columns_it_promises(reader: Pool, insight: Insight) -> None:
    result = answer(insight, {}, reader)
    assert result.rows
    assert all(choice.allowed for choice in result.choices)
    single = [{choice.parameter.name: value} for choice in result.choices for value in choice.allowed]
    together = {choice.parameter.name: choice.allowed[-1] for choice in result.choices}
    for arguments in [*single, together]:
        for row in answer(insight, arguments, reader).rows:
            assert {column.name for column in insight.columns} <= row.keys()
    assert result.freshness.published_at is not None
    assert [row["dataset_id"] for row in result.freshness.datasets] == sorted(insight.datasets)
    assert all(row["is_current"] for row in result.freshness.datasets)
    assert 0 < (result.freshness.rejected_rate or 0) < 0.05


def found(reader: Pool, name: str, **arguments: str) -> set[str]:
    return {row["factor_label"] for row in rows(reader, name, **arguments) if row["is_found"]}


def difference(of: Rows, factor: str, level: str) -> Mapping[str, Any]:
    return next(row for row in of if (row["factor_label"], row["level"]) == (factor, level))


def test_the_survey_finds_what_was_planted_and_nothing_else(reader: Pool) -> None:
    mirrors = set(effects.MIRRORS["laurel/survey"])
    assert found(reader, "survey_jamb") - mirrors == set(effects.SURVEY)
    for row in rows(reader, "survey_jamb"):
        planted = effects.SURVEY.get(row["factor_label"])
        if planted and len(planted) == 2:
            assert row["difference_low"] < planted["Yes"] - planted["No"] < row["difference_high"]


def test_nothing_without_effect_is_found_anywhere(reader: Pool) -> None:
    contracts = load_contracts()
    columns = {
        field.column
        for dataset, unrelated in effects.NO_EFFECT.items()
        for field in contracts[dataset].fields
        if field.name in unrelated
    }
    with reader.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select distinct analysis, factor from marts.rpt_factor_association "
            "where q_value is not null and analysis in ('guardian', 'subgroup', 'survey', 'teacher')"
        )
        tested = set(cursor.fetchall())
        cursor.execute("select distinct analysis, factor from marts.rpt_factor_association where is_found")
        said = set(cursor.fetchall())
    effective = {
        ("survey", field.column)
        for field in contracts["laurel/survey"].fields
        # what goes along with a planted factor is found with it; the credit pass is an outcome, and not tested
        if field.name in {*effects.SURVEY, *effects.MIRRORS["laurel/survey"]} - {"Credit pass in core five subjects"}
    } | {
        ("guardian", "school_engagement"), ("guardian", "financial_status"),
        ("teacher", "experience"), ("teacher", "qualification"),
        ("subgroup", "living_arrangement"), ("attendance", "attendance"),
    }  # fmt: skip
    unrelated_and_tested = {(analysis, factor) for analysis, factor in tested if factor in columns} - effective
    assert len(unrelated_and_tested) > 20
    assert said == effective


def test_teachers_are_fifty_observations(reader: Pool) -> None:
    assert found(reader, "teacher_background") == {"Years of experience", "Qualification"}
    of_teachers = rows(reader, "teacher_background")
    slope = difference(of_teachers, "Years of experience", "per year")
    assert slope["n"] == 50
    assert slope["difference_low"] < effects.EXPERIENCE_PER_YEAR < slope["difference_high"]
    assert difference(of_teachers, "Qualification", "NCE")["difference"] < 0


def test_parents_are_counted_by_household(reader: Pool) -> None:
    assert found(reader, "guardian_background") == {"Engagement in school activities", "Financial status"}
    engagement = [
        row for row in rows(reader, "guardian_background") if row["factor_label"] == "Engagement in school activities"
    ]
    assert sum(row["n"] for row in engagement) == 200  # families with a parent on file, not their 588 children
    high = difference(engagement, "Engagement in school activities", "High")
    assert high["difference_low"] < 4.3 < high["difference_high"]  # 3 against a mixture of 0 and -3


def test_attendance_goes_with_scores(reader: Pool) -> None:
    row = rows(reader, "attendance_performance")[0]
    assert row["is_found"]
    assert row["slope_low"] < effects.ATTENDANCE_PER_10_POINTS < row["slope_high"]


def test_the_planted_gap_is_found_and_small_groups_are_hidden(reader: Pool) -> None:
    assert found(reader, "subgroup_gaps") == {"Living arrangement"}
    hidden = [row for row in rows(reader, "subgroup_gaps") if row["is_suppressed"]]
    assert len(hidden) >= 2
    assert all(row["n"] is None and row["mean"] is None and row["difference"] is None for row in hidden)


def test_the_planted_students_at_risk_have_their_tier_and_trigger(reader: Pool) -> None:
    listed = {row["student_id"]: row for row in rows(reader, "at_risk_students")}
    for student, (tier, trigger) in effects.AT_RISK.items():
        assert listed[student]["risk_tier"] == tier, student
        words = listed[student]["triggers"]
        assert ("attendance" in words) == (trigger == "attendance"), student
        assert (" F and " in words) == (trigger == "courses"), student


def test_a_tier_by_itself_is_told_out_of_all_students(reader: Pool) -> None:
    everybody = answer(registry()["at_risk_students"], {}, reader)
    assert everybody.finding.unit == "of 600 students at risk"
    assert "Tier 4 needs help first" in everybody.finding.sentence
    alone = answer(registry()["at_risk_students"], {"tier": "1"}, reader).finding
    assert alone.unit == "of 600 students are in tier 1"
    assert "first" not in alone.sentence


def test_a_headline_names_what_was_found(reader: Pool) -> None:
    said = answer(registry()["teacher_background"], {}, reader).finding
    assert said.headline.startswith(("Years of experience: +", "Qualification ("))
    assert "points" in said.headline
    assert said.unit.startswith("1 more of ")


def test_teachers_share_the_students_of_the_present_grade_level_only(reader: Pool) -> None:
    with reader.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select student_key, grade_level_order, course_name, teacher_key from marts.fct_grade "
            "join marts.dim_session using (session_key) join marts.dim_course using (course_key)"
        )
        grades = cursor.fetchall()
    present: dict[str, int] = {}
    for student, order, _, _ in grades:
        present[student] = max(order, present.get(student, 0))
    students: dict[str, set[str]] = {}
    ever: dict[str, set[str]] = {}
    for student, order, subject, _ in grades:
        ever.setdefault(subject, set()).add(student)
        if order == present[student]:
            students.setdefault(subject, set()).add(student)
    told = {row["subject"]: row["student_count"] for row in rows(reader, "student_teacher_ratio")}
    assert told == {subject: len(those) for subject, those in students.items()}
    assert told["Basic Science"] < len(ever["Basic Science"])


def test_mathematics_is_harder_than_physical_education(reader: Pool) -> None:
    rates: dict[str, list[float]] = {}
    for row in rows(reader, "pass_rate"):
        rates.setdefault(row["subject"], []).append(row["pass_rate"])
    assert max(rates["Mathematics"]) < min(rates["Physical and Health Education"])
    first, _, third = map(sum, zip(*rates.values(), strict=True))
    assert first < third  # terms have an effect of their own


def test_rows_add_up_to_all_grades(reader: Pool) -> None:
    with reader.connection() as connection, connection.cursor() as cursor:
        cursor.execute("select count(*), count(*) filter (where is_passed) from marts.fct_grade where total_score >= 0")
        graded, passed = cursor.fetchone() or (0, 0)
        cursor.execute(
            "select grade_level_order > 0, sum(graded_count), sum(passed_count) from marts.rpt_pass_rate group by 1"
        )
        assert sorted(cursor.fetchall()) == [(False, graded, passed), (True, graded, passed)]
        cursor.execute(
            "select subject = 'All subjects', sum(graded_count) from marts.rpt_score_distribution "
            "where not is_suppressed group by 1"
        )
        assert sorted(cursor.fetchall()) == [(False, graded), (True, graded)]


def test_quality_counts_what_the_flawed_files_hold(reader: Pool) -> None:
    quality = {row["dataset_id"]: row for row in rows(reader, "data_quality")}
    assert len(quality) == 5
    for row in quality.values():
        assert row["rows_rejected"] > 0
        assert row["rows_loaded"] + row["rows_rejected"] == row["lines_read"]
    assert quality["laurel/parents"]["issue_count"] > 0  # the parent with two birth dates
