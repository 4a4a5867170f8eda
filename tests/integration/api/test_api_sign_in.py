"""Passwords, sessions, keys, and the log of all of it that nobody can change."""

import io
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import psycopg2
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from psycopg2.extensions import connection as Connection

from backend.app import create_app
from elt import __main__ as command_line
from elt import audit
from elt.access import accounts, passwords, pseudonyms
from elt.database import connect, transaction
from elt.settings import Settings
from stack import ports
from tests.integration.api.conftest import Client

PASSWORD = "four quiet green elephants"
OWN = {"Origin": "http://localhost"}


@pytest.fixture(scope="module")
def ledger(module_settings: Settings) -> Iterator[Connection]:
    connection = connect(module_settings.database_url)
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def auditor(app: Flask, ledger: Connection) -> Client:
    with transaction(ledger):
        return Client(app.test_client(), accounts.add(ledger, "vera", "auditor"))


@pytest.fixture
def named(ledger: Connection) -> Callable[[str], str]:
    """`named(name)`: a new researcher of this name, whose password is PASSWORD."""

    def make(name: str) -> str:
        with transaction(ledger):
            accounts.add(ledger, name, "researcher")
            passwords.set_password(ledger, name, PASSWORD)
        return name

    return make


def try_to_sign_in(browser: FlaskClient, **form: str) -> Any:
    page = browser.get("/sign-in").text
    [token, *_] = re.findall(r'name="csrf_token" value="([^"]+)"', page)
    return browser.post("/sign-in", data={"csrf_token": token, **form})


def sign_out(browser: FlaskClient) -> Any:
    [token, *_] = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/data").text)
    return browser.post("/sign-out", data={"csrf_token": token})


def test_a_cookie_that_was_copied_opens_nothing_after_signing_out(app: Flask, named: Callable[[str], str]) -> None:
    browser, copied = app.test_client(), app.test_client()
    assert try_to_sign_in(browser, name=named("ngozi"), password=PASSWORD).status_code == 302
    cookie = browser.get_cookie("laurel_session")
    assert cookie
    assert PASSWORD not in cookie.value
    copied.set_cookie("laurel_session", cookie.value)
    assert copied.get("/api/v1/submissions").status_code == 200
    assert sign_out(browser).status_code == 302
    assert copied.get("/api/v1/submissions").status_code == 401


def test_five_wrong_passwords_lock_the_account_for_the_right_one_too(
    app: Flask, ledger: Connection, named: Callable[[str], str]
) -> None:
    name, browser = named("locked"), app.test_client()
    for attempt in range(1, 6):
        refused = try_to_sign_in(browser, name=name, password="not it, not it")
        assert (refused.status_code, "is locked for" in refused.text and attempt < 5) == (401, attempt < 5)
    assert "Nobody can sign in" in refused.text
    assert "Nobody can sign in" in try_to_sign_in(browser, name=name, password=PASSWORD).text
    with ledger.cursor() as cursor:  # a quarter of an hour later
        cursor.execute("update catalog.account set locked_until = now() - interval '1 s' where name = %s", [name])
    assert try_to_sign_in(browser, name=name, password=PASSWORD).status_code == 302


def test_a_wrong_name_and_a_wrong_password_look_the_same(app: Flask, named: Callable[[str], str]) -> None:
    def told(**form: str) -> tuple[int, str]:
        response = try_to_sign_in(app.test_client(), **form)
        return response.status_code, re.sub(r'value="[^"]*"', "", response.text)

    wrong = told(name=named("known"), password="not it, not it")
    assert wrong == told(name="nobody of that name", password="not it, not it")
    assert wrong == told(name="zero\0byte", password=PASSWORD)
    assert wrong[0] == 401


def test_who_keeps_failing_is_kept_waiting(module_settings: Settings) -> None:
    browser = create_app(module_settings).test_client()
    statuses = [try_to_sign_in(browser, key=f"wrong {n}").status_code for n in range(32)]
    assert statuses == [401] * 30 + [429] * 2


