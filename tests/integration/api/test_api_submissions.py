"""What became of a file: list, look, wait, describe, download, retract."""

import io
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from elt.database import connect, transaction
from elt.settings import Settings

SUBMISSIONS = "/api/v1/submissions"
Students = Callable[..., bytes]
Load = Callable[[], None]


def _set_status(settings: Settings, id: str, status: str) -> None:
    connection = connect(settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("update catalog.submission set status = %s where id = %s", [status, id])
    connection.close()


def test_the_datasets_and_their_counts(ada: Any, students: Students, load_all: Load) -> None:
    def shown() -> Any:
        return next(d for d in ada.get("/api/v1/datasets").json["datasets"] if d["id"] == "laurel/students")

    before = shown()
    ada.upload(students(4))
    assert shown()["submissions"].get("received", 0) == before["submissions"].get("received", 0) + 1
    load_all()
    after = shown()
    assert after["rows"] == before["rows"] + 4
    assert after["columns"] == 18


def test_a_dataset_is_a_table_schema(ada: Any) -> None:
    body = ada.get("/api/v1/datasets/laurel/students").json
    names = [f["name"] for f in body["schema"]["fields"]]
    assert names[0] == "Student ID"
    assert body["schema"]["primaryKey"] == ["Student ID"]
    assert ada.get("/api/v1/datasets/laurel/nothing").status_code == 404


@pytest.mark.parametrize("name", ["students", "teachers", "parents", "academic_history", "survey"])
def test_an_example_file_can_be_sent_as_it_is(ada: Any, load_all: Load, name: str) -> None:
    example = ada.get(f"/api/v1/datasets/laurel/{name}/example.csv")
    assert example.mimetype == "text/csv"
    assert f"laurel_{name}-example.csv" in example.headers["Content-Disposition"]
    sent = ada.send("POST", f"/api/v1/datasets/laurel/{name}/submissions", example.data)
    assert sent.status_code == 201, sent.text
    load_all()
    body = ada.get(f"{SUBMISSIONS}/{sent.json['id']}").json
    assert (body["status"], body["rows_loaded"], body["rows_rejected"]) == ("loaded", 1, 0), body


def test_a_loaded_submission_accounts_for_every_line(ada: Any, students: Students, load_all: Load) -> None:
    id = ada.upload(students(40, Age="four")).json["id"]
    load_all()
    body = ada.get(f"{SUBMISSIONS}/{id}").json
    assert (body["status"], body["lines_read"], body["rows_loaded"], body["rows_rejected"]) == ("loaded", 40, 39, 1)
    assert body["encoding"].startswith("utf-8")
    assert body["dialect"]["delimiter"] == ","
    assert body["received_at"] <= body["loading_at"] <= body["loaded_at"]
    assert body["received_at"].endswith("Z")
    assert body["error"] is None


def test_a_file_that_breaks_its_contract_as_a_whole_is_rejected_with_a_reason(
    ada: Any, students: Students, load_all: Load
) -> None:
    id = ada.upload(students(3, Age="four")).json["id"]  # one line of three is over the contract's share
    load_all()
    body = ada.get(f"{SUBMISSIONS}/{id}?wait=30").json  # settled: answered at once
    assert body["status"] == "rejected"
    assert body["error"]["code"]
    assert "four" not in str(body)
    assert body["settled_at"]


def test_the_list_is_newest_first_in_pages(bola: Any, students: Students) -> None:
    ids = [bola.upload(students()).json["id"] for _ in range(5)]
    path, seen = f"{SUBMISSIONS}?limit=2&dataset=laurel/students&status=received", []
    while path:
        response = bola.get(path)
        assert response.status_code == 200
        seen += [submission["id"] for submission in response.json["submissions"]]
        cursor = response.json["next_cursor"]
        path = response.headers["Link"].split(">")[0].lstrip("<") if cursor else None
        assert cursor is None or parse_qs(urlsplit(path).query)["cursor"] == [cursor]
    assert seen[:5] == ids[::-1]
    assert len(seen) == len(set(seen))


def test_the_list_filters(bola: Any, students: Students, load_all: Load) -> None:
    id = bola.upload(students()).json["id"]
    load_all()
    assert id in [s["id"] for s in bola.get(f"{SUBMISSIONS}?status=loaded").json["submissions"]]
    assert bola.get(f"{SUBMISSIONS}?status=received").json == {"submissions": [], "next_cursor": None}
    assert bola.get(f"{SUBMISSIONS}?dataset=laurel/parents").json["submissions"] == []
    assert bola.get(f"{SUBMISSIONS}?dataset=laurel/parent").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=", "limit=²", "status=lost", "cursor=x", "cursor=", "cursor=LTE="],
)
def test_a_parameter_out_of_range_says_what_is_allowed(ada: Any, query: str) -> None:
    response = ada.get(f"{SUBMISSIONS}?{query}")
    assert (response.status_code, response.json["code"]) == (400, "bad_parameter")
    assert response.json["parameter"] == query.split("=")[0]
    assert response.json["allowed"]


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "x", ""])
def test_waiting_is_bounded(ada: Any, students: Students, wait: str) -> None:
    id = ada.upload(students()).json["id"]
    assert ada.get(f"{SUBMISSIONS}/{id}?wait={wait}").status_code == 400


