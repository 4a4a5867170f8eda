"""The pages where something is slow, broken, failed, or more than one page holds."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.pages import data, transforms
from backend.reporting import answers, result
from backend.reporting.answers import Answers
from elt.database import connect, transaction
from tests.integration.insights.conftest import School
from tests.integration.insights.test_pages import signed_in

SECRET = "Adaeze Okonkwo, 12 Example Close"


@contextmanager
def locked(school: School, mart: str) -> Iterator[None]:
    """Nobody can read the mart meanwhile."""
    connection = connect(school.settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(f"lock table marts.{mart} in access exclusive mode")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def test_a_slow_insight_says_so_and_spares_the_others(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result, "STATEMENT_TIMEOUT", "1s")
    monkeypatch.setattr(answers, "ANSWERS", Answers())  # nothing is kept from before
    browser = signed_in(school, school.researcher.key)
    with locked(school, "rpt_pass_rate"):
        page = browser.get("/insights/pass_rate")
        assert (page.status_code, page.mimetype) == (503, "text/html")
        assert "within 1s" in page.get_data(as_text=True)
        assert "Retry-After" in page.headers
        assert school.researcher.get("/api/v1/insights/pass_rate").json["code"] == "too_slow"  # type: ignore[index]
        overview = browser.get("/insights")
        assert overview.status_code == 200
        assert overview.get_data(as_text=True).count("within 1s") == 1


def test_a_bug_is_a_page_and_says_nothing_of_the_inside(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(transforms, "last", broken)
    page = signed_in(school, school.admin.key).get("/transform")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "could not finish" in page.get_data(as_text=True)
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text + page.get_data(as_text=True)


def test_older_files_are_a_link_away(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "SUBMISSIONS", 2)
    browser, path, seen = signed_in(school, school.admin.key), "/data", []
    while path:
        page = browser.get(path).get_data(as_text=True)
        seen.append(re.findall(r'<th scope="row"><a href="([^"]+)"', page))
        older = re.search(r'<a href="([^"]+)">older ones', page)
        path = html.unescape(older[1]) if older else ""
    assert [len(of_page) for of_page in seen] == [2, 2, 1]
    assert len({file for of_page in seen for file in of_page}) == 5


def test_an_admin_sees_every_model_and_test_of_the_last_transform(school: School) -> None:
    admin = signed_in(school, school.admin.key)
    assert "/transform" in admin.get("/data").get_data(as_text=True)
    page = admin.get("/transform").get_data(as_text=True)
    assert "was published" in page
    for name in ("fct_grade", "rpt_pass_rate", "grain_rpt_pass_rate", "stg_laurel__academic_history"):
        assert f'<th scope="row">{name}</th>' in page
    results = re.findall(r'class="state (\w+)"', page)
    assert set(results) == {"success", "pass", "warn"}  # the sample school has flaws, which quality tests warn of
    assert results[0] == "warn"
    researcher = signed_in(school, school.researcher.key)
    assert researcher.get("/transform").status_code == 403
    assert "/transform" not in researcher.get("/data").get_data(as_text=True)


def test_a_failed_test_stands_first_and_says_how_many_rows(school: School) -> None:
    connection = connect(school.settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.transform_run (status, datasets, project_fingerprint, finished_at, error_message) "
            "values ('failed', '{laurel/students}', '', now(), 'A test failed.') returning transform_run_id"
        )
        (run,) = cursor.fetchone() or (0,)
        cursor.execute(
            "insert into catalog.transform_result values "
            "(%(run)s, 'model.laurel.dim_student', 'model', 'success', 9.5, 1200, null, null), "
            "(%(run)s, 'test.laurel.grain_dim_student.ab', 'test', 'fail', 0.25, null, 37, 'Got 37 results')",
            {"run": run},
        )
    try:
        page = signed_in(school, school.admin.key).get("/transform").get_data(as_text=True)
    finally:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute("delete from catalog.transform_run where transform_run_id = %s", [run])
        connection.close()
    assert "A test failed." in page
    assert page.index("grain_dim_student") < page.index("dim_student</th>", page.index("grain_dim_student</th>") + 30)
    for told in ("Got 37 results", ">0.25<", ">37<", ">1,200<", "the marts stay as they were"):
        assert told in page


def test_a_card_names_two_findings_and_counts_the_rest(school: School) -> None:
    told = school.researcher.get("/api/v1/insights/survey_jamb").get_json()["finding"]
    more = len(told["details"]) - 2
    assert more > 0
    page = html.unescape(signed_in(school, school.researcher.key).get("/insights").get_data(as_text=True))
    assert f"; and {more} more." in page
    assert told["sentence"] in page
    assert told["details"][0] not in page
