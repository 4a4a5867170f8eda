"""Large files: parts put straight into the store, resumed at will, and taken in once they are all there."""

import base64
import gzip
import hashlib
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from elt.database import connect, transaction
from elt.settings import Settings
from elt.store import ObjectStore

BEGIN = "/api/v1/datasets/laurel/students/uploads"
PART_BYTES = 1000  # a row of the ledger says how large the parts are; real ones are too large for a test
Students = Callable[..., bytes]


def _execute(settings: Settings, statement: str, *parameters: Any) -> None:
    connection = connect(settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    connection.close()


@pytest.fixture
def begin(module_settings: Settings) -> Callable[..., Any]:
    """`begin(client, content, **announced)`: an upload of small parts, as GET shows it."""

    def begin(
        client: Any, content: bytes, headers: dict[str, str] | None = None, parts_of: int = PART_BYTES, **announced: Any
    ) -> Any:
        body = {"filename": "large.csv", "bytes": len(content), **announced}
        response = client.request("POST", BEGIN, json=body, headers=headers)
        assert response.status_code == 201, response.text
        id = response.json["id"]
        _execute(module_settings, "update catalog.upload set part_bytes = %s where id = %s", parts_of, id)
        return client.get(response.headers["Location"]).json

    return begin


def _put(part: dict[str, Any], content: bytes, **named: Any) -> requests.Response:
    piece = content[part["offset"] : part["offset"] + part["bytes"]]
    return requests.put(part["url"], data=piece, timeout=30, **named)


def _send(upload: dict[str, Any], content: bytes) -> None:
    for part in reversed(upload["missing"]):  # any order will do
        _put(part, content).raise_for_status()


def _parts_in_store(settings: Settings, upload: dict[str, Any]) -> list[str]:
    return list(ObjectStore(settings).keys(f"incoming/{upload['id']}/"))


def test_parts_become_a_submission(
    ada: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = students(100)
    sha256 = hashlib.sha256(content).hexdigest()
    upload = begin(ada, content, sha256=sha256.upper())
    assert upload["part_count"] == upload["missing_count"] == -(-len(content) // PART_BYTES)
    assert sum(part["bytes"] for part in upload["missing"]) == upload["missing_bytes"] == len(content)
    _send(upload, content)
    now = ada.get(upload["links"]["self"]).json
    assert (now["status"], now["missing_count"], now["missing"], now["urls_expire_at"]) == ("open", 0, [], None)
    response = ada.request("POST", upload["links"]["complete"])
    assert (response.status_code, response.json["status"]) == (202, "completing")
    assert response.headers["Retry-After"]
    load_all()
    now = ada.get(upload["links"]["self"], query_string={"wait": 5}).json
    assert now["status"] == "completed"
    created = ada.request("POST", upload["links"]["complete"])
    assert (created.status_code, created.json["sha256"]) == (201, sha256)
    assert (created.json["filename"], created.json["rows_loaded"]) == ("large.csv", 100)
    assert [created.json["id"]] == now["submissions"]
    assert ada.get(created.json["links"]["file"]).data == content
    assert _parts_in_store(module_settings, upload) == []


def test_a_page_of_missing_parts_leads_to_the_next(ada: Any, students: Students, begin: Any) -> None:
    upload = begin(ada, students(100))
    path, numbers = f"{upload['links']['self']}?limit=7", []
    while path:
        page = ada.get(path).json
        assert len(page["missing"]) <= 7
        numbers += [part["number"] for part in page["missing"]]
        path = page["links"]["next"]
    assert numbers == list(range(1, upload["part_count"] + 1))


def test_the_same_key_goes_on_where_it_was_left(ada: Any, bola: Any, students: Students, begin: Any) -> None:
    content, headers = students(30), {"Idempotency-Key": "resume-1"}
    upload = begin(ada, content, headers)
    _put(upload["missing"][1], content).raise_for_status()
    again = ada.request("POST", BEGIN, json={"filename": "x.csv", "bytes": len(content)}, headers=headers)
    assert (again.status_code, again.json["id"]) == (200, upload["id"])
    assert [part["number"] for part in again.json["missing"]] == [
        part["number"] for part in upload["missing"] if part["number"] != 2
    ]
    other = ada.request("POST", BEGIN, json={"filename": "x.csv", "bytes": len(content) + 1}, headers=headers)
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    theirs = bola.request("POST", BEGIN, json={"filename": "x.csv", "bytes": 10}, headers=headers)
    assert theirs.status_code == 201


def test_completing_names_what_is_missing_or_of_another_size(
    ada: Any, students: Students, begin: Any, module_settings: Settings
) -> None:
    content = students(30)
    upload = begin(ada, content)
    for part in upload["missing"][2:]:
        _put(part, content).raise_for_status()
    ObjectStore(module_settings).put(f"incoming/{upload['id']}/00002", io.BytesIO(b"too short"))
    response = ada.request("POST", upload["links"]["complete"])
    assert (response.status_code, response.json["code"]) == (409, "parts_missing")
    assert (response.json["missing"], response.json["wrong_size"]) == ([1, 2], [2])
    missing = ada.get(upload["links"]["self"]).json["missing"]
    assert [(part["number"], part["found_bytes"]) for part in missing] == [(1, None), (2, 9)]
    _send({"missing": missing}, content)
    assert ada.request("POST", upload["links"]["complete"]).status_code == 202


def test_a_url_takes_its_own_part_only_whole_and_in_time(
    ada: Any, students: Students, begin: Any, module_settings: Settings
) -> None:
    content = students(30)
    upload = begin(ada, content)
    part = upload["missing"][0]
    assert requests.put(part["url"], data=content[:999], timeout=30).status_code == 403
    assert requests.put(part["url"].replace("00001", "00002"), data=content[:1000], timeout=30).status_code == 403
    other = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest())
    assert _put(part, content, headers={"Content-MD5": other}).status_code == 400
    expired = ObjectStore(module_settings).presigned_put(f"incoming/{upload['id']}/00001", 1000, 1)
    time.sleep(2.1)
    assert requests.put(expired, data=content[:1000], timeout=30).status_code in (400, 403)  # stores differ
    assert _parts_in_store(module_settings, upload) == []
    renewed = ada.get(upload["links"]["self"]).json["missing"][0]
    assert _put(renewed, content).status_code == 200


def test_the_url_names_the_host_by_which_clients_reach_the_store(module_settings: Settings) -> None:
    store = ObjectStore(replace(module_settings, s3_public_endpoint="https://files.example.org"))
    assert store.presigned_put("a", 1, 60).startswith(f"https://files.example.org/{module_settings.s3_bucket}/a?")
    assert list(store.keys("nothing/")) == []  # itself it goes the inner way


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"a,b\n1,2\n", 422, "wrong_header"), (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, 415, "not_csv")],
)
def test_what_is_no_such_csv_is_refused_on_completing(
    ada: Any, begin: Any, content: bytes, status: int, code: str
) -> None:
    upload = begin(ada, content)
    _send(upload, content)
    response = ada.request("POST", upload["links"]["complete"])
    assert (response.status_code, response.json["code"]) == (status, code)
    assert ada.get(upload["links"]["self"]).json["status"] == "open"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"filename": "a.csv", "bytes": 0}, 422, "empty_file"),
        ({"filename": "a.csv", "bytes": 2**50}, 413, "too_large"),
        ({"filename": "a.csv", "bytes": -1}, 400, "bad_announcement"),
        ({"filename": "a.csv", "bytes": 2**80}, 400, "bad_announcement"),
        ({"filename": "a.csv", "bytes": True}, 400, "bad_announcement"),
        ({"filename": "/", "bytes": 1}, 400, "bad_announcement"),
        ({"filename": "a.csv"}, 400, "bad_announcement"),
        ({"filename": "a.csv", "bytes": 1, "sha256": "abc"}, 400, "bad_announcement"),
        ({"filename": "a.csv", "bytes": 1, "colour": "red"}, 400, "bad_announcement"),
        ([], 400, "bad_announcement"),
    ],
)
def test_what_cannot_be_announced(ada: Any, body: Any, status: int, code: str) -> None:
    response = ada.request("POST", BEGIN, json=body)
    assert (response.status_code, response.json["code"]) == (status, code)


