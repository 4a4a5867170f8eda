"""A confirmed draft is a dataset like any other: files, views, profile, and who may see it."""

import gzip
from typing import Any

import pytest
from psycopg2 import sql

from elt.contracting.registry import open_registry
from elt.dry_runs import making as dry_run
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming.run import transform
from tests import shared_data
from tests.integration.api.pupils import count, described, load_all, name, post, query, sample


@pytest.fixture(scope="module")
def module_settings(modelled_settings: Settings) -> Settings:
    """Transforms run here."""
    return modelled_settings


def test_a_confirmed_draft_is_a_dataset_like_any_other(ada: Any, module_settings: Settings) -> None:
    dataset = described(ada, module_settings)
    shown = ada.get(f"/api/v1/datasets/{dataset}").json
    assert (shown["owner"], shown["shared"], shown["rows"], shown["version"]) == ("ada", False, 40, 1)
    assert dataset in {entry["id"] for entry in ada.get("/api/v1/datasets").json["datasets"]}
    example = ada.get(f"/api/v1/datasets/{dataset}/example.csv")
    upload = f"/api/v1/datasets/{dataset}/submissions"
    sent = ada.send("POST", upload, example.data)
    assert sent.status_code == 201, sent.text
    bad = b"pupil_id,full_name,email,score,school_type\n" + b"".join(
        b"x%d,A,a@b.example,50,Public\n" % n for n in range(30)
    )
    refused = ada.send("POST", upload, bad + b"x99,A,a@b.example,many,Public\n")
    load_all(module_settings)
    assert ada.get(sent.json["links"]["self"]).json["rows_loaded"] == 1
    settled = ada.get(refused.json["links"]["self"]).json
    assert (settled["rows_loaded"], settled["rows_rejected"]) == (30, 1)
    assert b"many" in ada.get(refused.json["links"]["rejects"]).data
    assert ada.request("DELETE", refused.json["links"]["self"]).status_code == 202
    load_all(module_settings)
    table = dataset.replace("/", "_")
    assert count(module_settings, "raw", table) == 41
    assert ada.request("DELETE", shown["links"]["self"]).status_code == 405


def test_personal_columns_land_only_where_nobody_reads(ada: Any, module_settings: Settings) -> None:
    table = described(ada, module_settings).replace("/", "_")
    columns = query(
        module_settings,
        "select table_schema, array_agg(column_name::text order by column_name) from information_schema.columns "
        "where table_name in (%s, %s) group by 1 order by 1",
        table,
        "stg_" + table.replace("_", "__", 1),
    )
    found = dict(columns)
    assert found["raw_private"] == [
        "_line_number",
        "_submission_id",
        "email",
        "full_name",
        "pupil_id",
        "school_type",
        "score",
    ]
    assert found["raw"] == found["staging"] == ["_line_number", "_submission_id", "school_type", "score"]
    for relation in (f"raw_private.{table}", f"raw.{table}"):
        rights = query(module_settings, "select has_table_privilege('laurel_reader', %s, 'select')", relation)
        assert rights == [(False,)]


def test_the_staging_view_shows_the_newest_row_per_key(ada: Any, module_settings: Settings) -> None:
    dataset = described(ada, module_settings)
    header = sample().split(b"\n", 1)[0]
    ada.send("POST", f"/api/v1/datasets/{dataset}/submissions", header + b"\n00000,A,a@b.example,99,Public\n")
    load_all(module_settings)
    view = "stg_" + dataset.replace("/", "__")
    assert transform(module_settings) is not None  # fixes the scope, as for dbt's own staging models
    assert count(module_settings, "staging", view) == 40
    assert count(module_settings, "raw", dataset.replace("/", "_")) == 41
    statuses = {entry["status"] for entry in ada.get(f"/api/v1/submissions?dataset={dataset}").json["submissions"]}
    assert statuses == {"modelled"}
    assert transform(module_settings) is None


def test_white_space_makes_no_other_key(ada: Any, module_settings: Settings) -> None:
    dataset = described(ada, module_settings)
    link = f"/api/v1/datasets/{dataset}"
    contract = ada.get(f"{link}/contract").json
    del contract["fields"][0]["personal"]  # so that the view and the profile show the key
    assert ada.request("PUT", f"{link}/contract?accept_breaking=true", json=contract).status_code == 200
    lines = [sample().split(b"\n", 1)[0], b" 00000 ,A,a@b.example,1,Public", b"  00001,A,a@b.example,2,Public"]
    lines += [b"00001,B,b@b.example,3,Private"]
    lines += [b"9%04d,C,c@b.example,50,Public" % number for number in range(40)]
    content = b"\n".join(lines) + b"\n"
    tried = ada.send("POST", f"{link}/submissions?dry_run=true", content)
    assert tried.status_code == 202, tried.text
    with open_registry(module_settings) as contracts:
        dry_run.process(module_settings, ObjectStore(module_settings), contracts, patience=0)
    receipt = ada.get(tried.json["links"]["self"]).json
    counts = {name: receipt["rows"][name] for name in ("new", "changed", "unchanged")}
    assert (counts, receipt["rows_rejected"]) == ({"new": 40, "changed": 2, "unchanged": 0}, 1)
    sent = ada.send("POST", f"{link}/submissions", content).json
    load_all(module_settings)
    (group,) = ada.get(sent["links"]["self"]).json["error_groups"]
    assert group["code"] == "duplicate_key"
    assert transform(module_settings) is not None
    view = "stg_" + dataset.replace("/", "__")
    assert count(module_settings, "staging", view) == 80
    statement = sql.SQL("select pupil_id, score from {} where pupil_id < '00003' order by 1")
    assert query(module_settings, statement.format(sql.Identifier("staging", view)))[:2] == [("00000", 1), ("00001", 2)]
    assert ada.get(f"{link}/profile").json["columns"][0]["distinct"] == 80