def test_waiting_ends_as_soon_as_it_is_settled(ada: Any, students: Students, module_settings: Settings) -> None:
    id = ada.upload(students()).json["id"]
    settled = threading.Timer(1.0, _set_status, [module_settings, id, "modelled"])
    settled.start()
    start = time.monotonic()
    body = ada.get(f"{SUBMISSIONS}/{id}?wait=30").json
    elapsed = time.monotonic() - start
    settled.join()
    assert body["status"] == "modelled"
    assert 0.9 < elapsed < 30  # before the seconds were over


def test_waiting_ends_with_the_seconds(ada: Any, students: Students) -> None:
    id = ada.upload(students()).json["id"]
    start = time.monotonic()
    response = ada.get(f"{SUBMISSIONS}/{id}?wait=0.7")
    assert response.json["status"] == "received"
    assert 0.6 < time.monotonic() - start < 60  # the most that anybody may wait
    assert response.headers["Retry-After"]


def test_title_and_note(ada: Any, students: Students) -> None:
    path = f"{SUBMISSIONS}/{ada.upload(students()).json['id']}"
    assert ada.request("PATCH", path, json={"title": "Autumn", "note": "₦ second try"}).status_code == 200
    assert ada.request("PATCH", path, json={"title": None}).status_code == 200
    body = ada.get(path).json
    assert (body["title"], body["note"]) == (None, "₦ second try")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"status": "modelled"}',
        b'{"title": 1}',
        b'{"note": "a\\u0000"}',
        b'{"note": "\\ud800"}',
        b"[" * 5000,
    ],
)
def test_nothing_else_can_be_set(ada: Any, students: Students, body: bytes) -> None:
    path = f"{SUBMISSIONS}/{ada.upload(students()).json['id']}"
    response = ada.request("PATCH", path, data=body, content_type="application/json")
    assert (response.status_code, response.json["code"]) == (400, "bad_description")
    assert ada.get(path).json["status"] == "received"


def test_a_huge_json_body_is_refused(ada: Any, students: Students) -> None:
    path = f"{SUBMISSIONS}/{ada.upload(students()).json['id']}"
    response = ada.request("PATCH", path, json={"title": "x" * 2**21})
    assert response.status_code in (400, 413)


def test_retraction_is_accepted_and_then_done(ada: Any, students: Students, load_all: Load) -> None:
    content = students()
    path = f"{SUBMISSIONS}/{ada.upload(content).json['id']}"
    load_all()
    response = ada.request("DELETE", path)
    assert (response.status_code, response.json["status"]) == (202, "retracting")
    assert ada.request("DELETE", path).status_code == 202  # asking twice is asking once
    assert ada.upload(content).status_code == 201  # what was retracted may be sent again


def test_what_was_rejected_cannot_be_retracted_or_replaced(ada: Any, students: Students, load_all: Load) -> None:
    path = f"{SUBMISSIONS}/{ada.upload(students(3, Age='four')).json['id']}"
    load_all()
    for response in (ada.request("DELETE", path), ada.send("PUT", f"{path}/file", students())):
        assert (response.status_code, response.json["code"]) == (409, "not_live")


def test_an_unknown_submission(ada: Any) -> None:
    for path in (f"{SUBMISSIONS}/{uuid.uuid4()}", f"{SUBMISSIONS}/7", f"{SUBMISSIONS}/x/file"):
        response = ada.get(path)
        assert response.status_code == 404
        assert response.mimetype == "application/problem+json"


def test_the_submissions_of_a_dataset_are_listed_where_its_link_leads(ada: Any, students: Students) -> None:
    id = ada.upload(students()).json["id"]
    link = ada.get("/api/v1/datasets/laurel/students").json["links"]["submissions"]
    assert id in [one["id"] for one in ada.get(link).json["submissions"]]
    others = ada.get("/api/v1/datasets/laurel/parents/submissions").json["submissions"]
    assert {one["dataset"] for one in others} <= {"laurel/parents"}
    first = ada.get(f"{link}?limit=1")
    assert first.headers["Link"].startswith(f"<{link}?limit=1&cursor=")
    assert ada.get("/api/v1/datasets/laurel/pupils/submissions").json["code"] == "unknown_dataset"


def test_title_and_note_come_with_the_file(ada: Any, students: Students) -> None:
    sent = ada.upload(students(), query_string={"title": "Autumn", "note": "as of today"}).json
    assert (sent["title"], sent["note"]) == ("Autumn", "as of today")
    form = {"title": "Of the form", "file": (io.BytesIO(students()), "students.csv")}
    path = "/api/v1/datasets/laurel/students/submissions"
    assert ada.request("POST", path, data=form, content_type="multipart/form-data").json["title"] == "Of the form"
    refused = ada.upload(students(), query_string={"title": "x" * 201})
    assert (refused.status_code, refused.json["parameter"]) == (400, "title")