def test_uploads_are_their_owners(
    ada: Any, bola: Any, principal: Any, stranger: Any, students: Students, begin: Any
) -> None:
    upload = begin(ada, students(3))
    for method, path in (
        ("GET", upload["links"]["self"]),
        ("POST", upload["links"]["complete"]),
        ("DELETE", upload["links"]["self"]),
    ):
        assert stranger.request(method, path).status_code == 401
        answer = bola.request(method, path)
        assert (answer.status_code, answer.json["code"]) == (404, "unknown_upload")
    assert principal.get(upload["links"]["self"]).status_code == 200
    assert stranger.request("POST", BEGIN, json={"filename": "a.csv", "bytes": 1}).status_code == 401
    missing = ada.request("POST", BEGIN.replace("students", "pupils"), json={"filename": "a.csv", "bytes": 1})
    assert (missing.status_code, missing.json["code"]) == (404, "unknown_dataset")


def test_bytes_that_are_known_are_not_sent_again(ada: Any, bola: Any, students: Students) -> None:
    content = students()
    first = ada.upload(content).json
    body = {"filename": "again.csv", "bytes": len(content), "sha256": first["sha256"]}
    again = ada.request("POST", BEGIN, json=body)
    assert (again.json["status"], again.json["submissions"], again.json["missing"]) == ("completed", [first["id"]], [])
    completed = ada.request("POST", again.json["links"]["complete"])
    assert (completed.status_code, completed.json["id"]) == (200, first["id"])
    theirs = bola.request("POST", BEGIN, json=body)  # a hash alone tells nobody what others have sent
    assert (theirs.json["status"], theirs.json["submissions"]) == ("open", [])


