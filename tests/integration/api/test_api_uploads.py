"""POST and PUT: what is taken, what is refused, and that a 201 is a promise."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from elt.database import connect
from elt.settings import Settings
from elt.store import ObjectStore

UPLOAD = "/api/v1/datasets/laurel/students/submissions"
Students = Callable[..., bytes]


def _submissions(settings: Settings) -> int:
    connection = connect(settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from catalog.submission")
        (count,) = cursor.fetchone() or (None,)
    connection.close()
    assert isinstance(count, int)
    return count


def _objects(settings: Settings) -> set[str]:
    return set(ObjectStore(settings).keys("submissions/"))


def test_a_201_is_a_promise(ada: Any, students: Students, module_settings: Settings) -> None:
    content = students(5)
    objects = _objects(module_settings)
    response = ada.upload(content, "autumn.csv")
    assert response.status_code == 201
    body = response.json
    assert body["status"] == "received"
    assert body["filename"] == "autumn.csv"
    assert body["dataset"] == "laurel/students"
    assert body["sha256"] == hashlib.sha256(content).hexdigest()
    assert body["bytes"] == len(content)
    assert response.headers["Location"].endswith(f"/api/v1/submissions/{body['id']}")
    assert ada.get(response.headers["Location"]).json["id"] == body["id"]
    (key,) = _objects(module_settings) - objects
    with ObjectStore(module_settings).open(key) as stored:
        assert stored.read() == content


def test_the_raw_body_is_taken_too(ada: Any, students: Students) -> None:
    content = students()
    response = ada.request("POST", UPLOAD, data=content, content_type="text/csv", query_string={"filename": "r.csv"})
    assert response.status_code == 201
    assert response.json["filename"] == "r.csv"
    assert response.json["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_slash_of_a_dataset_may_be_encoded(ada: Any, students: Students) -> None:
    assert ada.send("POST", UPLOAD.replace("laurel/", "laurel%2F"), students()).status_code == 201


@pytest.mark.parametrize("delimiter", [b";", b"\t", b"|"])
def test_other_delimiters_are_recognised(ada: Any, students: Students, delimiter: bytes) -> None:
    lines = students().replace(b'"12 Example Close, Ikeja"', b"here").replace(b'"Debate, Football"', b"None")
    assert ada.upload(lines.replace(b",", delimiter)).status_code == 201


def test_the_same_bytes_again_are_the_same_submission_for_their_owner_only(
    ada: Any, bola: Any, students: Students, module_settings: Settings
) -> None:
    content = students()
    first = ada.upload(content)
    objects = _objects(module_settings)
    again = ada.upload(content, "other-name.csv")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Location"] == first.headers["Location"]
    theirs = bola.upload(content)
    assert theirs.status_code == 409
    assert theirs.json["code"] == "duplicate_content"
    assert first.json["id"] not in theirs.text
    assert _objects(module_settings) == objects  # what was sent in vain was removed


def test_an_idempotency_key_gives_the_first_answer_again(ada: Any, bola: Any, students: Students) -> None:
    headers = {"Idempotency-Key": "3f1c"}
    content = students()
    first = ada.upload(content, headers=headers)
    assert first.status_code == 201
    again = ada.upload(content, headers=headers)
    assert (again.status_code, again.json["id"]) == (200, first.json["id"])
    assert bola.upload(students(), headers=headers).status_code == 201  # keys are each account's own
    elsewhere = ada.send("POST", "/api/v1/datasets/laurel/parents/submissions", b"x", headers=headers)
    other_file = ada.upload(students(), headers=headers)
    for response in (elsewhere, other_file):
        assert (response.status_code, response.json["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_an_idempotency_key_has_a_shape(ada: Any, students: Students, key: str) -> None:
    response = ada.upload(students(), headers={"Idempotency-Key": key})
    assert (response.status_code, response.json["code"]) == (400, "bad_idempotency_key")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"\xef\xbb\xbf\r\n \n", 422, "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, 415, "not_csv"),
        (b"\xff\xd8\xff\xe0" + b"\x10" * 100, 415, "not_csv"),
        (b"PK\x03\x04" + b"\x00" * 100, 422, "broken_archive"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, 415, "not_csv"),
        (b"%PDF-1.7\n", 415, "not_csv"),
        (b"\x1f\x8b\x08" + b"\x00" * 100, 422, "broken_archive"),
        (b"\x00\x01\x02" * 500, 415, "not_csv"),
        (b"<!doctype html><html></html>", 415, "not_csv"),
        (b'{"Student ID": 1}', 422, "wrong_header"),
    ],
)
def test_what_is_no_such_csv_is_refused_and_not_kept(
    ada: Any, module_settings: Settings, content: bytes, status: int, code: str
) -> None:
    objects, count = _objects(module_settings), _submissions(module_settings)
    response = ada.upload(content)
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.mimetype == "application/problem+json"
    assert response.json["remedy"]
    assert (_objects(module_settings), _submissions(module_settings)) == (objects, count)


def test_a_wrong_header_names_what_is_missing_and_what_is_unknown(ada: Any, students: Students) -> None:
    response = ada.upload(students().replace(b"Student ID", b"Pupil", 1).replace(b",Age,", b",", 1))
    assert (response.status_code, response.json["code"]) == (422, "wrong_header")
    assert response.json["missing"] == ["Student ID", "Age"]
    assert response.json["unknown"] == ["Pupil"]
    assert "Home Address" in response.json["allowed"]


def test_a_file_without_its_header_has_none_of_its_cells_told(ada: Any, students: Students) -> None:
    response = ada.upload(students().split(b"\n", 1)[1])
    assert (response.status_code, response.json["code"]) == (422, "wrong_header")
    assert "Okonkwo" not in response.text


def test_an_unknown_dataset_is_answered_with_near_names(ada: Any) -> None:
    for name in ("laurel/studnets", "students", "Laurel/Students"):
        response = ada.send("POST", f"/api/v1/datasets/{name}/submissions", b"a\n")
        assert (response.status_code, response.json["code"]) == (404, "unknown_dataset")
        assert "laurel/students" in response.json["near"]


def test_a_form_without_a_file_is_refused(ada: Any) -> None:
    response = ada.request("POST", UPLOAD, data={"file": "text"}, content_type="multipart/form-data")
    assert (response.status_code, response.json["code"]) == (400, "no_file")


def test_a_new_version_replaces_the_old_one(
    ada: Any, students: Students, load_all: Callable[[], None], module_settings: Settings
) -> None:
    old = ada.upload(students(3)).json
    load_all()
    response = ada.send("PUT", f"/api/v1/submissions/{old['id']}/file", students(2), "v2.csv")
    assert response.status_code == 201
    new = response.json
    assert (new["replaces"], new["filename"]) == (old["id"], "v2.csv")
    assert ada.get(response.headers["Location"]).json["id"] == new["id"]
    assert ada.get(f"/api/v1/submissions/{old['id']}").json["replaced_by"] == new["id"]
    second = ada.send("PUT", f"/api/v1/submissions/{old['id']}/file", students(2))
    assert (second.status_code, second.json["code"]) == (409, "already_replaced")
    load_all()
    ada.request("POST", f"/api/v1/submissions/{new['id']}/confirm")  # none of the old rows are in it
    load_all()
    assert ada.get(f"/api/v1/submissions/{old['id']}").json["status"] == "replaced"
    assert ada.get(f"/api/v1/submissions/{new['id']}").json["rows_loaded"] == 2
    connection = connect(module_settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(
            "select submission.id::text, count(*) from raw.laurel_students join catalog.submission "
            "on submission_id = _submission_id where submission.id in (%s, %s) group by 1",
            [old["id"], new["id"]],
        )
        assert cursor.fetchall() == [(new["id"], 2)]
    connection.close()


def test_the_same_bytes_as_a_new_version_change_nothing(ada: Any, students: Students) -> None:
    content = students()
    old = ada.upload(content).json
    response = ada.send("PUT", f"/api/v1/submissions/{old['id']}/file", content)
    assert (response.status_code, response.json["id"], response.json["replaces"]) == (200, old["id"], None)


def test_a_new_version_from_an_admin_stays_with_its_owner(ada: Any, principal: Any, students: Students) -> None:
    old = ada.upload(students()).json
    new = principal.send("PUT", f"/api/v1/submissions/{old['id']}/file", students())
    assert new.status_code == 201
    assert ada.get(f"/api/v1/submissions/{new.json['id']}").json["account"] == "ada"


def test_every_action_is_on_record(ada: Any, students: Students, module_settings: Settings) -> None:
    first = ada.upload(students()).json["id"]
    second = ada.send("PUT", f"/api/v1/submissions/{first}/file", students()).json["id"]
    ada.request("PATCH", f"/api/v1/submissions/{second}", json={"note": "secret words"})
    ada.get(f"/api/v1/submissions/{second}/file")
    ada.get(f"/api/v1/submissions/{second}/rejects")
    ada.request("DELETE", f"/api/v1/submissions/{second}")
    connection = connect(module_settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(
            "select action, name, detail::text from catalog.audit_event join catalog.account using (account_id) "
            "where subject in (%s, %s) order by audit_event_id",
            [first, second],
        )
        events = cursor.fetchall()
    connection.close()
    assert [action for action, _, _ in events] == [
        "submission.create",
        "submission.replace",
        "submission.describe",
        "submission.download",
        "submission.download_rejects",
        "submission.retract",
    ]
    assert {name for _, name, _ in events} == {"ada"}
    assert "secret words" not in str(events)