def test_keys_have_a_purpose_an_end_and_a_limit(app: Flask, ada: Client, bola: Client, ledger: Connection) -> None:
    made = ada.request("POST", "/api/v1/keys", json={"label": "export", "scope": "read", "days": 30})
    assert made.status_code == 201
    reading = Client(app.test_client(), made.json["key"])
    assert reading.get("/api/v1/submissions").status_code == 200
    for method, path in (("POST", "/api/v1/keys"), ("DELETE", f"/api/v1/keys/{made.json['id']}")):
        assert reading.request(method, path, json={"label": "x"}).json["code"] == "read_only_key"
    assert try_to_sign_in(app.test_client(), key=made.json["key"]).status_code == 401

    listed = ada.get("/api/v1/keys").json["keys"]
    assert (listed[0]["label"], listed[0]["is_open"]) == ("export", True)
    assert made.json["key"] not in str(listed)
    assert bola.request("DELETE", f"/api/v1/keys/{made.json['id']}").status_code == 404
    with ledger.cursor() as cursor:
        cursor.execute("update catalog.api_key set expires_at = now() where id = %s", [made.json["id"]])
    assert reading.get("/api/v1/submissions").status_code == 401

    other = ada.request("POST", "/api/v1/keys", json={"label": "second"}).json
    second = Client(app.test_client(), other["key"])
    assert second.get("/api/v1/submissions").status_code == 200
    assert ada.request("DELETE", f"/api/v1/keys/{other['id']}").status_code == 204
    assert second.get("/api/v1/submissions").status_code == 401
    for bad in ({"label": ""}, {"label": "x", "scope": "all"}, {"label": "x", "days": 0}, {"label": "x", "days": True}):
        assert ada.request("POST", "/api/v1/keys", json=bad).status_code == 400


def test_an_administrator_makes_and_closes_accounts_and_keys_and_all_of_it_is_on_record(
    app: Flask, principal: Client, ada: Client, auditor: Client
) -> None:
    wanted = {"name": "tunde", "role": "teacher", "school": "laurel", "teacher": "T01"}
    for bad in ({**wanted, "teacher": None}, {**wanted, "role": "king"}, {**wanted, "name": " "}, {"name": 5}, {}):
        assert principal.request("POST", "/api/v1/accounts", json=bad).status_code in (400, 422), bad
    made = principal.request("POST", "/api/v1/accounts", json=wanted)
    assert made.status_code == 201
    assert principal.request("POST", "/api/v1/accounts", json=wanted).status_code == 409
    tunde, here = Client(app.test_client(), made.json["key"]), f"/api/v1/accounts/{made.json['number']}"
    assert tunde.get("/api/v1/insights").status_code == 200
    second = principal.request("POST", f"{here}/keys", json={"label": "register", "scope": "read", "days": 1}).json
    reading = Client(app.test_client(), second["key"])
    assert reading.get("/account").status_code == 200
    assert "Make a key" in tunde.get("/account").text

    listed = principal.get("/api/v1/accounts")
    [entry] = [account for account in listed.json["accounts"] if account["name"] == "tunde"]
    assert entry["scopes"] == [{"source_system": "laurel", "school": None, "teacher": "T01"}]
    assert [(key["label"], key["scope"], bool(key["last_used_at"])) for key in entry["keys"]] == [
        ("register", "read", True), (None, "full", True)
    ]  # fmt: skip
    page = principal.get("/accounts").text
    assert "teacher T01, laurel" in page
    for text in (page, listed.text, tunde.get("/account").text):
        assert second["key"] not in text
        assert made.json["key"] not in text
    for client in (ada, auditor, tunde):
        assert client.get("/accounts").status_code == client.get("/api/v1/accounts").status_code == 403
        assert client.request("POST", "/api/v1/accounts", json={**wanted, "name": "x"}).status_code == 403
        for path in (here, f"{here}/keys/{second['id']}"):
            assert client.request("DELETE", path).status_code == 403

    assert principal.request("DELETE", f"{here}/keys/{second['id']}").status_code == 204
    assert reading.get("/account").status_code == 302  # to the sign-in
    assert principal.request("DELETE", here).status_code == 204
    assert tunde.get("/api/v1/insights").status_code == 401
    for gone in (here, f"/api/v1/accounts/{2**31}"):
        assert principal.request("DELETE", gone).status_code == 404
    [own] = [
        account for account in principal.get("/api/v1/accounts").json["accounts"] if account["name"] == "principal"
    ]
    assert principal.request("DELETE", f"/api/v1/accounts/{own['number']}").json["code"] == "own_account"
    events = auditor.get("/api/v1/audit?account=principal").json["events"]
    assert [(event["action"], event["subject"]) for event in events[:4]] == [
        ("account.close", "tunde"),
        ("key.revoke", second["id"]),
        ("key.create", second["id"]),
        ("account.open", "tunde"),
    ]
    assert {event["detail"]["account"] for event in events[1:3]} == {"tunde"}