def test_the_same_bytes_without_a_hash_are_found_on_completing(
    ada: Any, bola: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = students()
    first = ada.upload(content).json
    own, theirs = begin(ada, content), begin(bola, content)
    for client, upload in ((ada, own), (bola, theirs)):
        _send(upload, content)
        assert client.request("POST", upload["links"]["complete"]).status_code == 202
    load_all()
    again = ada.request("POST", own["links"]["complete"])
    assert (again.status_code, again.json["id"]) == (200, first["id"])
    conflict = bola.request("POST", theirs["links"]["complete"])
    assert (conflict.status_code, conflict.json["code"]) == (409, "duplicate_content")
    shown = bola.get(theirs["links"]["self"]).json
    assert (shown["status"], shown["error"]["code"]) == ("refused", "duplicate_content")
    assert first["id"] not in conflict.text + str(shown)
    assert _parts_in_store(module_settings, own) + _parts_in_store(module_settings, theirs) == []


def test_bytes_that_changed_on_the_way_are_refused(
    ada: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = students(2000)  # more than the beginning, which is looked at at once
    objects = set(ObjectStore(module_settings).keys("submissions/"))
    upload = begin(ada, content, parts_of=100_000, sha256=hashlib.sha256(b"another file").hexdigest())
    _send(upload, content)
    assert ada.request("POST", upload["links"]["complete"]).status_code == 202
    load_all()
    response = ada.request("POST", upload["links"]["complete"])
    assert (response.status_code, response.json["code"]) == (409, "hash_mismatch")
    assert set(ObjectStore(module_settings).keys("submissions/")) == objects


def test_an_aborted_upload_is_gone(ada: Any, students: Students, begin: Any, module_settings: Settings) -> None:
    content = students()
    upload = begin(ada, content)
    _send(upload, content)
    for _ in range(2):
        response = ada.request("DELETE", upload["links"]["self"])
        assert (response.status_code, response.json["status"]) == (200, "aborted")
    assert _parts_in_store(module_settings, upload) == []
    over = ada.request("POST", upload["links"]["complete"])
    assert (over.status_code, over.json["code"]) == (409, "upload_over")


def test_what_is_complete_cannot_be_aborted(ada: Any, students: Students, begin: Any) -> None:
    content = students()
    upload = begin(ada, content)
    _send(upload, content)
    ada.request("POST", upload["links"]["complete"])
    response = ada.request("DELETE", upload["links"]["self"])
    assert (response.status_code, response.json["code"]) == (409, "upload_completed")


def test_an_abandoned_upload_is_swept_and_so_is_what_comes_late(
    ada: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = students(30)
    old, young = begin(ada, content), begin(ada, content)
    for upload in (old, young):
        _put(upload["missing"][0], content).raise_for_status()
    two_days = "update catalog.upload set touched_at = now() - interval '2 days' where id = %s"
    _execute(module_settings, two_days, old["id"])
    load_all()
    now = ada.get(old["links"]["self"]).json
    assert (now["status"], now["error"]["code"]) == ("aborted", "upload_abandoned")
    assert ada.get(young["links"]["self"]).json["status"] == "open"
    _put(old["missing"][1], content).raise_for_status()  # its URL is still good
    two_hours = "update catalog.upload set settled_at = now() - interval '2 hours' where id = %s"
    _execute(module_settings, two_hours, old["id"])
    load_all()
    assert _parts_in_store(module_settings, old) == []
    assert len(_parts_in_store(module_settings, young)) == 1


def test_a_part_that_is_taken_away_opens_the_upload_again(
    ada: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = students(30)
    upload = begin(ada, content)
    _send(upload, content)
    ada.request("POST", upload["links"]["complete"])
    ObjectStore(module_settings).delete(f"incoming/{upload['id']}/00003")
    load_all()
    now = ada.get(upload["links"]["self"]).json
    assert (now["status"], now["error"]["code"]) == ("open", "parts_missing")
    assert [part["number"] for part in now["missing"]] == [3]
    _send(now, content)
    ada.request("POST", upload["links"]["complete"])
    load_all()
    assert ada.request("POST", upload["links"]["complete"]).status_code == 201


def test_a_poll_that_died_after_the_ledger_knew_makes_no_second_submission(
    ada: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = students()
    upload = begin(ada, content)
    _send(upload, content)
    ada.request("POST", upload["links"]["complete"])
    load_all()
    first = ada.request("POST", upload["links"]["complete"]).json["id"]
    ada.request("DELETE", f"/api/v1/submissions/{first}")  # not live, so that only the upload itself leads to it
    _execute(
        module_settings,
        "update catalog.upload set status = 'completing', submission_ids = '{}', settled_at = null where id = %s",
        upload["id"],
    )
    _send(upload, content)
    load_all()
    assert ada.request("POST", upload["links"]["complete"]).json["id"] == first


def test_a_packed_file_in_parts(
    ada: Any, students: Students, begin: Any, load_all: Callable[[], None], module_settings: Settings
) -> None:
    content = gzip.compress(students(200))
    upload = begin(ada, content)
    _send(upload, content)
    assert ada.request("POST", upload["links"]["complete"]).status_code == 202
    load_all()
    submission = ada.request("POST", upload["links"]["complete"]).json
    assert (submission["status"], submission["rows_loaded"]) == ("loaded", 200)


def test_an_archive_of_several_in_parts(ada: Any, students: Students, begin: Any, load_all: Callable[[], None]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", students(30))
        archive.writestr("b.csv", students(20))
    upload = begin(ada, file.getvalue())
    _send(upload, file.getvalue())
    assert ada.request("POST", upload["links"]["complete"]).status_code == 202
    load_all()
    completed = ada.request("POST", upload["links"]["complete"])
    assert completed.status_code == 201
    assert [one["rows_loaded"] for one in completed.json["submissions"]] == [30, 20]


def test_what_is_stated_of_the_file_is_kept(ada: Any, students: Students) -> None:
    body = {"filename": "a.csv", "bytes": 10}
    headers = {"Idempotency-Key": "stated"}
    assert ada.request("POST", f"{BEGIN}?encoding=windows-1252", json=body, headers=headers).status_code == 201
    other = ada.request("POST", f"{BEGIN}?encoding=utf-8", json=body, headers=headers)
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    wrong = ada.request("POST", f"{BEGIN}?encoding=klingon", json=body)
    assert (wrong.status_code, wrong.json["code"]) == (400, "bad_parameter")


def test_a_new_version_in_parts(ada: Any, bola: Any, students: Students, begin: Any, load_all: Any) -> None:
    old = ada.upload(students(20)).json["id"]
    load_all()
    content = students(30)
    upload = begin(ada, content, replaces=old)
    _send(upload, content)
    ada.request("POST", upload["links"]["complete"])
    load_all()
    new = ada.get(upload["links"]["self"]).json["submissions"][0]
    assert ada.get(f"/api/v1/submissions/{new}").json["replaces"] == old
    assert ada.get(f"/api/v1/submissions/{old}").json["replaced_by"] == new

    body = {"filename": "large.csv", "bytes": 10, "replaces": old}
    assert bola.request("POST", BEGIN, json=body).json["code"] == "unknown_submission"
    assert ada.request("POST", BEGIN, json=body).json["code"] == "already_replaced"
    elsewhere = BEGIN.replace("students", "teachers")
    assert ada.request("POST", elsewhere, json={**body, "replaces": new}).json["code"] == "other_dataset"


def test_a_dry_run_in_parts(ada: Any, students: Students, begin: Any, load_all: Any, module_settings: Settings) -> None:
    content = students(20)
    known = ada.upload(content).json["id"]
    upload = begin(ada, content, sha256=hashlib.sha256(content).hexdigest(), replaces=known, dry_run=True)
    assert upload["status"] == "open"  # that the bytes are known is for the receipt to say
    _send(upload, content)
    assert ada.request("POST", upload["links"]["complete"]).status_code == 202
    load_all()
    run = ada.request("POST", upload["links"]["complete"])
    assert (run.status_code, run.json["status"], run.json["replaces"]) == (201, "received", known)
    shown = ada.get(upload["links"]["self"]).json
    assert (shown["links"]["dry_run"], shown["submissions"]) == (run.json["links"]["self"], [])
    assert _parts_in_store(module_settings, upload) == []
