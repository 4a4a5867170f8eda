"""Dry runs over HTTP: taken in by the upload calls, made like submissions, and shown to their owner only."""

import csv
import gzip
import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from elt.contracting.contract import load_contracts
from elt.dry_runs.making import process
from elt.settings import Settings
from elt.store import ObjectStore
from tests.integration.api.conftest import UPLOAD, Client


@pytest.fixture
def make_all(module_settings: Settings) -> Callable[[], None]:
    """Makes every receipt that waits, as the DAG `dry_run` does."""
    return lambda: (process(module_settings, ObjectStore(module_settings), load_contracts(), patience=0), None)[1]


def ask(client: Client, content: bytes, path: str = UPLOAD, method: str = "POST") -> Any:
    """The dry run as it was taken in."""
    answer = client.send(method, path + "?dry_run=true", content, "students.csv")
    assert answer.status_code == 202, answer.json
    assert answer.json is not None
    assert answer.headers["Location"].endswith(answer.json["links"]["self"])
    return answer.json


def test_a_dry_run_from_upload_to_receipt(ada: Client, students: Any, make_all: Callable[[], None]) -> None:
    taken = ask(ada, students(25, Age="four"))
    assert taken["status"] == "received"
    assert taken["rows"] is None
    make_all()
    receipt = ada.get(taken["links"]["self"]).json
    assert receipt is not None
    assert (receipt["status"], receipt["error"]) == ("done", None)
    assert (receipt["lines_read"], receipt["rows_accepted"], receipt["rows_rejected"]) == (25, 24, 1)
    assert receipt["rows"] == {"new": 24, "changed": 0, "unchanged": 0, "removed": 0, "columns": {}}
    assert receipt["error_groups"] == [
        {
            "column": "Age",
            "code": "type",
            "lines": 1,
            "first_line": 3,
            "message": "column `Age`: line 3 is not a whole number",
        }
    ]
    assert receipt["marts"]["status"] == "not_compared"  # nothing is published here
    assert receipt["expires_at"] > receipt["settled_at"]
    rejects = ada.get(taken["links"]["rejects"])
    [row] = csv.DictReader(io.StringIO(rejects.text))
    assert (row["_line"], row["_column"], row["Age"]) == ("3", "Age", "four")
    assert ada.get("/api/v1/submissions").json == {"submissions": [], "next_cursor": None}


def test_a_file_that_would_be_rejected(ada: Client, students: Any, make_all: Callable[[], None]) -> None:
    taken = ask(ada, students(3, Age="four"))
    make_all()
    receipt = ada.get(taken["links"]["self"]).json
    assert receipt is not None
    assert (receipt["status"], receipt["error"]["code"]) == ("rejected", "too_many_rejected")
    assert (receipt["lines_read"], receipt["rows_rejected"], receipt["rows"]) == (3, 1, None)
    assert len(ada.get(taken["links"]["rejects"]).text.splitlines()) == 2


def test_a_new_version(
    ada: Client, bola: Client, students: Any, make_all: Callable[[], None], load_all: Callable[[], None]
) -> None:
    first = ada.upload(students(3)).json
    load_all()
    assert first is not None
    path = f"/api/v1/submissions/{first['id']}/file"
    assert bola.send("PUT", path + "?dry_run=true", students(1)).status_code == 404
    taken = ask(ada, students(1), path, "PUT")
    assert taken["replaces"] == first["id"]
    make_all()
    receipt = ada.get(taken["links"]["self"]).json
    assert receipt is not None
    assert receipt["rows"] == {"new": 1, "changed": 0, "unchanged": 0, "removed": 3, "columns": {}}
    assert (receipt["held_for"]["removed"], receipt["held_for"]["rows_before"]) == (3, 3)
    assert ada.get(first["links"]["self"]).json["replaced_by"] is None  # type: ignore[index]


def test_only_its_owner_and_admins_see_it(
    ada: Client, bola: Client, principal: Client, stranger: Client, students: Any, make_all: Callable[[], None]
) -> None:
    taken = ask(ada, students(2))
    for path in taken["links"].values():
        assert stranger.get(path).status_code == 401
        assert bola.get(path).status_code == 404
        assert principal.get(path).status_code == 200
    path = taken["links"]["self"]
    assert bola.request("DELETE", path).status_code == 404
    conflict = ada.request("DELETE", path)
    assert (conflict.status_code, conflict.json["code"]) == (409, "not_settled")  # type: ignore[index]
    make_all()
    assert ada.request("DELETE", path).status_code == 204
    assert ada.get(path).status_code == 404
    assert ada.get(f"/api/v1/dry-runs/{uuid.uuid4()}").status_code == 404


def test_a_field_of_the_form_asks_for_one_too(ada: Client, students: Any) -> None:
    form = {"dry_run": "true", "file": (io.BytesIO(students(1)), "a.csv")}
    assert ada.request("POST", UPLOAD, data=form).status_code == 202


@pytest.mark.parametrize(("query", "field"), [("?dryrun=true", None), ("", "dryrun"), ("?encodng=cp1252", None)])
def test_a_misspelt_wish_is_refused_and_nothing_is_kept(
    ada: Client, students: Any, query: str, field: str | None
) -> None:
    before = ada.get("/api/v1/submissions").json["submissions"]
    form = {**({field: "true"} if field else {}), "file": (io.BytesIO(students(1)), "a.csv")}
    refused = ada.request("POST", UPLOAD + query, data=form)
    assert (refused.status_code, refused.json["code"]) == (400, "unknown_parameter")
    assert "Did you mean" in refused.json["detail"]
    assert ada.get("/api/v1/submissions").json["submissions"] == before


def test_what_an_upload_refuses_a_dry_run_refuses(ada: Client, stranger: Client, students: Any) -> None:
    assert ada.send("POST", UPLOAD + "?dry_run=true", b"a,b\n1,2\n").status_code == 422
    assert ada.send("POST", UPLOAD + "?dry_run=maybe", students(1)).status_code == 400
    assert ada.send("POST", "/api/v1/datasets/no/such/submissions?dry_run=true", students(1)).status_code == 404
    assert stranger.send("POST", UPLOAD + "?dry_run=true", students(1)).status_code == 401


def test_waiting_ends_with_the_time(ada: Client, students: Any) -> None:
    taken = ask(ada, students(2))
    answer = ada.get(taken["links"]["self"] + "?wait=0.3")
    assert answer.json is not None
    assert (answer.json["status"], answer.headers["Retry-After"]) == ("received", "1")


def test_a_packed_file(ada: Client, students: Any, make_all: Callable[[], None]) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("students.csv", students(2))
    several = io.BytesIO()
    with zipfile.ZipFile(several, "w") as packed:
        packed.writestr("a.csv", students(1))
        packed.writestr("b.csv", students(1))
    taken = [ask(ada, content) for content in (gzip.compress(students(2)), archive.getvalue(), several.getvalue())]
    assert ada.send("POST", UPLOAD + "?dry_run=true", gzip.compress(b"a,b\n1,2\n")).status_code == 422
    make_all()
    receipts: list[Any] = [ada.get(one["links"]["self"]).json for one in taken]
    assert [(one["status"], one["rows_accepted"]) for one in receipts] == [("done", 2), ("done", 2), ("rejected", None)]
    assert receipts[2]["error"]["code"] == "several_files"
