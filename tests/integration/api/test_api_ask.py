"""Ask: what Postgres lets a person's own SQL do, and what it does not; saved questions among the insights."""

import csv
import io
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from backend.api import ask as api
from elt.database import connect, transaction
from elt.settings import Settings
from tests.integration.api.conftest import Client

SECRET = "Zebulon Q. Thistlewaite"  # a value of the data, which no error may tell
ROWS = 2500


@pytest.fixture(scope="module", autouse=True)
def marts(module_settings: Settings) -> None:
    """A mart of our own, and a table elsewhere that no question may read."""
    connection = connect(module_settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "create table marts_store.dim_guest as select number as guest_id, %s || number as name, "
            "number %% 2 = 0 as is_even, number / 4.0 as share, null::integer as nothing "
            "from generate_series(1, %s) as number",
            [SECRET, ROWS],
        )
        cursor.execute("create view marts.dim_guest as select * from marts_store.dim_guest")
        cursor.execute("grant select on marts.dim_guest to laurel_administrator")
        cursor.execute("create table raw.hidden as select %s as name", [SECRET])
    connection.close()


@pytest.fixture
def ask(principal: Client) -> Callable[..., Any]:
    """`ask(sql, **limits)`: the response to a question of an administrator."""

    def asked(sql: str, **more: Any) -> Any:
        return principal.request("POST", "/api/v1/ask", json={"sql": sql, **more})

    return asked


def test_a_question_is_answered_cut_and_given_out_whole(principal: Client, ask: Callable[..., Any]) -> None:
    answer = ask("select guest_id, name, is_even, share, nothing from marts.dim_guest order by 1 -- all", rows=3).json
    assert [column["kind"] for column in answer["columns"]] == ["integer", "text", "flag", "number", "integer"]
    assert answer["rows"][1] == [2, f"{SECRET}2", True, 0.5, None]
    assert (answer["row_count"], answer["is_cut"]) == (3, True)
    assert ask("table marts.dim_guest", rows=ROWS).json["is_cut"] is False

    given = principal.get(answer["links"]["csv"])
    assert given.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(given.text)))
    assert (lines[0][0], len(lines) - 1) == ("guest_id", ROWS)
    assert lines[2] == ["2", f"{SECRET}2", "True", "0.5", ""]


# What is tried, and the SQLSTATE by which Postgres refuses it.
FORBIDDEN = {
    "select 1; select 2": "42601",
    "set role laurel": "42601",
    "copy marts.dim_guest to '/tmp/guests'": "42601",
    "copy marts.dim_guest to program 'cat'": "42601",
    "create table mine as select 1": "42601",
    "do $$ begin perform 1; end $$": "42601",
    "commit": "42601",
    "select 1 into mine": "42601",
    "with gone as (delete from marts.dim_guest returning 1) select * from gone": "0A000",
    "select * from marts.dim_guest for update": ("25006", "42501"),
    "select set_config('role', 'laurel', false)": "42501",
    "select set_config('role', 'laurel_reader', false)": "42501",
    "select set_config('role', 'laurel_principal', false)": "42501",
    "select set_config('session_authorization', 'laurel', false)": "42501",
    "select set_config('transaction_read_only', 'off', true)": "25001",
    "select set_config('log_min_messages', 'debug5', false)": "42501",
    "select * from raw.hidden": "42501",
    "select * from catalog.account": "42501",
    "select * from catalog.api_key": "42501",
    "select * from catalog.rejected_line": "42501",
    "select * from catalog.asked_query": "42501",
    "select * from marts_store.dim_guest": "42501",
    "select * from pg_authid": "42501",
    "select * from pg_statistic": "42501",
    "select query_to_xml('select * from raw.hidden', true, false, '')": "42501",
    "select pg_read_file('/etc/passwd')": "42501",
    "select pg_ls_dir('.')": "42501",
    "select lo_import('/etc/passwd')": "42501",
    "select lo_creat(-1)": "25006",
    "select dblink('dbname=laurel', 'select 1')": "42883",
    "select nextval('catalog.account_account_id_seq')": "42501",
}


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_postgres_itself_refuses_what_questions_may_not_do(ask: Callable[..., Any], sql: str) -> None:
    response = ask(sql)
    assert (response.status_code, response.mimetype) == (422, "application/problem+json"), response.text
    assert response.json["sqlstate"] in FORBIDDEN[sql], response.text
    assert SECRET not in response.text


