"""Columns of a contract that get another type, go, come back, or become everybody's to read."""

import copy
from typing import Any

import pytest
from psycopg2 import sql

from elt.database import connect, transaction
from elt.settings import Settings
from tests.integration.api.pupils import described, load_all, name, post, query, sample

ACCEPTED = "?accept_breaking=true"


@pytest.fixture
def dataset(ada: Any, module_settings: Settings) -> str:
    """Ada's dataset of pupils: 40 rows, number, name and e-mail marked personal."""
    return described(ada, module_settings)


def contract_of(client: Any, dataset: str) -> Any:
    return copy.deepcopy(client.get(f"/api/v1/datasets/{dataset}/contract").json)


def put(client: Any, dataset: str, contract: Any, query: str = "") -> Any:
    return client.request("PUT", f"/api/v1/datasets/{dataset}/contract{query}", json=contract)


def field(contract: Any, column: str) -> Any:
    return next(field for field in contract["fields"] if field["column"] == column)


def execute(settings: Settings, statement: str, table: str) -> None:
    connection = connect(settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(view=sql.Identifier("raw", table), mine=sql.Identifier(f"my_{table}")))
    connection.close()


def filled(settings: Settings, table: str, column: str) -> int:
    """Cells of the view that everybody reads."""
    statement = sql.SQL("select count({}) from {}").format(sql.Identifier(column), sql.Identifier("raw", table))
    return int(query(settings, statement)[0][0])


def test_a_column_gets_another_type_and_the_view_keeps_its_readers(
    ada: Any, dataset: str, module_settings: Settings
) -> None:
    table = dataset.replace("/", "_")
    execute(module_settings, "grant select on {view} to laurel_reader", table)
    contract = contract_of(ada, dataset)
    field(contract, "score")["type"] = "number"
    assert put(ada, dataset, contract).status_code == 409
    changed = put(ada, dataset, contract, ACCEPTED)
    assert (changed.status_code, changed.json["version"]) == (200, 2), changed.text
    found = query(
        module_settings,
        "select table_schema, data_type from information_schema.columns where column_name = 'score' "
        "and table_name in (%s, %s) order by 1",
        table,
        "stg_" + dataset.replace("/", "__"),
    )
    assert found == [("raw", "numeric"), ("raw_private", "numeric"), ("staging", "numeric")]
    assert filled(module_settings, table, "score") == 40
    rights = query(module_settings, "select has_table_privilege('laurel_reader', %s, 'select')", f"raw.{table}")
    assert rights == [(True,)]


def test_a_view_that_somebody_built_is_named(ada: Any, dataset: str, module_settings: Settings) -> None:
    table = dataset.replace("/", "_")
    execute(module_settings, "create view public.{mine} as select score from {view}", table)
    contract = contract_of(ada, dataset)
    field(contract, "score")["type"] = "number"
    refused = put(ada, dataset, contract, ACCEPTED)
    assert (refused.status_code, refused.json["code"]) == (409, "view_in_use")
    assert f"my_{table}" in refused.text
    assert contract_of(ada, dataset)["version"] == 1
    execute(module_settings, "drop view public.{mine}", table)
    assert put(ada, dataset, contract, ACCEPTED).status_code == 200


@pytest.mark.parametrize("type", ["integer", "number"])
def test_a_column_that_is_added_again_has_its_values(ada: Any, dataset: str, type: str) -> None:
    whole = contract_of(ada, dataset)
    less = {**whole, "fields": [field for field in whole["fields"] if field["column"] != "score"]}
    gone = put(ada, dataset, less, ACCEPTED)
    assert gone.status_code == 200, gone.text
    assert "come back" in next(change["message"] for change in gone.json["changes"])
    again = {**whole, "version": 2}
    field(again, "score")["type"] = type
    back = put(ada, dataset, again)
    assert (back.status_code, back.json["version"]) == (200, 3), back.text
    (change,) = back.json["changes"]
    assert (change["kind"], "40 values" in change["message"]) == ("column_returned", True)
    profile = ada.get(f"/api/v1/datasets/{dataset}/profile").json
    assert {column["column"]: column["missing"] for column in profile["columns"]}["score"] == 0


