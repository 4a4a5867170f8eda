"""What schemathesis found, each in the smallest form: a request that nobody sends by hand is refused, never a 500."""

import io

import pytest

from tests.integration.api.conftest import UPLOAD, Client, students


@pytest.mark.parametrize("path", ["submissions?dataset=%00", "audit?subject=%00", "provenance/fct_grade?a%00=1"])
def test_a_character_that_no_text_holds_is_refused(principal: Client, path: str) -> None:
    answer = principal.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_parameter")


@pytest.mark.parametrize(
    "path",
    [
        "datasets/laurel/students/contract",
        "datasets/laurel/students/mapping",
        "reports/subscriptions/principal",
    ],
)
def test_a_body_of_brackets_without_end_is_refused(principal: Client, path: str) -> None:
    answer = principal.request("PUT", f"/api/v1/{path}", data="[" * 100_000, content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.mimetype == "application/problem+json"


def test_an_account_that_no_number_can_name_is_refused(principal: Client) -> None:
    assert principal.get("/api/v1/reports?as_account=99999999999999").status_code == 400


def test_an_action_before_there_are_marts_finds_nobody(principal: Client) -> None:
    body = {"outcome": "laurel_failing", "student_id": "LHS-1", "action": "talk"}
    answer = principal.request("POST", "/api/v1/predictions/actions", json=body)
    assert (answer.status_code, answer.json["code"]) == (404, "no_prediction")


def test_a_long_note_in_the_form_arrives_whole(ada: Client) -> None:
    form = {"note": "ä" * 4000, "file": (io.BytesIO(students()), "students.csv")}
    answer = ada.request("POST", UPLOAD, data=form, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    assert answer.json["note"] == "ä" * 4000
