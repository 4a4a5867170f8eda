"""Who may see and do what."""

import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from backend import rate_limit
from elt.access import accounts
from elt.access.sessions import open_session
from elt.database import connect, transaction
from elt.settings import Settings
from tests.integration.api.conftest import Client

Students = Callable[..., bytes]
CALLS = [
    ("GET", "/api/v1/datasets"),
    ("GET", "/api/v1/datasets/laurel/students"),
    ("GET", "/api/v1/datasets/laurel/students/example.csv"),
    ("POST", "/api/v1/datasets/laurel/students/submissions"),
    ("GET", "/api/v1/datasets/laurel/students/submissions"),
    ("PATCH", "/api/v1/datasets/laurel/students"),
    ("GET", "/api/v1/datasets/laurel/students/contract"),
    ("PUT", "/api/v1/datasets/laurel/students/contract"),
    ("GET", "/api/v1/datasets/laurel/students/contract/versions"),
    ("GET", "/api/v1/datasets/laurel/students/mapping"),
    ("PUT", "/api/v1/datasets/laurel/students/mapping"),
    ("DELETE", "/api/v1/datasets/laurel/students/mapping"),
    ("GET", "/api/v1/datasets/laurel/students/profile"),
    ("GET", "/api/v1/dry-runs/{id}"),
    ("GET", "/api/v1/dry-runs/{id}/rejects"),
    ("DELETE", "/api/v1/dry-runs/{id}"),
    ("POST", "/api/v1/datasets"),
    ("GET", "/api/v1/datasets/drafts"),
    ("GET", "/api/v1/datasets/drafts/{id}"),
    ("PATCH", "/api/v1/datasets/drafts/{id}"),
    ("DELETE", "/api/v1/datasets/drafts/{id}"),
    ("POST", "/api/v1/datasets/drafts/{id}/confirm"),
    ("GET", "/api/v1/submissions"),
    ("GET", "/api/v1/submissions/{id}"),
    ("GET", "/api/v1/submissions/{id}/file"),
    ("GET", "/api/v1/submissions/{id}/rejects"),
    ("GET", "/api/v1/submissions/{id}/fixes"),
    ("POST", "/api/v1/submissions/{id}/fixes"),
    ("GET", "/api/v1/submissions/{id}/fixes/{id}"),
    ("GET", "/api/v1/submissions/{id}/fixes/{id}/file"),
    ("GET", "/api/v1/submissions/{id}/versions"),
    ("GET", "/api/v1/submissions/{id}/diff"),
    ("POST", "/api/v1/submissions/{id}/restore"),
    ("POST", "/api/v1/submissions/{id}/confirm"),
    ("GET", "/api/v1/provenance/<mart>"),
    ("PUT", "/api/v1/submissions/{id}/file"),
    ("PATCH", "/api/v1/submissions/{id}"),
    ("DELETE", "/api/v1/submissions/{id}"),
    ("POST", "/api/v1/datasets/laurel/students/uploads"),
    ("GET", "/api/v1/uploads/{id}"),
    ("DELETE", "/api/v1/uploads/{id}"),
    ("POST", "/api/v1/uploads/{id}/complete"),
    ("GET", "/api/v1/keys"),
    ("POST", "/api/v1/keys"),
    ("DELETE", "/api/v1/keys/{id}"),
    ("GET", "/api/v1/accounts"),
    ("POST", "/api/v1/accounts"),
    ("DELETE", "/api/v1/accounts/1"),
    ("POST", "/api/v1/accounts/1/keys"),
    ("DELETE", "/api/v1/accounts/1/keys/{id}"),
    ("PUT", "/api/v1/password"),
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/predictions/students/<student_id>"),
    ("POST", "/api/v1/predictions/actions"),
    ("GET", "/api/v1/predictions/models"),
    ("GET", "/api/v1/predictions/models/1"),
    ("GET", "/api/v1/datasets/laurel/students/target"),
    ("PUT", "/api/v1/datasets/laurel/students/target"),
    ("DELETE", "/api/v1/datasets/laurel/students/target"),
    ("GET", "/api/v1/datasets/laurel/students/target/estimates.csv"),
    ("GET", "/api/v1/ask"),
    ("POST", "/api/v1/ask"),
    ("GET", "/api/v1/ask/{id}"),
    ("DELETE", "/api/v1/ask/{id}"),
    ("GET", "/api/v1/ask/{id}.csv"),
    ("GET", "/api/v1/questions"),
    ("POST", "/api/v1/questions"),
    ("DELETE", "/api/v1/questions/<name>"),
    ("GET", "/api/v1/reports"),
    ("GET", "/api/v1/reports/<name>.pdf"),
    ("GET", "/api/v1/report-editions"),
    ("GET", "/api/v1/report-editions/1"),
    ("GET", "/api/v1/report-editions/files/1.pdf"),
    ("PUT", "/api/v1/report-editions/subscriptions/<report>"),
    ("DELETE", "/api/v1/report-editions/subscriptions/<report>"),
]
OF_ONE_SUBMISSION = [call for call in CALLS if "/submissions/{id}" in call[1]]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "nonsense", "Basic YTpi", "Bearer a b"])
def test_without_a_good_key_nothing_opens(stranger: Any, method: str, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = stranger.request(method, path.format(id=uuid.uuid4()), headers=headers)
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "nonsense" not in response.text


def _example_of(rule: str) -> str:
    rule = re.sub(r"<uuid:\w+>", "{id}", rule.replace("<dataset:dataset>", "laurel/students"))
    return re.sub(r"<any\((\w+),[^>]*>", r"\1", re.sub(r"<int:\w+>", "1", rule))


def test_the_calls_above_are_all_there_are(app: Flask) -> None:
    """A call added later has to say here that it asks for a key."""
    rules = {
        (method, _example_of(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and not rule.rule.startswith("/api/v1/insights")
    }
    assert rules == set(CALLS)


def test_the_key_alone_opens_too(stranger: Any, keys: dict[str, str]) -> None:
    for header in (keys["ada"], f"Bearer {keys['ada']}", f"bearer  {keys['ada']}"):
        assert stranger.get("/api/v1/datasets", headers={"Authorization": header}).status_code == 200


def test_a_revoked_key_opens_nothing(stranger: Any, keys: dict[str, str], module_settings: Settings) -> None:
    connection = connect(module_settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "update catalog.api_key set revoked_at = now() where account_id = "
            "(select account_id from catalog.account where name = 'bola')"
        )
    headers = {"Authorization": f"Bearer {keys['bola']}"}
    assert stranger.get("/api/v1/datasets", headers=headers).status_code == 401
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("update catalog.api_key set revoked_at = null")
    connection.close()
    assert stranger.get("/api/v1/datasets", headers=headers).status_code == 200


@pytest.mark.parametrize(("method", "path"), OF_ONE_SUBMISSION)
def test_anothers_submission_does_not_exist(ada: Any, bola: Any, students: Students, method: str, path: str) -> None:
    id = ada.upload(students()).json["id"]
    data = {"data": {"file": (io.BytesIO(students()), "x.csv")}} if method == "PUT" else {"json": {"title": "mine"}}
    theirs = bola.request(method, path.format(id=id), **data)
    never = bola.request(method, path.format(id=uuid.uuid4()), json={"title": "mine"})
    assert theirs.status_code == never.status_code == 404
    assert {**theirs.json, "instance": ""} == {**never.json, "instance": ""}  # not even that it exists
    untouched = ada.get(f"/api/v1/submissions/{id}").json
    assert (untouched["status"], untouched["title"], untouched["replaced_by"]) == ("received", None, None)


def test_lists_show_ones_own_and_an_admin_everything(ada: Any, bola: Any, principal: Any, students: Students) -> None:
    mine, theirs = ada.upload(students()).json["id"], bola.upload(students()).json["id"]

    def seen(client: Any) -> set[str]:
        return {submission["id"] for submission in client.get("/api/v1/submissions?limit=200").json["submissions"]}

    assert seen(ada) & {mine, theirs} == {mine}
    assert seen(bola) & {mine, theirs} == {theirs}
    assert seen(principal) >= {mine, theirs}
    assert principal.get(f"/api/v1/submissions/{mine}/file").status_code == 200


def _sign_in(client: Any, settings: Settings, name: str) -> None:
    connection = connect(settings.database_url)
    with transaction(connection):
        token = open_session(connection, accounts.number_of(connection, name))
    connection.close()
    with client.flask.session_transaction() as session:
        session["token"] = token


def test_the_pages_session_opens_the_api(stranger: Any, keys: dict[str, str], module_settings: Settings) -> None:
    _sign_in(stranger, module_settings, "ada")
    assert stranger.get("/api/v1/submissions").status_code == 200


def test_a_session_changes_nothing_from_another_origin(
    stranger: Any, ada: Any, students: Students, module_settings: Settings
) -> None:
    """Airflow's page, on another port of the same host, is the same site for a cookie; it must not retract files."""
    id = ada.upload(students()).json["id"]
    _sign_in(stranger, module_settings, "ada")
    for headers in ({}, {"Origin": "http://localhost:8080"}, {"Origin": "null"}):
        assert stranger.request("DELETE", f"/api/v1/submissions/{id}", headers=headers).status_code == 401
    own = {"Origin": "http://localhost"}
    assert stranger.request("DELETE", f"/api/v1/submissions/{id}", headers=own).status_code == 202


def test_a_forged_session_opens_nothing(stranger: Any) -> None:
    stranger.flask.set_cookie("laurel_session", "eyJhY2NvdW50X2lkIjoxfQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert stranger.get("/api/v1/submissions").status_code == 401


def test_no_answer_may_be_sniffed_or_framed(stranger: Any) -> None:
    for path in ("/healthz", "/api/v1/datasets", "/apidocs/", "/nowhere"):
        headers = stranger.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_an_auditor_sees_everybodys_submissions_and_no_line_of_them(
    app: Flask, ada: Any, module_settings: Settings, students: Students
) -> None:
    connection = connect(module_settings.database_url)
    with transaction(connection):
        keys = {role: accounts.add(connection, f"the-{role}", role) for role in ("auditor", "teacher")}
    connection.close()
    auditor, teacher = (Client(app.test_client(), key) for key in keys.values())
    id = ada.upload(students()).json["id"]
    assert auditor.get(f"/api/v1/submissions/{id}").json["id"] == id
    assert teacher.get(f"/api/v1/submissions/{id}").status_code == 404
    for path in ("file", "rejects", "diff", "fixes/" + str(uuid.uuid4()) + "/file"):
        refused = auditor.get(f"/api/v1/submissions/{id}/{path}")
        assert (refused.status_code, refused.json["code"]) == (403, "wrong_role"), path
    assert auditor.request("DELETE", f"/api/v1/submissions/{id}").status_code == 403
    assert {client.upload(students()).status_code for client in (auditor, teacher)} == {403}


def test_one_account_does_not_take_the_server_from_the_others(
    app: Flask, ada: Client, bola: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "CALLS", RateLimitItemPerMinute(5))
    monkeypatch.setitem(app.extensions, rate_limit.EXTENSION, MovingWindowRateLimiter(MemoryStorage()))
    assert {ada.get("/api/v1/datasets").status_code for _ in range(5)} == {200}
    refused = ada.get("/api/v1/datasets")
    assert (refused.status_code, refused.json["code"]) == (429, "too_often")
    assert refused.json["allowed"] == "5 calls a minute."
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert bola.get("/api/v1/datasets").status_code == 200