def test_the_profile_counts_and_tells_no_person(ada: Any, module_settings: Settings) -> None:
    dataset = described(ada, module_settings)
    response = ada.get(f"/api/v1/datasets/{dataset}/profile")
    assert response.status_code == 200, response.text
    profile = response.json
    assert (profile["rows"], profile["submissions"], profile["is_current"]) == (40, 1, True)
    columns = {column["name"]: column for column in profile["columns"]}
    assert columns["pupil_id"] | {"description": ""} == {
        "name": "pupil_id", "column": "pupil_id", "type": "string", "description": "", "personal": "identifier",
        "missing": 0, "distinct": 40, "minimum": None, "maximum": None, "mean": None, "categories": None,
    }  # fmt: skip
    assert (columns["score"]["minimum"], columns["score"]["maximum"]) == ("40", "99")
    assert columns["school_type"]["categories"] == [{"value": "Private", "count": 20}, {"value": "Public", "count": 20}]
    assert "Adaeze" not in response.text
    header = sample().split(b"\n", 1)[0]
    ada.send("POST", f"/api/v1/datasets/{dataset}/submissions", header + b"\n00000,,,,\n")
    load_all(module_settings)
    again = ada.get(f"/api/v1/datasets/{dataset}/profile").json
    assert (again["rows"], again["columns"][3]["missing"]) == (41, 1)
    assert ada.get("/api/v1/datasets/laurel/students/profile").status_code == 404


def test_a_dataset_is_private_until_it_is_shared(
    ada: Any, bola: Any, principal: Any, module_settings: Settings
) -> None:
    dataset = described(ada, module_settings)
    link, upload = f"/api/v1/datasets/{dataset}", f"/api/v1/datasets/{dataset}/submissions"
    for path in (link, f"{link}/profile", f"{link}/contract", f"{link}/mapping", f"{link}/example.csv"):
        assert bola.get(path).status_code == 404
        assert principal.get(path).status_code == 200
    assert bola.send("POST", upload, sample(2)).status_code == 404
    assert bola.request("PATCH", link, json={"shared": True}).status_code == 404
    assert dataset not in bola.get("/api/v1/datasets").text
    assert ada.request("PATCH", link, json={"shared": "yes"}).status_code == 400
    assert ada.request("PATCH", link, json={"shared": True}).json["shared"] is True
    assert bola.get(link).status_code == 200
    assert bola.send("POST", upload, sample(2)).status_code == 201
    denied = bola.request("PATCH", link, json={"shared": False})
    assert (denied.status_code, denied.json["code"]) == (403, "not_yours")
    again = ada.request("PATCH", link, json={"shared": False})
    assert (again.status_code, again.json["code"]) == (409, "others_use_it")
    shipped = principal.request("PATCH", "/api/v1/datasets/laurel/students", json={"shared": True})
    assert (shipped.status_code, shipped.json["code"]) == (403, "ships_with_laurel")


def test_a_packed_sample_is_drafted_and_loaded(ada: Any, module_settings: Settings) -> None:
    dataset = name()
    draft = ada.send("POST", f"/api/v1/datasets?name={dataset}", gzip.compress(sample()), "pupils.csv.gz").json
    assert (draft["status"], draft["lines_read"]) == ("ready", 40), draft
    confirmed = ada.request("POST", f"{draft['links']['confirm']}?load=true")
    assert confirmed.status_code == 201, confirmed.text
    load_all(module_settings)
    submission = ada.get(confirmed.json["submission"]["links"]["self"]).json
    assert (submission["rows_loaded"], submission["compression"]) == (40, "gzip")
    plain = ada.send("POST", f"/api/v1/datasets/{dataset}/submissions", sample())
    assert (plain.status_code, plain.json["id"]) == (200, submission["id"])  # the same data, however packed


def test_student_performance_factors_goes_this_way(ada: Any, module_settings: Settings) -> None:
    content = (shared_data.folder("student_performance_factors") / "StudentPerformanceFactors.csv").read_bytes()
    dataset = name()
    draft = post(ada, content, dataset).json
    assert draft["lines_read"] == 6607
    columns = {column["column"]: column for column in draft["columns"]}
    assert columns["exam_score"]["maximum"] == "101"
    missing = {column: found["missing_count"] for column, found in columns.items() if found["missing_count"]}
    assert missing == {"teacher_quality": 78, "parental_education_level": 90, "distance_from_home": 67}
    change = {
        "title": "Factors",
        "description": "One row per student.",
        "fields": {"Gender": {"description": "Gender."}},
    }
    assert ada.request("PATCH", draft["links"]["self"], json={"contract": change}).status_code == 200
    confirmed = ada.request("POST", f"{draft['links']['confirm']}?load=true").json
    load_all(module_settings)
    submission = ada.get(confirmed["submission"]["links"]["self"]).json
    assert (submission["rows_loaded"], submission["rows_rejected"]) == (6607, 0)
    profile = ada.get(f"/api/v1/datasets/{dataset}/profile").json
    assert profile["rows"] == 6607
    assert {c["column"]: c["missing"] for c in profile["columns"] if c["missing"]} == missing