def test_a_personal_column_is_not_made_public_unasked(
    ada: Any, bola: Any, dataset: str, module_settings: Settings
) -> None:
    assert ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": True}).status_code == 200
    header = sample().split(b"\n", 1)[0]
    bola.send("POST", f"/api/v1/datasets/{dataset}/submissions", header + b"\n90001,B,b@b.example,50,Public\n")
    load_all(module_settings)
    contract = contract_of(ada, dataset)
    del field(contract, "email")["personal"]
    refused = put(ada, dataset, contract)
    assert (refused.status_code, refused.json["code"]) == (409, "breaking_change")
    assert "41 values of 2 submissions of 2 senders become visible" in refused.text
    less = {**contract, "fields": [field for field in contract["fields"] if field["column"] != "email"]}
    assert put(ada, dataset, less, ACCEPTED).status_code == 200
    contract["version"] = 2
    round_about = put(ada, dataset, contract)  # dropped, then added again without its mark
    assert (round_about.status_code, "was personal" in round_about.text) == (409, True)
    assert put(ada, dataset, contract, ACCEPTED).status_code == 200
    table = dataset.replace("/", "_")
    assert filled(module_settings, table, "email") == 41


NAMED = b"code,first,level\n" + b"".join(
    b"C%02d,%s,%d\n" % (n, (b"Adaeze", b"Bola", b"Chidi")[n % 3], n) for n in range(30)
)


def named(ada: Any, mark: dict[str, Any]) -> tuple[str, Any]:
    """A dataset whose contract lists first names, as an unmarked column may; and the draft it was made of."""
    dataset = name()
    draft = post(ada, NAMED, dataset).json
    names = {"personal": None, "example": "Bola", "constraints": {"enum": ["Adaeze", "Bola", "Chidi"]}}
    level = {"personal": None, "example": "7", "constraints": {"minimum": 0, "maximum": 29}}
    assert ada.request("PATCH", draft["links"]["self"], json={"contract": {"fields": {"first": names, "level": level}}})
    edited = ada.request("PATCH", draft["links"]["self"], json={"contract": {"fields": mark}})
    assert edited.status_code == 200, edited.text
    assert ada.request("POST", draft["links"]["confirm"] + "?load=true").status_code == 201
    return dataset, edited.json


def test_a_mark_at_the_draft_takes_the_values_out_of_the_contract(ada: Any, module_settings: Settings) -> None:
    dataset, edited = named(ada, {"first": {"personal": "name"}, "level": {"personal": "health"}})
    assert "Adaeze" not in str(edited["contract"])
    contract = contract_of(ada, dataset)
    assert (field(contract, "first")["example"], "constraints" in field(contract, "first")) == ("Aaaa", False)
    assert (field(contract, "level")["example"], "constraints" in field(contract, "level")) == ("0", False)


def test_a_mark_later_takes_them_out_of_every_version(ada: Any, bola: Any, module_settings: Settings) -> None:
    dataset, _ = named(ada, {})
    load_all(module_settings)
    assert ada.request("PATCH", f"/api/v1/datasets/{dataset}", json={"shared": True}).status_code == 200
    contract = contract_of(ada, dataset)
    assert field(contract, "first")["constraints"] == {"enum": ["Adaeze", "Bola", "Chidi"]}
    field(contract, "first")["personal"] = "name"
    assert put(ada, dataset, contract, ACCEPTED).status_code == 200
    link = f"/api/v1/datasets/{dataset}"
    sent = bola.send("POST", f"{link}/submissions", b"code,first,level\nX1,Efe,x\n")
    load_all(module_settings)
    for path in ("/contract", "/contract?version=1", "/contract/versions", "/example.csv", "/profile"):
        text = bola.get(link + path).text
        assert not [person for person in ("Adaeze", "Bola", "Chidi") if person in text], path
    assert "Adaeze" not in bola.get(sent.json["links"]["self"]).text
