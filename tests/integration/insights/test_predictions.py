"""Predictions of the sample school: through the gate, with reasons, and silent where there is nothing to find."""

import json

import numpy as np
import pytest

from elt.database import Pool, connect
from elt.predicting.catalogue import FAILING, JAMB
from elt.predicting.running import predict
from elt.sample_school import effects
from tests.integration.insights.conftest import School

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
