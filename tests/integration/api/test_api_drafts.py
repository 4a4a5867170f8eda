"""Drafts: a sample is read, its contract drafted, edited and told its flaws, by its maker alone."""

import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from urllib3.filepost import encode_multipart_formdata

from elt.contracting.datasets import RESERVED_TABLES
from elt.database import connect
from elt.drafting.samples import draft_waiting
from elt.settings import Settings
from elt.store import ObjectStore
from tests.integration.api.pupils import described, name, post, sample

DRAFTS = "/api/v1/datasets/drafts"


def test_a_sample_becomes_a_draft_with_its_evidence(ada: Any) -> None:
    dataset = name()
    response = post(ada, sample(), dataset)
    assert response.status_code == 201, response.text
    draft = response.json
    assert draft["status"] == "ready"
    assert draft["dataset"] == draft["contract"]["name"] == dataset
    assert draft["lines_read"] == 40
    columns = {column["name"]: column for column in draft["columns"]}
    assert columns["pupil_id"]["type"] == "string"  # leading zeros count
    assert columns["pupil_id"]["identifier"]["evidence"]
    assert columns["email"]["personal"]["kind"] == "contact"
    assert columns["score"]["type"] == "integer"
    assert {finding["verdict"] for finding in draft["screening"]} <= {"pass", "warning", "fail"}
    assert ada.get(response.headers["Location"]).json == draft
    assert draft["id"] in {entry["id"] for entry in ada.get(DRAFTS).json["drafts"]}
    assert "Okonkwo" not in response.text
    assert "mail.example" not in response.text


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ("laurel/students", 422, "reserved_family"),
        ("drafts/x", 422, "reserved_family"),
        ("tests/submissions", 422, "reserved_table"),
        ("students", 422, "bad_name"),
        ("Tests/students", 422, "bad_name"),
        ("tests/a/b", 422, "bad_name"),
        ("", 422, "bad_name"),
        ("tests/" + "x" * 60, 422, "long_name"),
    ],
)
def test_a_name_has_a_shape(ada: Any, wrong: str, status: int, code: str) -> None:
    response = post(ada, sample(), wrong)
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.json["allowed"]


def test_no_dataset_is_called_like_a_part_of_an_address(app: Flask) -> None:
    """`/datasets/factors/target` would be the target of `factors`, and `factors/target` nowhere to be seen."""
    behind = [rule.rule.partition("<dataset:dataset>/")[2].split("/")[0] for rule in app.url_map.iter_rules()]
    assert {part for part in behind if part.isidentifier()} <= RESERVED_TABLES


def test_the_name_may_stand_in_the_form(ada: Any) -> None:
    dataset = name()
    body, content_type = encode_multipart_formdata([("name", dataset), ("file", ("pupils.csv", sample()))])
    drafted = ada.request("POST", "/api/v1/datasets", data=body, content_type=content_type)
    assert (drafted.status_code, drafted.json["dataset"]) == (201, dataset)


def test_two_datasets_never_share_a_table(ada: Any, bola: Any, module_settings: Settings) -> None:
    dataset = described(ada, module_settings, load=False)
    table = dataset.split("/")[1]
    tail = table[:3] + "_" + table[3:]
    assert post(bola, sample(), dataset).json["code"] == "name_taken"
    first = post(ada, sample(), f"a_{tail}/c").json
    second = post(bola, sample(), f"a/{tail}_c").json
    assert ada.request("POST", first["links"]["confirm"]).status_code == 201
    taken = bola.request("POST", second["links"]["confirm"])
    assert (taken.status_code, taken.json["code"]) == (409, "name_taken")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"", 422, "empty_file"), (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, 415, "not_csv")],
)
def test_what_is_no_csv_makes_no_draft(ada: Any, content: bytes, status: int, code: str) -> None:
    before = len(ada.get(DRAFTS).json["drafts"])
    response = post(ada, content, name())
    assert (response.status_code, response.json["code"]) == (status, code)
    assert len(ada.get(DRAFTS).json["drafts"]) == before


def test_every_flaw_of_an_edited_contract_is_told(ada: Any) -> None:
    draft = post(ada, sample(), name()).json
    change = {
        "fields": {"score": {"type": "digit"}, "email": {"column": "E mail", "personal": "secret"}},
        "primaryKey": ["nothing"],
        "maxRejectedRate": 2,
        "colour": "red",
    }
    response = ada.request("PATCH", draft["links"]["self"], json={"contract": change})
    assert (response.status_code, response.json["code"]) == (422, "bad_contract")
    flaws = {flaw["where"]: flaw for flaw in response.json["flaws"]}
    assert set(flaws) >= {"fields[3].type", "fields[2].column", "fields[2].personal", "primaryKey", "maxRejectedRate"}
    assert all(flaw["allowed"] for flaw in flaws.values())
    unknown = ada.request("PATCH", draft["links"]["self"], json={"contract": {"fields": {"nope": {}}}})
    assert (unknown.status_code, "pupil_id" in unknown.json["allowed"]) == (422, True)
    assert ada.get(draft["links"]["self"]).json["contract"] == draft["contract"]


def test_a_draft_is_its_makers_and_admins(ada: Any, bola: Any, principal: Any) -> None:
    draft = post(ada, sample(), name()).json
    link = draft["links"]["self"]
    for call in (("GET", link), ("DELETE", link), ("POST", draft["links"]["confirm"])):
        assert bola.request(*call).status_code == 404
    assert bola.request("PATCH", link, json={"contract": {"title": "Mine"}}).status_code == 404
    assert draft["id"] not in {entry["id"] for entry in bola.get(DRAFTS).json["drafts"]}
    assert principal.get(link).status_code == 200
    assert ada.request("DELETE", link).status_code == 204
    assert ada.get(link).status_code == 404


def test_a_large_sample_is_drafted_elsewhere(
    ada: Any, module_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.api.drafts.DRAFTED_AT_ONCE_BYTES", 100)
    draft = post(ada, sample(), name()).json
    assert (draft["status"], draft["contract"]) == ("drafting", None)
    early = ada.request("POST", draft["links"]["confirm"])
    assert (early.status_code, early.json["code"]) == (409, "draft_drafting")
    connection = connect(module_settings.database_url)
    assert draft_waiting(connection, ObjectStore(module_settings)) == 1
    connection.close()
    assert ada.get(f"{draft['links']['self']}?wait=5").json["status"] == "ready"


def archive_of_two() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.csv", sample())
        archive.writestr("two.csv", sample())
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "code"), [(b"a,b,c\n", "header_only"), (archive_of_two(), "several_files")], ids=["header", "archive"]
)
def test_a_file_that_makes_no_draft_is_rejected_and_says_why(ada: Any, content: bytes, code: str) -> None:
    draft = post(ada, content, name()).json
    assert (draft["status"], draft["error"]["code"]) == ("rejected", code)
    assert draft["status"] in {
        entry["status"] for entry in ada.get(DRAFTS).json["drafts"] if entry["id"] == draft["id"]
    }
    assert ada.request("POST", draft["links"]["confirm"]).json["code"] == "draft_rejected"


def test_what_is_our_fault_has_failed(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("elt.drafting.draft", broken)
    draft = post(ada, sample(), name()).json
    assert (draft["status"], draft["error"]["code"]) == ("failed", "internal_error")
    assert ada.request("POST", draft["links"]["confirm"]).json["code"] == "draft_failed"
