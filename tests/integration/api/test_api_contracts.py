"""Headers that drift, and contracts that move on."""

import copy
import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from psycopg2 import sql

from elt.contracting.registry import open_registry
from elt.database import connect
from elt.polling import poll
from elt.settings import Settings
from elt.store import ObjectStore

SAMPLE = b"school_id,score,kind\n" + b"".join(b"S%02d,%d,%s\n" % (n, 50 + n, (b"A", b"B")[n % 2]) for n in range(20))


def load_all(settings: Settings) -> None:
    with open_registry(settings) as contracts:
        poll(settings, ObjectStore(settings), contracts)


def query(settings: Settings, statement: str | sql.Composable, *parameters: Any) -> list[tuple[Any, ...]]:
    connection = connect(settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    connection.close()
    return rows


@pytest.fixture
def dataset(ada: Any, module_settings: Settings) -> str:
    """Ada's dataset of schools, keyed by school_id, its sample loaded."""
    name = f"contracts/t{uuid.uuid4().hex[:12]}"
    draft = ada.send("POST", f"/api/v1/datasets?name={name}", SAMPLE).json
    fields = {
        "school_id": {"personal": None, "constraints": {"required": True}},
        "score": {"type": "integer", "personal": None, "constraints": {"minimum": 0, "maximum": 100}},
        "kind": {"type": "string", "personal": None, "constraints": {"enum": ["A", "B"]}},
    }
    change = {"contract": {"primaryKey": ["school_id"], "fields": fields}}
    assert ada.request("PATCH", draft["links"]["self"], json=change).status_code == 200
    assert ada.request("POST", draft["links"]["confirm"] + "?load=true").status_code == 201
    load_all(module_settings)
    return name


def contract_of(client: Any, dataset: str) -> Any:
    return copy.deepcopy(client.get(f"/api/v1/datasets/{dataset}/contract").json)


def put(client: Any, dataset: str, contract: Any, query: str = "") -> Any:
    return client.request("PUT", f"/api/v1/datasets/{dataset}/contract{query}", json=contract)


def test_a_drifted_header_is_proposed_then_remembered(
    ada: Any, bola: Any, dataset: str, module_settings: Settings
) -> None:
    upload, mapping = f"/api/v1/datasets/{dataset}/submissions", f"/api/v1/datasets/{dataset}/mapping"
    drifted = b"Sch ID,Score,kind\nS90,70,A\n"
    refused = ada.send("POST", upload, drifted)
    assert (refused.status_code, refused.json["code"]) == (422, "wrong_header")
    proposed = refused.json["proposed_mapping"]
    assert proposed == {"Sch ID": "school_id", "Score": "score"}
    assert all(proposal["ground"] for proposal in refused.json["proposals"])
    assert ada.get(mapping).json["mapping"] == {}  # nothing is remembered before it is confirmed
    taken = ada.send("POST", f"{upload}?mapping={quote(json.dumps(proposed))}", drifted)
    assert taken.status_code == 201, taken.text
    assert taken.json["header_mapping"] == proposed
    assert ada.get(mapping).json["mapping"] == proposed
    more = b"".join(b"T%02d,70,A\n" % n for n in range(30))
    again = ada.send("POST", upload, b"Sch ID,Score,kind\nS91,70,A\nS92,x,B\n" + more)
    assert (again.status_code, again.json["header_mapping"]) == (201, proposed)
    plain = ada.send("POST", upload, b"school_id,score,kind\nS93,70,A\n")
    assert (plain.status_code, plain.json["header_mapping"]) == (201, None)
    load_all(module_settings)
    assert ada.get(taken.json["links"]["self"]).json["rows_loaded"] == 1
    groups = ada.get(again.json["links"]["self"]).json["error_groups"]
    assert "Score" in json.dumps(groups)  # told by the file's own header
    assert ada.request("DELETE", f"{mapping}?header=Score").status_code == 204
    assert ada.get(mapping).json["mapping"] == {"Sch ID": "school_id"}
    assert ada.send("POST", upload, b"Sch ID,Score,kind\nS95,70,A\n").status_code == 422
    assert ada.request("PUT", mapping, json={"Mark": "score"}).json["mapping"] == {"Mark": "score"}
    assert ada.send("POST", upload, b"school_id,Mark,kind\nS96,70,A\n").status_code == 201
    assert ada.request("DELETE", mapping).status_code == 204
    assert ada.get(mapping).json["mapping"] == {}
    assert bola.get(mapping).status_code == 404


@pytest.mark.parametrize("mapping", ["x", "[]", '{"a": 1}', '{"a": "nothing"}', '{"a": "score", "b": "score"}'])
def test_a_mapping_that_cannot_be_is_refused(ada: Any, dataset: str, mapping: str) -> None:
    path = f"/api/v1/datasets/{dataset}/submissions?mapping={quote(mapping)}"
    response = ada.send("POST", path, b"Sch ID,Score,kind\nS90,70,A\n")
    assert response.status_code in (400, 422)
    assert response.json["code"] == "bad_mapping"
    assert response.json["allowed"]


def test_a_first_line_of_data_is_no_drifted_header(ada: Any, dataset: str) -> None:
    response = ada.send("POST", f"/api/v1/datasets/{dataset}/submissions", b"Adaeze Okonkwo,70,Lagos\nBola,60,Kano\n")
    assert response.status_code == 422
    assert "Adaeze" not in response.text


def test_an_added_column_applies_without_a_rewrite(ada: Any, dataset: str, module_settings: Settings) -> None:
    contract = contract_of(ada, dataset)
    contract["fields"].append(
        {"name": "town", "column": "town", "type": "string", "description": "The town.", "example": "Ibadan"}
    )
    contract["fields"][1]["constraints"]["maximum"] = 5_000_000_000
    contract["fields"][2]["constraints"]["enum"].append("C")
    table = dataset.replace("/", "_")
    where = "select pg_relation_filenode(%s)"
    before = query(module_settings, where, f"raw_private.{table}")
    looked_at = put(ada, dataset, contract, "?dry_run=true").json
    assert (looked_at["version"], looked_at["breaking"], looked_at["dry_run"]) == (1, False, True)
    assert {change["kind"] for change in looked_at["changes"]} == {"column_added", "rules_widened"}
    assert contract_of(ada, dataset)["version"] == 1
    changed = put(ada, dataset, contract).json
    assert (changed["version"], changed["breaking"], changed["rows"], changed["rows_refused"]) == (2, False, 20, 0)
    assert query(module_settings, where, f"raw_private.{table}") == before
    upload = f"/api/v1/datasets/{dataset}/submissions"
    older = ada.send("POST", upload, b"school_id,score,kind\nS50,1,C\n")  # files from before need not have the column
    newer = ada.send("POST", upload, b"school_id,score,kind,town\nS51,4000000000,A,Ibadan\n")
    assert (older.status_code, newer.status_code) == (201, 201)
    load_all(module_settings)
    statement = sql.SQL("select school_id, score, town from {} where school_id in ('S50', 'S51') order by 1")
    rows = query(module_settings, statement.format(sql.Identifier("raw", table)))
    assert rows == [("S50", 1, None), ("S51", 4_000_000_000, "Ibadan")]
    assert ada.get(newer.json["links"]["self"]).json["contract_version"] == 2
    versions = ada.get(f"/api/v1/datasets/{dataset}/contract/versions").json["versions"]
    assert [entry["version"] for entry in versions] == [2, 1]
    assert "town" not in ada.get(f"/api/v1/datasets/{dataset}/contract?version=1").text
    assert ada.get(f"/api/v1/datasets/{dataset}/contract?version=9").status_code == 404
    stale = put(ada, dataset, {**contract, "title": "From version 1"})
    assert (stale.status_code, stale.json["code"]) == (409, "contract_moved_on")


def test_a_breaking_change_says_what_it_would_break(ada: Any, dataset: str, module_settings: Settings) -> None:
    submission = ada.get(f"/api/v1/submissions?dataset={dataset}").json["submissions"][0]["id"]
    contract = contract_of(ada, dataset)
    contract["fields"][1]["constraints"]["maximum"] = 59  # 60 to 69 are loaded: ten rows
    contract["fields"][2]["constraints"]["enum"] = ["A"]  # ten rows are B, five of them over the maximum too
    refused = put(ada, dataset, contract)
    assert (refused.status_code, refused.json["code"]) == (409, "breaking_change")
    assert (refused.json["rows"], refused.json["rows_refused"]) == (20, 15)
    assert refused.json["submissions_refused"] == [submission]
    assert {change["column"]: change["rows_refused"] for change in refused.json["changes"]} == {"score": 10, "kind": 10}
    assert contract_of(ada, dataset)["version"] == 1
    accepted = put(ada, dataset, contract, "?accept_breaking=true").json
    assert (accepted["version"], accepted["breaking"]) == (2, True)
    table = sql.Identifier("raw", dataset.replace("/", "_"))
    assert query(module_settings, sql.SQL("select count(*) from {}").format(table)) == [(20,)]  # what is loaded stays
    assert ada.get(f"/api/v1/submissions/{submission}").json["contract_version"] == 1


def test_a_column_may_go_and_another_may_change_its_type(ada: Any, dataset: str, module_settings: Settings) -> None:
    contract = contract_of(ada, dataset)
    contract["fields"][1] |= {"type": "string", "constraints": {"maxLength": 4}}
    del contract["fields"][2]
    kinds = {change["kind"]: change for change in put(ada, dataset, contract, "?dry_run=true").json["changes"]}
    assert set(kinds) == {"type_changed", "column_removed"}
    assert all(change["is_breaking"] for change in kinds.values())
    assert put(ada, dataset, contract, "?accept_breaking=true").status_code == 200
    table = dataset.replace("/", "_")
    shown = query(module_settings, sql.SQL("select * from {} order by score").format(sql.Identifier("raw", table)))
    assert [row[2:] for row in shown][:1] == [("S00", "50")]  # carried over as text; `kind` is out of sight
    statement = sql.SQL("select kind__v1, score__v1 from {} order by 2").format(sql.Identifier("raw_private", table))
    assert query(module_settings, statement)[0] == ("A", 50)  # nothing vanished


def test_another_key_counts_the_rows_that_share_it(ada: Any, dataset: str) -> None:
    contract = contract_of(ada, dataset)
    contract["primaryKey"] = ["kind"]
    contract["fields"][2]["constraints"]["required"] = True
    answer = put(ada, dataset, contract, "?dry_run=true").json
    changes = {change["kind"]: change["rows_refused"] for change in answer["changes"]}
    assert changes == {"rules_narrowed": 0, "key_changed": 18}


def test_only_the_owner_changes_a_contract(ada: Any, bola: Any, principal: Any, dataset: str) -> None:
    contract = contract_of(ada, dataset)
    assert put(bola, dataset, contract).status_code == 404
    ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": True})
    assert put(bola, dataset, contract).status_code == 403
    assert put(principal, dataset, contract | {"title": "Schools"}).json["version"] == 2
    shipped = put(principal, "laurel/students", contract_of(ada, "laurel/students"))
    assert (shipped.status_code, shipped.json["code"]) == (403, "ships_with_laurel")
    flawed = put(ada, dataset, {"title": ""})
    assert (flawed.status_code, flawed.json["code"]) == (422, "bad_contract")
    assert put(ada, dataset, contract_of(ada, dataset) | {"name": "a/b"}).json["code"] == "renamed"


def test_a_column_made_personal_leaves_everybodys_sight(ada: Any, dataset: str, module_settings: Settings) -> None:
    contract = contract_of(ada, dataset)
    contract["fields"][1]["personal"] = "health"
    assert put(ada, dataset, contract, "?accept_breaking=true").status_code == 200
    table = dataset.replace("/", "_")
    columns = query(
        module_settings,
        "select column_name::text from information_schema.columns where table_name = %s and table_schema = 'raw'",
        table,
    )
    assert "score" not in [name for (name,) in columns]
    profile = ada.get(f"/api/v1/datasets/{dataset}/profile").json
    assert profile["columns"][1]["maximum"] is None


def test_columns_may_be_called_as_ours_are(ada: Any, module_settings: Settings) -> None:
    name = f"contracts/t{uuid.uuid4().hex[:12]}"
    content = b"submission_id,raw_version,is_new\n" + b"".join(b"%d,%d,x\n" % (n, n) for n in range(9))
    draft = ada.send("POST", f"/api/v1/datasets?name={name}", content).json
    assert ada.request("POST", draft["links"]["confirm"] + "?load=true").status_code == 201
    load_all(module_settings)
    assert ada.get(f"/api/v1/datasets/{name}/profile").json["rows"] == 9
