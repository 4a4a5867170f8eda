"""The column of a described data set that is to be predicted, and whom its lines are about."""

import csv
import io
import random
from contextlib import closing
from typing import Any

import pytest
from flask import Flask

from elt.database import connect
from elt.notifying import PREDICT_CHANNEL
from elt.predicting import running
from elt.predicting.running import predict
from elt.settings import Settings
from elt.transforming.run import transform
from tests.integration.api.conftest import Client, signed_in
from tests.integration.api.pupils import described, load_all, name, post, query

PUPILS, LINES_EACH = 120, 4


@pytest.fixture(scope="module")
def module_settings(modelled_settings: Settings) -> Settings:
    """Transforms run here."""
    return modelled_settings


def _lines() -> bytes:
    """Each pupil's height tells who it is, and nothing else; effort tells the score `later`, and nothing `luck`."""
    chance = random.Random(3)  # noqa: S311 nothing is kept secret with it
    lines = ["pupil,height,effort,later,luck"]
    for pupil in range(PUPILS):
        height, luck = 120 + chance.random() * 60, chance.gauss(50, 10)
        for _ in range(LINES_EACH):
            effort = chance.random() * 10
            lines.append(f"p{pupil},{height:.4f},{effort:.3f},{30 + 4 * effort + chance.gauss(0, 3):.2f},{luck:.2f}")
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture(scope="module")
def dataset(app: Flask, keys: dict[str, str], module_settings: Settings) -> str:
    """Ada's, loaded and modelled."""
    ada, found = Client(app.test_client(), keys["ada"]), name()
    draft = post(ada, _lines(), found).json
    # By itself Laurel takes such a column for a personal identifier; here it is to be named.
    unmarked = {"contract": {"fields": {"pupil": {"personal": None}}}}
    assert ada.request("PATCH", draft["links"]["self"], json=unmarked).status_code == 200
    confirmed = ada.request("POST", f"{draft['links']['confirm']}?load=true")
    assert confirmed.status_code == 201, confirmed.text
    load_all(module_settings)
    assert transform(module_settings) is not None
    return found


def _named(client: Any, dataset: str, **body: str) -> Any:
    return client.request("PUT", f"/api/v1/datasets/{dataset}/target", json=body)


def _model(settings: Settings, dataset: str) -> tuple[str, dict[str, Any], int]:
    """State and card of the newest model, and how many current scores there are."""
    predict(settings)
    task = dataset.replace("/", "_") + "_target"
    statement = "select status, card || jsonb_build_object('title', title) from predictions.model where task = %s"
    rows = query(settings, f"{statement} order by model_id desc", task)
    ((scored,),) = query(settings, "select count(*) from predictions.score where task = %s and is_current", task)
    return *rows[0], scored


def test_a_student_on_both_sides_would_flatter(ada: Any, module_settings: Settings, dataset: str) -> None:
    """Who is known from other lines is found again by height: that is no prediction of anybody new."""
    named = _named(ada, dataset, column="luck").json
    assert (named["dataset"], named["column"], named["student"]) == (dataset, "luck", None)
    status, card, _ = _model(module_settings, dataset)
    assert (status, card["students"]) == ("published", PUPILS * LINES_EACH)
    assert "Left out, as texts of more than 30 values: pupil." in str(card["limits"])
    assert "p17" not in str(card["training_profile"])  # what a free text says of one person is told to nobody
    assert _named(ada, dataset, column="luck", student="pupil").json["student"] == "pupil"
    status, card, scored = _model(module_settings, dataset)
    assert (status, card["students"], scored) == ("refused", PUPILS, 0)
    assert "pupil" not in str(card["training_profile"])


