"""The dbt project keeps its promises on paper: everything is described, tested for its grain, and in its layer."""

import json
from typing import Any

import pytest

from elt.access.policies import tells_of_persons
from tests.integration.conftest import Modelled

Node = dict[str, Any]
DIRECT_IDENTIFIERS = {
    "first_name", "last_name", "email", "phone_number", "home_address", "lasrra_id", "birth_date", "date_of_birth",
}  # fmt: skip


@pytest.fixture(scope="module")
def nodes(modelled: Modelled) -> list[Node]:
    """Models, seeds and tests of the project, as dbt read it when it wrote the models' pages."""
    manifest = modelled.original.home / "dbt" / "target" / "manifest.json"
    return list(json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values())


def of_type(nodes: list[Node], *types: str) -> list[Node]:
    found = [node for node in nodes if node["resource_type"] in types]
    assert found
    return found


def test_every_description_of_a_table_starts_with_its_grain(nodes: list[Node]) -> None:
    tables = of_type(nodes, "model", "seed")
    assert [node["name"] for node in tables if not node["description"].startswith("One row per ")] == []


def test_every_column_that_is_listed_is_described(nodes: list[Node]) -> None:
    tables = of_type(nodes, "model", "seed")
    assert [node["name"] for node in tables if not node["columns"]] == []
    columns = [(node["name"], column) for node in tables for column in node["columns"].values()]
    assert [(name, column["name"]) for name, column in columns if not column["description"]] == []


def test_every_test_says_what_its_failure_means_and_what_it_guards(nodes: list[Node]) -> None:
    tests = of_type(nodes, "test")
    assert [node["name"] for node in tests if len(node["description"]) < 80] == []
    kinds = {"config", "integrity", "value"}
    assert [node["name"] for node in tests if len(kinds & set(node["tags"])) != 1] == []


def test_every_table_is_tested_for_its_grain(nodes: list[Node]) -> None:
    tested = {
        node["attached_node"]
        for node in of_type(nodes, "test")
        if (node.get("test_metadata") or {}).get("name") == "grain"
    }
    # What base models let through twice, the staging models on top of them would show.
    # Nor need those be tested that only put tested parts together.
    tables = [
        node
        for node in of_type(nodes, "model", "seed")
        if not node["name"].startswith("base_") and not is_put_together(node)
    ]
    assert [node["name"] for node in tables if node["unique_id"] not in tested] == []


def is_put_together(node: Node) -> bool:
    """Whether it is a view on parts, which publishing makes anew."""
    return node["config"]["materialized"] == "view" and node["schema"].startswith("build")


def test_no_view_stands_on_a_mart(nodes: list[Node]) -> None:
    """A mart's place in schema build is taken by a view once it is published; whatever stood on it would be dropped."""
    marts = {node["unique_id"] for node in of_type(nodes, "model") if node["schema"].startswith("build")}
    assert marts
    views = [
        node
        for node in of_type(nodes, "model")
        if node["config"]["materialized"] == "view" and not is_put_together(node)
    ]
    assert [node["name"] for node in views if marts & set(node["depends_on"]["nodes"])] == []


def test_a_mart_that_is_a_view_reads_parts_alone(nodes: list[Node]) -> None:
    """Publishing points it at the stored parts; of anything else it would show what is being built."""
    schemas = {node["unique_id"]: node["schema"] for node in of_type(nodes, "model")}
    marts = [node for node in of_type(nodes, "model") if is_put_together(node) and node["schema"] != "build_part"]
    assert marts
    assert [
        node["name"] for node in marts if {schemas.get(name) for name in node["depends_on"]["nodes"]} != {"build_part"}
    ] == []


def test_nothing_reads_a_mart_that_families_share_but_what_is_about_all_of_them(nodes: list[Node]) -> None:
    """Else a file of one family would rebuild and test what is another's: read the family's part (`…__laurel`)."""
    shared = {
        node["unique_id"] for node in of_type(nodes, "model") if is_put_together(node) and node["schema"] == "build"
    }
    about_all = {"grain_data_quality_issue", "files_have_no_quality_issues"}
    readers = {node["name"] for node in of_type(nodes, "model", "test") if shared & set(node["depends_on"]["nodes"])}
    assert readers == about_all


def test_a_part_that_grows_by_submission_stands_on_its_delta(nodes: list[Node]) -> None:
    """elt.transforming.merging finds the stored part by the delta's alias, and the submission by its column."""
    deltas = [node for node in of_type(nodes, "model") if node["schema"] == "build_delta"]
    assert deltas
    assert [node["name"] for node in deltas if node["name"] != f"{node['alias']}__delta"] == []
    assert [node["name"] for node in deltas if "submission_id" not in node["columns"]] == []
    models = {node["unique_id"]: node for node in of_type(nodes, "model")}
    wholes = {node["name"]: node for node in models.values() if node["schema"] == "build_part"}
    assert [
        node["name"]
        for node in deltas
        if models.keys() & set(wholes[node["alias"]]["depends_on"]["nodes"]) != {node["unique_id"]}
    ] == []


def test_public_marts_name_nobody(nodes: list[Node]) -> None:
    marts = [node for node in of_type(nodes, "model") if node["schema"] in ("build", "build_part", "build_delta")]
    assert [node["name"] for node in marts if DIRECT_IDENTIFIERS & set(node["columns"])] == []


def test_every_mart_falls_under_a_policy(nodes: list[Node]) -> None:
    """By the key of the person that a row is about, or by its word that no row is about one person."""
    models = {node["unique_id"]: node for node in of_type(nodes, "model")}
    deltas = {node["alias"]: node for node in models.values() if node["schema"] == "build_delta"}

    def tables_of(node: Node) -> list[Node]:
        """What is stored of it: itself, the parts it is put together from, the delta that a part grows by."""
        if node["config"]["materialized"] == "table":
            return [node]
        if node["name"] in deltas:
            return [deltas[node["name"]]]
        return [table for name in node["depends_on"]["nodes"] for table in tables_of(models[name])]

    marts = [node for node in models.values() if node["schema"] in ("build", "build_private")]
    stored = {table["name"]: table for mart in marts for table in tables_of(mart)}
    assert len(stored) > len(marts)
    declared = {name: table["config"]["meta"].get("rows") == "aggregate" for name, table in stored.items()}
    persons = {name: tells_of_persons(table["columns"], declared[name]) for name, table in stored.items()}
    assert [name for name in stored if not (declared[name] or persons[name])] == [], (
        "Nobody but administrators could read these. Give them the key of the person that a row is about "
        "(elt.access.policies.PERSONS), or declare that no row is about one: config: {meta: {rows: aggregate}}."
    )
    assert [name for name in stored if declared[name] and persons[name]] == []


def test_every_threshold_says_where_it_comes_from(nodes: list[Node]) -> None:
    seeds = of_type(nodes, "seed")
    assert [node["name"] for node in seeds if "source" not in node["columns"]] == []
