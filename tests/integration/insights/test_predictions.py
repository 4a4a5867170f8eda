"""Predictions of the sample school: through the gate, with reasons, and silent where there is nothing to find."""

# ruff: noqa: S608 - words and numbers of our own
import html
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from psycopg2.extensions import connection as Connection

from elt.access import accounts
from elt.access.pseudonyms import pseudonym
from elt.access.roles import Scope
from elt.database import Pool, connect, transaction
from elt.predicting import actions
from elt.predicting.catalogue import FAILING, JAMB, SURVEY
from elt.predicting.running import predict
from elt.predicting.tasks import Folds
from elt.sample_school import effects
from elt.store import ObjectStore
from tests.integration.insights.conftest import School, Visitor
from tests.integration.insights.test_pages import signed_in

ROOT = "/api/v1/insights"
NOISE = f"{effects.NOISE_GRADE_LEVEL} {effects.NOISE_TERM}"


def ask(pool: Pool, statement: str) -> list[tuple[object, ...]]:
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_the_model_is_published_and_its_figures_are_clear_of_every_baseline(reader: Pool) -> None:
    assert ask(reader, "select task, status from predictions.model order by task") == [
        ("laurel_failing", "published"),
        ("laurel_jamb", "refused"),
    ]
    gains = ask(reader, "select low from predictions.metric where metric = 'auc_gain' and segment = 'all'")
    assert len(gains) == 3
    assert all(float(str(low)) > 0.1 for (low,) in gains)


def test_the_planted_noise_is_not_found_and_every_other_term_is(reader: Pool) -> None:
    areas = dict(
        ask(reader, "select segment, low from predictions.metric where metric = 'auc' and predictor = 'model'")
    )
    assert float(str(areas.pop(NOISE))) < 0.55
    assert len(areas) > 14
    assert min(float(str(low)) for low in areas.values()) > 0.6
    [(held,)] = ask(reader, "select card -> 'held_segments' from predictions.model where task = 'laurel_failing'")
    assert isinstance(held, dict)
    assert list(held) == [NOISE]


def test_hard_subjects_are_expected_to_be_failed_more(reader: Pool) -> None:
    """What was planted: Mathematics and Further Mathematics cost five points, Physical Education gives five."""
    rates = dict(
        ask(
            reader,
            "select unit, avg(value) from predictions.score where is_current and value is not null group by unit",
        )
    )
    planted = [effects.SUBJECT[str(subject)] for subject in rates]
    assert len(planted) > 20
    assert np.corrcoef(planted, [float(str(rate)) for rate in rates.values()])[0, 1] < -0.5  # teachers differ, too


def test_one_year_of_results_cannot_judge_the_entrance_examination(reader: Pool) -> None:
    [(refusals,)] = ask(reader, "select refusals from predictions.model where task = 'laurel_jamb'")
    assert refusals == ["There are not yet earlier rows with outcomes to train on and later ones to test on."]
    assert ask(reader, "select count(*) from predictions.score where task = 'laurel_jamb'") == [(0,)]


def test_every_number_has_reasons_that_add_up_to_no_cause(school: School, reader: Pool) -> None:
    rows = ask(reader, "select reasons from predictions.score where value is not null and is_current")
    assert len(rows) > 4000
    words = [reason["words"] for (reasons,) in rows for reason in reasons]  # type: ignore[attr-defined]
    assert len(words) >= 3 * len(rows) - 10
    assert not any("because" in word or "cause" in word for word in words)
    told = school.admin.get(f"{ROOT}/at_risk?capacity=40").get_json()
    assert len(told["rows"]) == 40
    assert all(row["reasons"] and row["subject_count"] for row in told["rows"])
    expected = [row["expected_failures"] for row in told["rows"]]
    assert expected == sorted(expected, reverse=True)
    card = school.researcher.get(f"{ROOT}/model_card").get_json()
    assert "never what causes" in json.dumps(card["finding"])