def test_a_model_is_for_those_who_see_what_it_learnt_from(
    ada: Any, bola: Any, principal: Any, module_settings: Settings, dataset: str
) -> None:
    """Its card names columns and levels of the rows."""
    _named(ada, dataset, column="later", student="pupil")
    _model(module_settings, dataset)
    task = dataset.replace("/", "_") + "_target"

    def seen(client: Any) -> tuple[bool, bool, int]:
        models = [one for one in client.get("/api/v1/predictions/models").json["models"] if one["task"] == task]
        cards = client.get("/api/v1/insights/model_card").json
        ids = query(module_settings, "select max(model_id) from predictions.model where task = %s", task)
        in_choice = any("later" in str(choice["allowed"]) for choice in cards["parameters"])
        return bool(models), in_choice, client.get(f"/api/v1/predictions/models/{ids[0][0]}").status_code

    assert [seen(client) for client in (ada, principal)] == [(True, True, 200)] * 2
    assert seen(bola) == (False, False, 404)
    ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": True})
    assert seen(bola) == (True, True, 200)
    ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": False})
    assert seen(bola) == (False, False, 404)


def test_another_target_ends_what_was_said_of_the_old_one(ada: Any, module_settings: Settings, dataset: str) -> None:
    _named(ada, dataset, column="later", student="pupil")
    status, card, _ = _model(module_settings, dataset)
    assert (status, card["title"].split(" ")[0]) == ("published", "later")
    _named(ada, dataset, column="luck", student="pupil")
    task = dataset.replace("/", "_") + "_target"
    in_force = "select 1 from predictions.model where task = %s and status = 'published'"
    assert query(module_settings, in_force, task) == []
    assert query(module_settings, "select 1 from predictions.score where task = %s", task) == []
    _named(ada, dataset, column="later", student="pupil")
    assert _model(module_settings, dataset)[0] == "published"  # the first one, asked for again


@pytest.mark.parametrize("body", [{"column": "size"}, {"column": "later", "student": "who"}])
def test_only_its_own_columns(ada: Any, dataset: str, body: dict[str, str]) -> None:
    answer = _named(ada, dataset, **body)
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_column")
    assert "effort" in answer.json["allowed"]


def test_a_personal_identifier_says_by_itself_whom_a_line_is_about(ada: Any, module_settings: Settings) -> None:
    assert _named(ada, described(ada, module_settings), column="score").json["student"] == "pupil_id"


def test_whom_a_line_is_about_is_no_target(ada: Any, dataset: str) -> None:
    answer = _named(ada, dataset, column="later", student="later")
    assert (answer.status_code, answer.json["code"]) == (422, "bad_target")


