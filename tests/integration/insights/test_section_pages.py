"""The pages by section: what stands on them, for whom, and what is put on record."""

import html
import re
import time

import pytest
from flask.testing import FlaskClient
from psycopg2.extensions import connection as Connection

from backend.pages import live
from backend.pages.boards import BOARDS
from backend.reporting import answers
from backend.reporting.answers import Answers
from backend.reporting.registry import registry
from backend.reporting.seeds import seed
from elt.access import accounts
from elt.access.pseudonyms import pseudonym
from elt.access.roles import Scope, set_scope
from tests.integration.insights.conftest import School, Visitor
from tests.integration.insights.test_pages import signed_in
from tests.integration.insights.test_pages_in_trouble import locked


def text(response: object) -> str:
    return html.unescape(response.get_data(as_text=True))  # type: ignore[attr-defined]


@pytest.fixture
def administrator(school: School) -> FlaskClient:
    """A browser in which an administrator has signed in."""
    return signed_in(school, school.admin.key)


@pytest.fixture
def researcher(school: School) -> FlaskClient:
    """A browser in which a researcher has signed in."""
    return signed_in(school, school.researcher.key)


def asked(owner: Connection, statement: str, *values: object) -> list[tuple]:
    with owner.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_the_overview_has_every_key_figure_with_its_definition_and_its_terms(
    owner: Connection, administrator: FlaskClient
) -> None:
    page = text(administrator.get("/"))
    kpis = asked(owner, "select kpi_label, kpi_name, unit, kpi_value from marts.rpt_kpi where source_system = 'laurel'")
    assert len(kpis) == 11
    definitions = {row["kpi_name"]: row["definition"] for row in seed("kpi")}
    for label, name, unit, value in kpis:
        assert f">{label}</a>" in page
        assert definitions[name] in page
        assert (f"{100 * value:.1f}%" if unit == "share" else f"{value:,.{0 if unit == 'count' else 2}f}") in page
    terms = asked(owner, "select kpi_value from marts.rpt_kpi_term where kpi_name = 'pass_rate' order by term_order")
    assert len(terms) == 3
    assert (
        ", ".join(
            f"{name} {100 * value:.1f}%" for name, (value,) in zip(("First", "Second", "Third"), terms, strict=True)
        )
        in page
    )
    assert (page.count("Lower is better"), page.count("Higher is better")) == (3, 6)  # neither, of plain numbers
    assert "0.90 rate, chronically absent at or below: US federal reporting" in page
    tier_4 = asked(owner, "select count(*) from marts.rpt_at_risk_student where risk_tier = 4")[0][0]
    assert f"{tier_4} students need attention first" in page
    assert 'href="/students?tier=4"' in page


def test_the_overview_says_what_failed_and_what_waits(
    owner: Connection, school: School, administrator: FlaskClient
) -> None:
    quiet = text(administrator.get("/"))
    assert "The last transform failed" not in quiet
    assert "refused" not in quiet
    [(issues,)] = asked(owner, "select count(*) from marts.data_quality_issue")
    assert f"{issues} issues in loaded lines" in quiet  # as many as the insight that it leads to tells
    with owner.cursor() as cursor:
        cursor.execute(
            "insert into catalog.transform_run (status, datasets, project_fingerprint, finished_at) "
            "values ('failed', '{}', '', now()) returning transform_run_id"
        )
        run = cursor.fetchone()
        cursor.execute(
            "insert into catalog.submission (dataset_id, status, object_key, filename, sha256, byte_count) "
            "values ('laurel/students', 'rejected', 'overview', 'f.csv', 'x', 1) returning submission_id"
        )
        submission = cursor.fetchone()
    try:
        page = text(administrator.get("/"))
        assert "The last transform failed" in page
        assert "1 file of the last 14 days was refused" in page
        assert "refused" not in text(signed_in(school, school.researcher.key).get("/"))  # somebody else's file
    finally:
        with owner.cursor() as cursor:
            cursor.execute("delete from catalog.transform_run where transform_run_id = %s", run)
            cursor.execute("delete from catalog.submission where submission_id = %s", submission)


def test_sections_appear_for_those_who_may_see_them(administrator: FlaskClient, researcher: FlaskClient) -> None:
    def sections(browser: FlaskClient, path: str) -> str:
        return re.search(r'<nav class="sections".*?</nav>', text(browser.get(path)), re.DOTALL)[0]  # type: ignore[index]

    for path in ("/performance", "/what-matters", "/cohorts", "/insights", "/data"):
        assert f'href="{path}" aria-current="page"' in sections(administrator, path)
        assert f'href="{path}"' in sections(researcher, "/")
    assert 'href="/students"' in sections(administrator, "/")
    assert 'href="/students"' not in sections(researcher, "/")
    assert researcher.get("/students").status_code == 403