def test_a_password_is_changed_by_who_knows_it(app: Flask, ada: Client, named: Callable[[str], str]) -> None:
    browser, new = app.test_client(), "four other slow words"
    name = named("folake")
    assert try_to_sign_in(browser, name=name, password=PASSWORD).status_code == 302

    def change(**body: str) -> Any:
        return browser.put("/api/v1/password", json=body, headers=OWN)

    assert browser.put("/api/v1/password", json={"current": PASSWORD, "new": new}).status_code == 401  # another origin
    assert change(current=PASSWORD, new="short").status_code == 422
    assert change(new=new).json["code"] == change(current="not it, not it", new=new).json["code"] == "wrong_password"
    assert change(current=PASSWORD, new=new).status_code == 204
    assert browser.get("/api/v1/keys").status_code == 401
    assert try_to_sign_in(app.test_client(), name=name, password=PASSWORD).status_code == 401
    assert try_to_sign_in(browser, name=name, password=new).status_code == 302
    for _ in range(5):
        refused = change(current="not it, not it", new=new)
    assert refused.status_code == 403
    assert change(current=new, new=PASSWORD).json["code"] == "wrong_password"  # locked, as at the door
    assert ada.request("PUT", "/api/v1/password", json={"new": PASSWORD}).status_code == 204  # the first one, by a key
    assert try_to_sign_in(app.test_client(), name="ada", password=PASSWORD).status_code == 302