def test_lines_without_the_value_get_an_estimate_with_its_reasons(
    ada: Any, bola: Any, module_settings: Settings, dataset: str
) -> None:
    _named(ada, dataset, column="later", student="pupil")
    body = b"pupil,height,effort,later,luck\nnew1,150,9.5,,50\nnew2,150,0.5,,50\nnew3,,,,\n"
    sent = ada.send("POST", f"/api/v1/datasets/{dataset}/submissions", body, "coming.csv").json["id"]
    load_all(module_settings)
    assert transform(module_settings) is not None
    _model(module_settings, dataset)
    answer = ada.get(f"/api/v1/datasets/{dataset}/target/estimates.csv")
    assert f"{dataset.replace('/', '_')}-estimates.csv" in answer.headers["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["submission"], line["line"]) for line in lines] == [(sent, "2"), (sent, "3"), (sent, "4")]
    assert float(lines[0]["estimate"]) == pytest.approx(30 + 4 * 9.5, abs=4)
    assert float(lines[1]["estimate"]) == pytest.approx(30 + 4 * 0.5, abs=4)
    assert "effort: 9.5, raises the estimate" in lines[0]["reasons"]
    assert (lines[2]["estimate"], lines[2]["because"][:20]) == ("", "Not enough evidence:")
    assert bola.get(f"/api/v1/datasets/{dataset}/target/estimates.csv").status_code == 404


def test_a_target_is_its_owners_to_name_and_to_give_up(
    ada: Any, bola: Any, module_settings: Settings, dataset: str
) -> None:
    path = f"/api/v1/datasets/{dataset}/target"
    _named(ada, dataset, column="later", student="pupil")
    ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": True})
    assert bola.get(path).json["column"] == "later"
    assert _named(bola, dataset, column="luck").json["code"] == "not_yours"
    assert bola.request("DELETE", path).json["code"] == "not_yours"
    ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": False})
    assert bola.get(path).status_code == 404
    assert ada.request("DELETE", path).status_code == 204
    assert ada.get(path).json["code"] == "no_target"
    of_dataset = ada.get(f"/api/v1/predictions/models?dataset={dataset}").json["models"]
    assert {one["status"] for one in of_dataset} <= {"superseded", "refused"}
    assert predict(module_settings) == []


def test_what_is_given_up_while_it_is_learnt_is_not_written_back(
    ada: Any, module_settings: Settings, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _named(ada, dataset, column="luck")
    task, learn = dataset.replace("/", "_") + "_target", running.train

    def slowly(*of_task: Any) -> Any:
        ada.request("DELETE", f"/api/v1/datasets/{dataset}/target")
        return learn(*of_task)

    monkeypatch.setattr(running, "train", slowly)
    assert predict(module_settings) == []
    assert query(module_settings, "select 1 from predictions.run where task = %s", task) == []
    assert query(module_settings, "select 1 from predictions.score where task = %s", task) == []


def test_a_text_of_many_values_is_no_target(ada: Any, dataset: str) -> None:
    refused = _named(ada, dataset, column="pupil").json
    assert refused["code"] == "bad_target"
    assert "more than two values" in refused["detail"]


def test_naming_a_target_wakes_predict(ada: Any, module_settings: Settings, dataset: str) -> None:
    with closing(connect(module_settings.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"listen {PREDICT_CHANNEL}")
            _named(ada, dataset, column="luck")
            cursor.execute("select 1")
        connection.poll()
        assert [told.channel for told in connection.notifies] == [PREDICT_CHANNEL]


def test_the_page_of_a_data_set_names_and_gives_up_its_target(
    app: Flask, keys: dict[str, str], module_settings: Settings, dataset: str
) -> None:
    ada, bola = (signed_in(app, module_settings, who) for who in ("ada", "bola"))
    page, own = f"/datasets/{dataset}", {"Origin": "http://localhost"}
    form = {"csrf_token": "token", "column": "later", "student": "pupil", "action": "name"}
    assert ada.post(f"{page}/target", data=form, headers=own).location == f"{page}#target"
    shown = ada.get(page).text
    assert "Lines with the same pupil are one student" in shown
    assert "superseded" in shown
    assert "No model is in force." in shown
    answer = ada.get(f"/api/v1/datasets/{dataset}/target/estimates.csv")
    assert answer.json["code"] == "no_model_in_force"
    assert bola.get(page).status_code == 404
    assert bola.post(f"{page}/target", data=form, headers=own).status_code == 404
    ada.post(f"{page}/target", data=form | {"action": "end"}, headers=own)
    assert "Name a column, and Laurel learns it" in ada.get(page).text


def test_a_column_that_becomes_personal_is_neither_predicted_nor_told(
    ada: Any, module_settings: Settings, dataset: str
) -> None:
    path, task = f"/api/v1/datasets/{dataset}/contract", dataset.replace("/", "_") + "_target"
    _named(ada, dataset, column="later", student="pupil")
    assert _model(module_settings, dataset)[0] == "published"
    contract = ada.get(path).json
    for field in contract["fields"]:
        if field["name"] in ("later", "effort"):
            field["personal"] = "health"
    changed = ada.request("PUT", f"{path}?accept_breaking=true", json=contract)
    assert changed.status_code == 200, changed.text
    cards = query(module_settings, "select card -> 'training_profile' from predictions.model where task = %s", task)
    assert {"x_height"} <= {name for (profile,) in cards for name in profile}
    assert all("x_effort" not in profile for (profile,) in cards)
    assert ada.get(f"/api/v1/datasets/{dataset}/target").json["code"] == "no_target"
    assert predict(module_settings) == []
    assert query(module_settings, "select 1 from predictions.score where task = %s", task) == []
    in_force = "select 1 from predictions.model where task = %s and status = 'published'"
    assert query(module_settings, in_force, task) == []