@pytest.mark.parametrize("board", BOARDS, ids=[board.endpoint for board in BOARDS])
def test_a_board_shows_its_insights_with_what_stands_behind_them(administrator: FlaskClient, board) -> None:  # type: ignore[no-untyped-def]
    page = text(administrator.get(board.path))
    if board.endpoint in (
        "cohorts",
        "district",
    ):  # of which this school has no file: said once
        assert page.count("There is nothing here for you yet") == 1
        assert all(registry()[name].question in page for name in board.insights)
        assert board.missing in page
        assert "start.sh" not in page
        return
    for name in board.insights:
        insight = registry()[name]
        assert f'id="{name}-title"' in page
        assert insight.definition.measure in page.replace("<code>", "`").replace("</code>", "`")
    assert page.count("How it is counted, how fresh it is, and what stands behind it") == len(board.insights)


def test_filters_are_in_the_address_and_go_to_the_insights_that_know_them(administrator: FlaskClient) -> None:
    page = text(administrator.get("/performance?grade_level=SS1&term=Third+Term"))
    assert '<option value="SS1" selected>' in page
    assert "/api/v1/insights/pass_rate.csv?grade_level=SS1&term=Third+Term" in page
    assert "/api/v1/insights/teacher_results.csv" in page  # knows neither
    refused = administrator.get("/performance?subjct=Physics")
    assert refused.status_code == 400
    assert "subject" in text(refused)
    nothing = text(administrator.get("/performance?subject=Alchemy"))
    assert "Nothing is on file here for this choice" in nothing


def test_students_are_found_by_name_number_tier_and_grade_level(owner: Connection, administrator: FlaskClient) -> None:
    [(key, number, first, last)] = asked(
        owner,
        "select student_key, student_id, first_name, last_name from marts_private.student_identity "
        "inner join marts.rpt_at_risk_student using (student_key, student_id) where risk_tier = 4 order by 2 limit 1",
    )
    for query in (f"q={number}", f"q={last}+{first}", f"q={first.upper()}&tier=4"):
        page = text(administrator.get(f"/students?{query}"))
        assert f"/students/{key}" in page
        assert f"{first} {last}" in page
    assert f"/students/{key}" not in text(administrator.get(f"/students?q={number}&tier=1"))
    assert "No student of yours matches" in text(administrator.get("/students?q=%25"))  # a sign, not a wildcard
    counts = asked(
        owner,
        "select count(*) from marts.dim_student where is_current and member_type = 'known' and grade_level = 'SS2'",
    )
    assert f"{counts[0][0]} students; 1 to 50" in text(administrator.get("/students?grade_level=SS2"))
    assert "1 to 50" not in text(administrator.get("/students?grade_level=SS2&page=2"))
    assert administrator.get("/students?tier=7").status_code == 400


def test_a_students_page_tells_why_and_down_to_the_line_and_is_on_record(
    owner: Connection, administrator: FlaskClient, researcher: FlaskClient
) -> None:
    [(key, first, triggers)] = asked(
        owner,
        "select student_key::text, first_name, triggers from marts.rpt_at_risk_student "
        "inner join marts_private.student_identity using (student_key) "
        "where student_key in (select student_key from marts.bridge_student_guardian) "
        "order by risk_tier desc, student_key limit 1",
    )
    looks = "select count(*) from catalog.audit_event where action = 'student.read' and subject = %s"
    [(student_id,)] = asked(owner, "select student_id from marts.dim_student where student_key = %s", key)
    known_as = pseudonym(owner, "laurel", student_id)  # auditors read the log, and know no student
    before = asked(owner, looks, known_as)
    page = text(administrator.get(f"/students/{key}"))
    assert first in page
    assert triggers in page
    lines = asked(owner, "select line_number from marts.fct_grade where student_key = %s", key)
    assert len(lines) > 20
    assert all(f">{line}<" in page for (line,) in lines)
    guardian = asked(
        owner,
        "select phone_number from marts_private.guardian_identity "
        "inner join marts.bridge_student_guardian using (guardian_key) where student_key = %s limit 1", key,
    )  # fmt: skip
    assert guardian[0][0] in page
    after = asked(owner, looks, known_as)
    assert after[0][0] == before[0][0] + 1
    assert researcher.get(f"/students/{key}").status_code == 403
    assert administrator.get("/students/00000000-0000-0000-0000-000000000000").status_code == 404


