"""Columns of a contract that get another type, go, come back, or become everybody's to read."""

import copy
from typing import Any

import pytest
from psycopg2 import sql

from elt.database import connect, transaction
from elt.settings import Settings
from tests.integration.api.pupils import described, load_all, query, sample

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
