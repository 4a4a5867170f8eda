"""The pages: signing in and out, who sees what, and what stands on them."""

import html
import re

import pytest
from flask.testing import FlaskClient

from backend.reporting.registry import registry
from elt.database import connect, transaction
from tests.integration.insights.conftest import School


def token(browser: FlaskClient, path: str = "/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).get_data(as_text=True))
    assert found is not None
    return found[1]


def signed_in(school: School, key: str) -> FlaskClient:
    browser = school.visitor_without_key()
    response = browser.post("/sign-in", data={"key": key, "csrf_token": token(browser)})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    return browser


@pytest.fixture
def researcher(school: School) -> FlaskClient:
    """A browser in which a researcher has signed in."""
    return signed_in(school, school.researcher.key)


def test_a_stranger_is_led_to_the_door_and_back(school: School) -> None:
    browser = school.visitor_without_key()
    led = browser.get("/insights/pass_rate?grade_level=SS1")
    assert led.status_code == 302
    door = browser.get(led.headers["Location"]).get_data(as_text=True)
    target = html.unescape(re.search(r'name="next" value="([^"]+)"', door)[1])  # type: ignore[index]
    opened = browser.post("/sign-in", data={"key": school.researcher.key, "csrf_token": token(browser), "next": target})
    assert opened.headers["Location"] == "/insights/pass_rate?grade_level=SS1"
    assert browser.get(opened.headers["Location"]).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_holds_no_key(school: School) -> None:
    browser = school.visitor_without_key()
    response = browser.post("/sign-in", data={"key": school.researcher.key, "csrf_token": token(browser)})
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert school.researcher.key not in cookie


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"])
def test_signing_in_leads_nowhere_else(school: School, target: str) -> None:
    browser = school.visitor_without_key()
    response = browser.post(
        "/sign-in", data={"key": school.researcher.key, "csrf_token": token(browser), "next": target}
    )
    assert response.headers["Location"] == "/"


def test_a_wrong_key_opens_nothing(school: School) -> None:
    browser = school.visitor_without_key()
    response = browser.post("/sign-in", data={"key": "wrong", "csrf_token": token(browser)})
    assert response.status_code == 401
    assert "not known" in response.get_data(as_text=True)
    assert browser.get("/").status_code == 302


def test_a_form_of_somebody_else_is_refused(school: School) -> None:
    browser = school.visitor_without_key()
    assert browser.post("/sign-in", data={"key": school.researcher.key}).status_code == 400
    token(browser)
    forged = browser.post("/sign-in", data={"key": school.researcher.key, "csrf_token": "forged"})
    assert forged.status_code == 400
    assert browser.get("/").status_code == 302


def test_signing_out_closes_the_session(researcher: FlaskClient) -> None:
    assert researcher.post("/sign-out", data={}).status_code == 400
    assert researcher.get("/").status_code == 200
    researcher.post("/sign-out", data={"csrf_token": token(researcher, "/")})
    assert researcher.get("/").status_code == 302


def test_the_catalogue_shows_what_the_role_may_read(school: School, researcher: FlaskClient) -> None:
    shown = researcher.get("/insights").get_data(as_text=True)
    assert "Pass rate by subject and term" in shown
    assert "/insights/at_risk_students" not in shown
    assert researcher.get("/insights/at_risk_students").status_code == 404
    assert "/insights/at_risk_students" in signed_in(school, school.admin.key).get("/insights").get_data(as_text=True)


def test_the_catalogue_keeps_what_has_no_data_out_of_the_cards(school: School) -> None:
    shown = html.unescape(signed_in(school, school.admin.key).get("/insights").get_data(as_text=True))
    cards, missing = shown.split("Waiting for data")
    named = {
        part: set(re.findall(r'href="/insights/(\w+)"', text))
        for part, text in (("cards", cards), ("missing", missing))
    }
    assert named["cards"] == {name for name, of in registry().items() if of.datasets[0].startswith("laurel/")}
    assert named["missing"] == registry().keys() - named["cards"]
    assert missing.count("./start.sh load oulad DIR") == 7
    page = signed_in(school, school.researcher.key).get("/insights/cohort_retention").get_data(as_text=True)
    assert "./start.sh load oulad DIR" in page


def test_an_insight_whose_data_nobody_sent_waits_below_the_others(researcher: FlaskClient) -> None:
    cards, waiting = researcher.get("/insights").get_data(as_text=True).split("Waiting for data")
    assert "/insights/student_performance" in waiting
    assert "how to bring it" in waiting
    assert "/insights/student_performance" not in cards
    assert "/insights/pass_rate" in cards


def test_a_page_says_what_the_api_says_and_what_stands_behind_it(school: School, researcher: FlaskClient) -> None:
    told = school.researcher.get("/api/v1/insights/guardian_background").get_json()
    shown = html.unescape(researcher.get("/insights/guardian_background").get_data(as_text=True))
    assert told["finding"]["sentence"] in shown
    for part in ("measure", "numerator", "denominator", "exclusions", "threshold"):
        assert told["definition"][part] in shown
    assert "Marts published" in shown
    assert "of the source lines were rejected" in shown
    for row in told["rows"]:
        assert f'<td data-label="Number" class="n">{row["n"]:,}</td>' in shown
    for form in ("csv", "png", "svg", "pdf"):
        assert told["links"][form] in shown


def test_administrators_find_every_issue_with_its_file_and_first_lines(school: School, researcher: FlaskClient) -> None:
    browser = signed_in(school, school.admin.key)
    assert "/insights/data_quality_issues" in browser.get("/insights/data_quality").get_data(as_text=True)
    told = school.admin.get("/api/v1/insights/data_quality_issues").get_json()["rows"]
    counted = school.admin.get("/api/v1/insights/data_quality").get_json()["rows"]
    assert sum(row["issue_count"] for row in told) == sum(row["issue_count"] for row in counted) > 0
    assert sum(row["line_count"] for row in told) == sum(row["issue_line_count"] for row in counted)
    shown = html.unescape(browser.get("/insights/data_quality_issues").get_data(as_text=True))
    for row in told:
        assert row["rule_name"] in shown
        assert "; ".join(map(str, row["first_lines"])) in shown
        assert row["first_lines"] == sorted(row["first_lines"])[:5]
        assert row["first_lines"][0] > 1
        assert row["remedy"] in shown
    assert "/insights/data_quality_issues" not in researcher.get("/insights/data_quality").get_data(as_text=True)
    assert researcher.get("/insights/data_quality_issues").status_code == 404


def test_what_was_found_stands_below_the_chart_and_rows_carry_their_headings(researcher: FlaskClient) -> None:
    page = researcher.get("/insights/survey_jamb").get_data(as_text=True)
    assert page.index('id="chart"') < page.index('class="details"') < page.index('id="definition"')
    assert '<td data-label="Factor found"' in page
    assert "<code>./start.sh load oulad DIR</code>" in researcher.get("/insights").get_data(as_text=True)


def test_a_failed_transform_is_told(school: School, researcher: FlaskClient) -> None:
    connection = connect(school.settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.transform_run (status, datasets, project_fingerprint, finished_at) "
            "values ('failed', '{}', '', now()) "
            "returning transform_run_id"
        )
        run = cursor.fetchone()
    try:
        assert "These are the last good marts" in researcher.get("/insights/pass_rate").get_data(as_text=True)
        told = school.researcher.get("/api/v1/insights/pass_rate").get_json()["freshness"]
        assert told["failed_at"] > told["published_at"]
    finally:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute("delete from catalog.transform_run where transform_run_id = %s", run)
        connection.close()
    assert "last good marts" not in researcher.get("/insights/pass_rate").get_data(as_text=True)


def test_a_bad_choice_is_explained_on_a_page(researcher: FlaskClient) -> None:
    response = researcher.get("/insights/pass_rate?grade_level=SS9")
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "JSS1" in response.get_data(as_text=True)


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(researcher: FlaskClient) -> None:
    response = researcher.get("/insights/pass_rate")
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = response.get_data(as_text=True)
    assert not re.search(r'(?:src|href)="https?://(?!127\.0\.0\.1)', page)
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_vega_comes_from_the_installed_package(researcher: FlaskClient) -> None:
    source = re.search(r'src="(/vega\.js[^"]*)"', researcher.get("/insights/pass_rate").get_data(as_text=True))
    assert source is not None
    response = researcher.get(source[1])
    assert response.mimetype == "text/javascript"
    assert "immutable" in response.headers["Cache-Control"]
    assert len(response.data) > 100_000


def test_the_data_page_lists_the_files_of_the_one_who_sent_them(school: School, researcher: FlaskClient) -> None:
    assert "Nothing has been sent yet" in researcher.get("/data").get_data(as_text=True)
    shown = signed_in(school, school.admin.key).get("/data").get_data(as_text=True)
    assert shown.count('class="state modelled">in use</span>') == 5
    assert shown.count("#refused") == 5