def test_the_command_line_gives_keys_and_passwords(
    module_settings: Settings, app: Flask, named: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: module_settings)
    name = named("zara")
    assert command_line.main(["account", "key", name, "--label", "cron", "--read-only", "--days", "7"]) == 0
    assert Client(app.test_client(), capsys.readouterr().out.strip()).get("/api/v1/keys").status_code == 200
    open_before = app.test_client()
    assert try_to_sign_in(open_before, name=name, password=PASSWORD).status_code == 302
    for typed, code in (("short\n", 1), ("another four quiet words\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert command_line.main(["account", "password", name]) == code
    assert open_before.get("/api/v1/keys").status_code == 401  # whoever knew the old one is out
    assert try_to_sign_in(app.test_client(), name=name, password="another four quiet words").status_code == 302


def test_nobody_can_change_the_audit_log(ledger: Connection, postgres: Any, module_settings: Settings) -> None:
    with ledger.cursor() as cursor:
        cursor.execute("select count(*) > 0 from catalog.audit_event")
        assert cursor.fetchone() == (True,)
        for statement in (
            "update catalog.audit_event set action = 'nothing'",
            "delete from catalog.audit_event",
            "truncate catalog.audit_event",
            "set session_replication_role = replica",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)


def test_the_log_tells_who_signed_in_and_sent_and_is_for_auditors(
    app: Flask, ada: Client, auditor: Client, principal: Client, ledger: Connection, students: Callable[..., bytes],
    named: Callable[[str], str],
) -> None:  # fmt: skip
    name, browser = named("chidi"), app.test_client()
    try_to_sign_in(browser, name=name, password="not it, not it")
    try_to_sign_in(browser, name=name, password=PASSWORD)
    sign_out(browser)
    told = [event["action"] for event in auditor.get(f"/api/v1/audit?account={name}").json["events"]]
    assert told == ["sign_out", "sign_in.done", "sign_in.failed", "account.password", "account.open"]
    id = ada.upload(students()).json["id"]
    ada.get(f"/api/v1/submissions/{id}/file")
    ada.request("DELETE", f"/api/v1/submissions/{id}")
    about = auditor.get(f"/api/v1/audit?subject={id}").json["events"]
    assert {event["action"] for event in about} == {
        "submission.create", "submission.download", "submission.retract",
    }  # fmt: skip
    assert {event["account"] for event in about} == {"ada"}

    first = auditor.get("/api/v1/audit?limit=2").json
    second = auditor.get(f"/api/v1/audit?limit=2&cursor={quote(first['next_cursor'])}").json
    numbers = [event["number"] for event in (*first["events"], *second["events"])]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4
    assert principal.get("/api/v1/audit").status_code == 200
    assert ada.get("/api/v1/audit").status_code == 403
    for query in ("since=yesterday", "until=2026-13-01", "cursor=x"):
        assert auditor.get(f"/api/v1/audit?{query}").status_code == 400
    assert auditor.get("/api/v1/audit?until=2000-01-01").json["events"] == []


def test_the_page_finds_what_was_asked_for(app: Flask, auditor: Client, ada: Client, ledger: Connection) -> None:
    with transaction(ledger):
        account_id = accounts.number_of(ledger, "ada")
        audit.student_seen(ledger, account_id, "student.seen", "laurel", "LHS-4711", page="student")
        name = pseudonyms.pseudonym(ledger, "laurel", "LHS-4711")
    page = auditor.get("/audit?action=student&account=ADA&subject=").text
    assert name in page
    assert "LHS-4711" not in page
    assert "sign in" not in re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL)
    assert "No event fits" in auditor.get("/audit?account=nobody+at+all").text
    assert ada.get("/audit").status_code == 403
    with transaction(ledger):
        assert pseudonyms.pseudonym(ledger, "laurel", "LHS-4711") == name
        assert pseudonyms.pseudonym(ledger, "oulad", "LHS-4711") != name


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A running OpenID Connect provider that is not ours."""
    port = ports.any_free()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://{ports.LOOPBACK}:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            requests.get(f"{issuer}/.well-known/openid-configuration", timeout=5).raise_for_status()
            break
        time.sleep(0.1)
    yield issuer
    process.terminate()
    process.wait(timeout=30)


def test_an_openid_provider_opens_accounts_that_are_there_and_no_others(
    module_settings: Settings, provider: str, ledger: Connection, named: Callable[[str], str]
) -> None:
    app = create_app(replace(module_settings, oidc_issuer=provider, oidc_client_id="laurel", oidc_client_secret="x"))

    def back_from_provider(sub: str, **changed: str) -> tuple[FlaskClient, Any]:
        browser = app.test_client()
        assert "/sign-in/openid" in browser.get("/sign-in").text
        away = browser.get("/sign-in/openid")
        assert away.headers["Location"].startswith(provider)
        vouched = requests.post(away.headers["Location"], data={"sub": sub}, allow_redirects=False, timeout=30)
        query = {**dict(parse_qsl(urlsplit(vouched.headers["Location"]).query)), **changed}
        return browser, browser.get("/sign-in/openid/back", query_string=query)

    for person in ("amaka@example.org", "stranger@example.org"):
        claims = {"email": person, "email_verified": True}
        requests.put(f"{provider}/users/{person}", json=claims, timeout=30).raise_for_status()
    unproven = {"email": "amaka@example.org"}  # by a provider that asks nobody whether the address is his
    requests.put(f"{provider}/users/amaka by any address", json=unproven, timeout=30).raise_for_status()
    browser, opened = back_from_provider(named("amaka@example.org"))
    assert (opened.status_code, opened.headers["Location"]) == (302, "/")
    assert browser.get("/api/v1/submissions").status_code == 200
    for sub, changed in (
        ("stranger@example.org", {}),
        ("amaka@example.org", {"state": "another's"}),
        ("amaka@example.org", {"code": "guessed"}),
        ("amaka by any address", {}),
    ):
        browser, refused = back_from_provider(sub, **changed)
        assert refused.status_code == 401
        assert browser.get("/api/v1/submissions").status_code == 401
    with ledger.cursor() as cursor:
        cursor.execute("select count(*) from catalog.account where name like 'stranger%'")
        assert cursor.fetchone() == (0,)


def test_without_a_provider_there_is_no_way_to_one(app: Flask) -> None:
    assert "openid" not in app.test_client().get("/sign-in").text
    assert app.test_client().get("/sign-in/openid").status_code == 404