@pytest.mark.parametrize(
    "sql",
    [
        "select name::integer from marts.dim_guest",
        "select name::date from marts.dim_guest",
        "select query_to_xml(name, true, false, '') from marts.dim_guest",
        "select name::xml from marts.dim_guest",
        "select ('{' || name)::jsonb from marts.dim_guest",
        "select ('\"' || name)::regclass from marts.dim_guest",
        "select set_config(name, '1', true) from marts.dim_guest",
        "select set_config('work_mem', name, true) from marts.dim_guest",
        "select (select name from marts.dim_guest)",
    ],
)
def test_no_error_tells_a_value_of_the_data(
    ask: Callable[..., Any], sql: str, principal: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(sql)
    assert response.status_code == 422
    words = re.split(r"\W+", SECRET)[::2]
    told = response.text + caplog.text + principal.get("/api/v1/ask?limit=1").json["asked"][0]["error"]["message"]
    assert not [word for word in words if word in told], response.text


def test_an_error_of_the_text_is_told_with_its_place(ask: Callable[..., Any]) -> None:
    problem = ask("select guest_id,\n  nam from marts.dim_guest").json
    assert 'column "nam" does not exist (line 2, character 3)' in problem["detail"]
    assert (problem["line"], problem["character"], problem["sqlstate"]) == (2, 3, "42703")
    assert "dim_guest.name" in problem["remedy"]


def running_queries(settings: Settings) -> int:
    """How many questions Postgres is at."""
    connection = connect(settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where application_name like 'laurel ask %'")
        (count,) = cursor.fetchone() or (0,)
    connection.close()
    return int(count)


def test_a_question_ends_at_its_time_whatever_it_sets(ask: Callable[..., Any], module_settings: Settings) -> None:
    for sql in ("select pg_sleep(60)", "select set_config('statement_timeout', '0', false), pg_sleep(60)"):
        started = time.monotonic()
        response = ask(sql, seconds=1)
        assert (response.status_code, response.json["code"]) == (422, "time_limit")
        assert time.monotonic() - started < 60  # before the question was done
    assert running_queries(module_settings) == 0


def test_a_question_is_ended_by_its_asker_and_by_nobody_else(
    app: Flask, keys: dict[str, str], principal: Client, ada: Client, module_settings: Settings
) -> None:
    id, told = str(uuid.uuid4()), []
    other = Client(app.test_client(), keys["principal"])
    body = {"sql": "select pg_sleep(50)", "seconds": 60, "id": id}
    thread = threading.Thread(target=lambda: told.append(other.request("POST", "/api/v1/ask", json=body)))
    thread.start()
    deadline = time.monotonic() + 30
    while running_queries(module_settings) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ada.request("DELETE", f"/api/v1/ask/{id}").status_code == 403
    assert principal.get(f"/api/v1/ask/{id}").json["status"] == "running"
    assert principal.request("DELETE", f"/api/v1/ask/{id}").json["status"] == "cancelled"
    thread.join(timeout=30)
    assert (told[0].status_code, told[0].json["code"]) == (409, "cancelled")
    assert running_queries(module_settings) == 0


def test_only_so_many_questions_are_answered_at_once(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with api.places.place(), api.places.place(), api.places.place(), api.places.place():
        response = ask("select 1 as one")
    assert (response.status_code, response.json["code"]) == (503, "too_many_questions")
    assert ask("select 1 as one").status_code == 200


def test_history_is_each_persons_own_and_kept_short(
    ask: Callable[..., Any], principal: Client, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elt.asking.ledger.KEPT", 3)
    for number in range(5):
        ask(f"select {number} as number")
    asked = principal.get("/api/v1/ask").json["asked"]
    assert [one["sql"] for one in asked] == [f"select {number} as number" for number in (4, 3, 2)]
    assert {one["status"] for one in asked} == {"done"}
    for path in ("/api/v1/ask", f"/api/v1/ask/{asked[0]['id']}", f"/api/v1/ask/{asked[0]['id']}.csv", "/ask"):
        assert ada.get(path).status_code == 403, path
    assert principal.get(f"/api/v1/ask/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {}, {"sql": ""}, {"sql": 1}, {"sql": "x" * 20_001}, {"sql": "select 1", "rows": 0}, {"sql": "select '\0'"},
        {"sql": "select 1", "seconds": True}, {"sql": "select 1", "id": "mine"}, {"sql": "select 1", "role": "laurel"},
    ],
)  # fmt: skip
def test_a_body_that_asks_nothing_is_refused(principal: Client, body: dict[str, Any]) -> None:
    assert principal.request("POST", "/api/v1/ask", json=body).status_code == 400


@pytest.fixture
def saved(principal: Client) -> Iterator[dict[str, Any]]:
    """A saved question, as the API tells of it."""
    body = {
        "title": "Even guests, 100%",
        "question": "How many guests are even?",
        "sql": "select is_even, count(*) as guests, '%(x)s' as mark from marts.dim_guest group by is_even",
        "chart": {"kind": "bar", "x": "is_even", "y": "guests"},
    }
    response = principal.request("POST", "/api/v1/questions", json=body)
    assert response.status_code == 201, response.text
    assert principal.request("POST", "/api/v1/questions", json=body).json["code"] == "name_taken"
    yield response.json
    assert principal.request("DELETE", f"/api/v1/questions/{response.json['name']}").status_code == 204


def test_a_saved_question_is_an_insight(saved: dict[str, Any], principal: Client, ada: Client) -> None:
    name = saved["name"]
    assert name == "asked_even_guests_100"
    assert name in [insight["name"] for insight in principal.get("/api/v1/insights").json["insights"]]
    told = principal.get(f"/api/v1/insights/{name}").json
    assert sorted((row["is_even"], row["guests"]) for row in told["rows"]) == [(False, ROWS // 2), (True, ROWS // 2)]
    assert principal.get(f"/api/v1/insights/{name}.csv").text.splitlines()[0] == "is_even,guests,mark"
    for form in ("png", "svg", "pdf"):
        assert principal.get(f"/api/v1/insights/{name}.{form}").status_code == 200, form
    assert ada.get(f"/api/v1/insights/{name}").status_code == 404
    assert ada.get("/api/v1/questions").status_code == 403


def test_a_question_that_cannot_be_an_insight_is_not_saved(principal: Client) -> None:
    body = {"title": "Guests", "question": "Who?", "sql": "select guest_id from marts.dim_guest"}
    for change, code in (
        ({"sql": "select 1"}, "bad_columns"),
        ({"sql": "select 1 as a, 2 as a"}, "bad_columns"),
        ({"sql": "select name::int as number from marts.dim_guest"}, "sql_error"),
        ({"sql": "select 1 as a; drop table x"}, "sql_error"),
        ({"chart": {"kind": "bar", "x": "guest_id", "y": "nobody"}}, "bad_chart"),
        ({"chart": {"kind": "pie", "x": "guest_id", "y": "guest_id"}}, "bad_question"),
        ({"title": "…"}, "bad_title"),
        ({"title": ""}, "bad_question"),
    ):
        assert principal.request("POST", "/api/v1/questions", json={**body, **change}).json["code"] == code, change
    without_chart = principal.request("POST", "/api/v1/questions", json=body).json
    assert principal.get(f"/api/v1/insights/{without_chart['name']}.csv").status_code == 200
    assert principal.get(f"/api/v1/insights/{without_chart['name']}.png").json["code"] == "no_chart"