@pytest.mark.parametrize("form", ["", ".csv", ".png", ".pdf"])
def test_named_students_are_for_administrators_and_on_record(school: School, form: str) -> None:
    assert school.researcher.get(f"{ROOT}/at_risk{form}").status_code == 404
    assert school.admin.get(f"{ROOT}/at_risk{form}").status_code == 200
    connection = connect(school.settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from catalog.audit_event where action = 'insight.read' and subject = 'at_risk'")
        assert cursor.fetchone() is not None
    connection.close()


def test_what_has_not_changed_is_not_done_again(school: School) -> None:
    assert predict(school.settings, (FAILING, JAMB)) == []


def asked(owner: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with owner.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def test_a_teacher_sees_the_predictions_of_own_students_alone_and_it_is_on_record(
    school: School, owner: Connection
) -> None:
    taught = "(select student_key from marts.fct_grade inner join marts.dim_teacher using (teacher_key) {})"
    [(teacher,)] = asked(
        owner,
        "select teacher_id from marts.fct_grade inner join marts.dim_teacher using (teacher_key) "
        "where member_type = 'known' group by 1 order by count(distinct student_key), 1 limit 1",
    )
    of_teacher = taught.format(f"where teacher_id = '{teacher}'")
    one = (
        "select student_key, student_id from predictions.score where is_current and value is not null and student_key "
        "{} " + of_teacher + " order by student_id limit 1"
    )
    [(mine, my_number)], [(other, other_number)] = asked(owner, one.format("in")), asked(owner, one.format("not in"))
    with transaction(owner):
        key = accounts.add(owner, "who predicts", "teacher", Scope("laurel", None, teacher))
        heads = accounts.add(owner, "head of who predicts", "principal", Scope("laurel"))
    visitor = Visitor(school.visitor_without_key(), key)
    page = html.unescape(signed_in(school, key).get(f"/students/{mine}").get_data(as_text=True))
    api = visitor.get(f"/api/v1/predictions/students/{my_number}").get_json()["scores"]
    first = max((score for score in api if score["value"] is not None), key=lambda score: score["value"])
    assert f"likeliest {first['unit']}, {100 * first['value']:.1f}%" in page
    assert all(reason["words"] in page for reason in first["reasons"])
    assert "The rule beside it" in page
    assert "What was said before" in page
    assert visitor.get(f"/api/v1/predictions/students/{other_number}").status_code == 404
    assert signed_in(school, key).get(f"/students/{other}").status_code == 404
    body = {"outcome": "laurel_failing", "student_id": my_number, "action": "talk"}
    assert visitor.send("POST", "/api/v1/predictions/actions", body).status_code == 201
    assert visitor.send("POST", "/api/v1/predictions/actions", {**body, "student_id": other_number}).status_code == 404
    assert visitor.send("POST", "/api/v1/predictions/actions", {**body, "action": "cane"}).status_code == 422
    assert school.researcher.send("POST", "/api/v1/predictions/actions", body).status_code == 403
    done = "Done so far: talked with the student"
    assert done in signed_in(school, key).get(f"/students/{mine}").text
    seen = asked(
        owner,
        "select action, detail -> 'predictions' from catalog.audit_event where subject = %s order by audit_event_id",
        pseudonym(owner, "laurel", my_number),
    )
    assert [action for action, _ in seen[-4:]] == [
        "student.read", "prediction.read", "prediction.action", "student.read",
    ]  # fmt: skip
    assert seen[-1][1] == ["laurel_failing"]
    assert done in signed_in(school, heads).get(f"/students/{mine}").text
    asked(owner, "delete from predictions.action where student_id = %s", my_number)


def test_what_came_of_actions_stands_beside_like_students(school: School, owner: Connection) -> None:
    """A fifth of the students get an action, and fail a tenth less than was estimated, in a term that was planted."""
    asked(
        owner,
        """
        insert into predictions.score (
            task, student_key, unit, moment, model_id, source_system, student_id, status, value, outcome, is_current
        )
        select
            task, student_key, '', 'planted', max(model_id), source_system, student_id, 'scored', avg(value),
            avg(value) - case when hashtext(student_id) % 5 = 0 then 0.1 else 0 end, false
        from predictions.score where task = 'laurel_failing' and is_current and value is not null
        group by task, student_key, source_system, student_id
        """,
    )
    asked(
        owner,
        """
        insert into predictions.action (task, source_system, student_key, student_id, moment, action)
        select task, source_system, student_key, student_id, moment, 'tutoring' from predictions.score
        where moment = 'planted' and hashtext(student_id) % 5 = 0
        """,
    )
    try:
        with transaction(owner):
            actions.compare(owner, FAILING)
        told = school.admin.get(f"{ROOT}/what_came_of_actions").get_json()
        [any_action, tutoring] = told["rows"]
        assert (any_action["words"], tutoring["words"]) == ("any action", "arranged tutoring")
        assert tutoring["gap"] == pytest.approx(-0.1)
        assert tutoring["low"] <= tutoring["gap"] <= tutoring["high"] < 0
        assert tutoring["student_count"] > 50
        assert "Not an experiment" in json.dumps(told["finding"])
    finally:
        asked(owner, "delete from predictions.action where moment = 'planted'")
        asked(owner, "delete from predictions.score where moment = 'planted'")
        asked(owner, "delete from predictions.action_comparison")


def test_a_model_whose_bytes_were_changed_is_trained_again(school: School, owner: Connection) -> None:
    useful = tuple(one for one in SURVEY.features if one.name in ("attendance_rate", "study_habits", "has_mentor"))
    small = replace(SURVEY, name="small", title="Small", features=useful, plan=Folds(3, 1), subgroups=())
    try:
        assert [one.trained for one in predict(school.settings, (small,))] == [True]
        [(status, key)] = asked(owner, "select status, artefact_key from predictions.model where task = 'small'")
        assert status == "published"
        assert predict(school.settings, (small,)) == []
        store = ObjectStore(school.settings)
        store.put(key, io.BytesIO(b"{}"), 2)
        [again] = predict(school.settings, (small,))
        assert again.trained
        found = "select status, artefact_key from predictions.model where task = 'small' order by model_id"
        assert asked(owner, found) == [("superseded", key), ("published", key)]
        with store.open(key) as stored:
            assert b'"task": "small"' in stored.read()
    finally:
        for table in ("score", "run", "model"):
            asked(owner, f"delete from predictions.{table} where task = 'small'")