def test_an_answer_is_kept_until_the_next_transform(
    school: School, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "ANSWERS", Answers())
    path = "/api/v1/insights/pass_rate?grade_level=SS2"
    first = school.researcher.get(path).get_json()["rows"]
    looks = []
    kept_get = answers.ANSWERS.get
    monkeypatch.setattr(answers.ANSWERS, "get", lambda key, find: kept_get(key, lambda: looks.append(key) or find()))
    with locked(school, "rpt_pass_rate"):
        assert school.researcher.get(path).get_json()["rows"] == first
    assert not looks
    with owner.cursor() as cursor:
        cursor.execute(
            "insert into catalog.transform_run (status, datasets, project_fingerprint, finished_at) "
            "values ('published', '{}', '', now()) returning transform_run_id"
        )
        run = cursor.fetchone()
    try:
        assert school.researcher.get(path).get_json()["rows"] == first
        assert len(looks) == 1
    finally:
        with owner.cursor() as cursor:
            cursor.execute("delete from catalog.transform_run where transform_run_id = %s", run)


def test_a_kept_answer_is_for_those_who_see_the_same_rows(
    school: School, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "ANSWERS", Answers())
    teachers = asked(
        owner,
        "select teacher_id from marts.rpt_teacher_result where source_system = 'laurel' and not is_suppressed "
        "order by student_count, teacher_id",
    )
    scopes = {"all": Scope("laurel"), "few": Scope("laurel", None, teachers[0][0])}
    scopes |= {"many": Scope("laurel", None, teachers[-1][0])}
    keys = {
        name: accounts.add(owner, f"kept {name}", "teacher" if scope.teacher_id else "principal", scope)
        for name, scope in scopes.items()
    }
    visitors = {name: Visitor(school.admin.flask.application.test_client(), key) for name, key in keys.items()}

    def students(name: str) -> set[str]:
        told = visitors[name].get("/api/v1/insights/at_risk_students").get_json()["rows"]
        return {row["student_id"] for row in told}

    seen = {name: students(name) for name in visitors}
    assert len(seen["all"]) >= len(seen["many"]) > len(seen["few"]) > 0
    assert {name: students(name) for name in visitors} == seen
    set_scope(
        owner, asked(owner, "select account_id from catalog.account where name = 'kept few'")[0][0], scopes["many"]
    )
    assert students("few") == seen["many"]  # at once


def test_a_page_hears_of_a_change_at_once_and_two_hundred_hold_no_more_than_a_few_threads(
    school: School, administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = re.search(r'data-news="(/live/marts\?seen=(\d+))"', text(administrator.get("/performance")))
    assert url is not None
    changed = administrator.get("/live/marts?seen=0")
    assert changed.mimetype == "text/event-stream"
    assert f"id: {url[2]}\nevent: changed\ndata: {url[2]}\n\n" in text(changed)
    monkeypatch.setattr(live, "HOLD_SECONDS", 0.0)
    assert re.fullmatch(r"retry: 1\d{4}\n\n|retry: 20000\n\n", text(administrator.get(url[1])))
    monkeypatch.setattr(live, "HOLD_SECONDS", 60.0)
    room = administrator.application.extensions[live.EXTENSION].room
    places = [room.place() for _ in range(live.PLACES)]
    assert all(place.__enter__() for place in places)
    began = time.monotonic()
    assert "event" not in text(administrator.get(url[1]))  # all places are taken: answered at once
    assert time.monotonic() - began < live.HOLD_SECONDS
    for place in places:
        place.__exit__(None, None, None)
    assert administrator.get("/live/elsewhere").status_code == 400


def test_every_form_carries_the_passport(school: School) -> None:
    path = "/api/v1/insights/pass_rate"
    told = school.admin.get(path).get_json()
    passport = told["passport"]
    assert [file["dataset_id"] for file in passport["files"]] == ["laurel/academic_history"]
    assert passport["files"][0]["filename"]
    assert passport["moved"][0]["kpi"] == "pass_rate"
    assert passport["moved"][0]["cause"] == "a file of academic_history came"
    assert "Laurel High School's own pass mark" in told["definition"]["threshold_sources"]
    csv = school.admin.get(f"{path}.csv?term=First+Term")
    about = school.admin.get(re.search(r"<([^>]+)>", csv.headers["Link"])[1]).get_json()  # type: ignore[index]
    assert about["url"] == f"{path}.csv?term=First+Term"
    assert [column["name"] for column in about["tableSchema"]["columns"]] == csv.get_data(as_text=True).split("\r\n")[
        0
    ].split(",")
    assert about["passport"]["files"] == passport["files"]
    for form in ("svg", "png"):
        assert told["definition"]["exclusions"].encode() in school.admin.get(f"{path}.{form}").data
    page = text(signed_in(school, school.admin.key).get("/insights/pass_rate"))
    assert "The files behind it" in page
    assert f"/data/submissions/{passport['files'][0]['submission_id']}" in page
