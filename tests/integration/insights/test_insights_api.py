"""The insight API: who may read what, in which form, and what a wrong call is told."""

import csv
import io

import pytest

from backend.app import create_app
from backend.reporting.registry import registry
from elt.access import accounts
from elt.database import Pool
from elt.settings import Settings
from tests.integration.insights.conftest import School, Visitor
from tests.integration.pipeline import Pipeline

ROOT = "/api/v1/insights"
FORMS = {"csv": "text/csv", "png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def test_the_catalogue_lists_what_the_role_may_read(school: School) -> None:
    listed = {
        role: {insight["name"] for insight in visitor.get(ROOT).get_json()["insights"]}
        for role, visitor in (("researcher", school.researcher), ("administrator", school.admin))
    }
    assert listed["administrator"] == set(registry())
    assert listed["administrator"] - listed["researcher"] == {
        "at_risk",
        "at_risk_students",
        "data_quality_issues",
        "inactive_students",
        "teacher_results",
    }


@pytest.mark.parametrize("name", registry())
def test_every_link_of_every_insight_leads_somewhere(school: School, name: str) -> None:
    told = school.admin.get(f"{ROOT}/{name}").get_json()
    for form, mimetype in FORMS.items():
        response = school.admin.get(told["links"][form])
        assert (response.status_code, response.mimetype) == (200, mimetype)
        assert response.data
    assert school.admin.get(told["links"]["page"]).mimetype == "text/html"


def test_csv_and_json_hold_the_same_rows(school: School) -> None:
    told = school.researcher.get(f"{ROOT}/pass_rate?grade_level=SS1").get_json()
    text = school.researcher.get(f"{ROOT}/pass_rate.csv?grade_level=SS1").get_data(as_text=True)
    read = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["pass_rate"]) for row in read] == [row["pass_rate"] for row in told["rows"]]
    assert told["parameters"][0]["value"] == "SS1"


def test_a_report_is_the_same_until_the_data_change(school: School) -> None:
    first = school.researcher.get(f"{ROOT}/survey_jamb.pdf")
    second = school.researcher.get(f"{ROOT}/survey_jamb.pdf")
    assert first.data == second.data
    again = school.researcher.flask.get(
        f"{ROOT}/survey_jamb.pdf",
        headers={"Authorization": f"Bearer {school.researcher.key}", "If-None-Match": first.headers["ETag"]},
    )
    assert (again.status_code, again.data) == (304, b"")


def test_an_unknown_insight_is_told_near_names(school: School) -> None:
    response = school.researcher.get(f"{ROOT}/pass-rates")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.get_json()["near"][0] == "pass_rate"
    assert school.researcher.get(f"{ROOT}/pass-rates.csv").status_code == 404


@pytest.mark.parametrize("form", ["", *(f".{form}" for form in FORMS)])
def test_students_at_risk_are_for_administrators(school: School, form: str) -> None:
    refused = school.researcher.get(f"{ROOT}/at_risk_students{form}")
    assert refused.status_code == 404
    assert "LHS-" not in refused.get_data(as_text=True)
    assert school.admin.get(f"{ROOT}/at_risk_students{form}").status_code == 200


def test_reading_of_single_students_is_on_record(school: School) -> None:
    statement = "select count(*) from catalog.audit_event where action = 'insight.read' and subject = %s"

    def readings(name: str) -> int:
        with Pool(school.settings.database_url, 1).connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, [name])
            return int((cursor.fetchone() or [0])[0])

    before = readings("at_risk_students")
    school.admin.get(f"{ROOT}/at_risk_students.csv")
    school.researcher.get(f"{ROOT}/at_risk_students.csv")
    school.researcher.get(f"{ROOT}/pass_rate.csv")
    assert readings("at_risk_students") == before + 1
    assert readings("pass_rate") == 0


def test_a_value_that_is_not_in_the_data_is_told_those_that_are(school: School) -> None:
    response = school.researcher.get(f"{ROOT}/pass_rate?grade_level=SS9")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert "JSS1, JSS2, JSS3, SS1, SS2, SS3" in response.get_json()["allowed"]
    assert "SS9" not in response.get_data(as_text=True)


def test_an_unknown_parameter_is_told_the_known_ones(school: School) -> None:
    response = school.researcher.get(f"{ROOT}/pass_rate.csv?grade=SS1")
    assert response.status_code == 400
    assert "grade_level" in response.get_json()["allowed"]


def test_a_parameter_cannot_carry_sql(school: School) -> None:
    response = school.researcher.get(f"{ROOT}/pass_rate?grade_level=' or true --")
    assert response.status_code == 400


@pytest.mark.parametrize("path", ["", "/pass_rate", "/pass_rate.csv"])
def test_no_key_no_answer(school: School, path: str) -> None:
    assert school.visitor_without_key().get(ROOT + path).status_code == 401


def test_before_the_first_transform_the_answer_is_not_yet(settings: Settings) -> None:
    pipeline = Pipeline.of(settings)
    with pipeline.pool.connection() as connection:
        key = accounts.add(connection, "early", "researcher")
    response = Visitor(create_app(settings).test_client(), key).get(f"{ROOT}/pass_rate")
    assert response.status_code == 503
    assert response.get_json()["code"] == "marts_not_built"
    assert "Retry-After" in response.headers
