"""The OpenAPI document tells of every call, and the page needs nothing from elsewhere."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from backend.app import create_app
from backend.reporting.registry import registry
from elt.contracting.contract import load_contracts
from elt.settings import Settings

WITHOUT_BODY = ("/complete", "/confirm", "/restore")  # POSTs that say all in their URL


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application; it connects to nothing before the first call that needs it."""
    nowhere = "postgresql://laurel:x@127.0.0.1:1/laurel"
    return create_app(
        Settings.from_environment(
            {
                "LAUREL_DATABASE_URL": nowhere,
                "LAUREL_READER_DATABASE_URL": nowhere,
                "LAUREL_S3_ENDPOINT": "http://127.0.0.1:1",
                "LAUREL_S3_ACCESS_KEY": "key",
                "LAUREL_S3_SECRET_KEY": "secret",
                "LAUREL_SESSION_SECRET": "x" * 32,
                "LAUREL_HOME": str(tmp_path_factory.mktemp("home")),
            }
        )
    )


@pytest.fixture(scope="module")
def document(app: Flask) -> Any:
    return app.test_client().get("/apispec.json").json


def _operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_call_is_described(app: Flask, document: Any) -> None:
    described = {(path, method.upper()) for path, method, _ in _operations(document)}
    rules = [r for r in app.url_map.iter_rules() if r.rule.startswith(("/api/", "/healthz", "/readyz", "/metrics"))]
    calls = {
        (re.sub(r"<(?:[^<>]*:)?([^<>]*)>", r"{\1}", rule.rule), method)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert len(calls) >= 17
    assert described == calls


def test_every_description_is_whole(document: Any) -> None:
    for path, method, operation in _operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["tags"], where
        assert any(status.startswith("2") for status in operation["responses"]), where
        declared = {_resolved(document, p)["name"] for p in operation.get("parameters", [])}
        assert set(re.findall(r"{(\w+)}", path)) <= declared, where
        takes_a_body = method in ("post", "put", "patch") and not path.endswith(WITHOUT_BODY)
        assert ("requestBody" in operation) == takes_a_body, where


def test_what_needs_a_key_says_so(document: Any) -> None:
    """So that Swagger's page sends the key that was typed in once with every such call."""
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, _, operation in _operations(document):
        assert ("security" not in operation) == path.startswith("/api/"), path


def test_every_reference_leads_somewhere(document: Any) -> None:
    references = list(_references(document))
    assert references
    for reference in references:
        assert _resolved(document, {"$ref": reference})


def test_the_datasets_can_be_chosen(document: Any) -> None:
    assert list(document["components"]["parameters"]["dataset"]["examples"]) == list(load_contracts())


def test_the_page_loads_nothing_from_elsewhere(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/apidocs/").text
    assert "googleapis" not in page  # flasgger's own head has its fonts from there
    assets = re.findall(r'<(?:script|link)[^>]*\b(?:src|href)="([^"]*)"', page)
    assert len(assets) >= 4
    for asset in assets:
        assert asset.startswith("/"), asset
        response = client.get(asset)
        assert response.status_code == 200, asset
        response.close()


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _references(child)


def _resolved(document: Any, node: Any) -> Any:
    for part in node.get("$ref", "#").split("/")[1:]:
        document = document[part]
    return document if "$ref" in node else node


def test_an_insight_is_asked_with_every_parameter_that_any_has(document: Any) -> None:
    names = {parameter.name for insight in registry().values() for parameter in insight.parameters}
    for path in ("/api/v1/insights/{name}", "/api/v1/insights/{name}.{form}"):
        asked = document["paths"][path]["get"]["parameters"]
        offered = {parameter["$ref"].rpartition("/")[2] for parameter in asked if "$ref" in parameter}
        assert offered == {f"insight_{name}" for name in names}
    for name in names:
        parameter = document["components"]["parameters"][f"insight_{name}"]
        assert parameter["name"] == name
        assert not parameter.get("required")
        assert "example" not in str(parameter)  # it would be sent, and be wrong for most insights
        for insight in registry().values():
            takes = name in {own.name for own in insight.parameters}
            assert (f"`{insight.name}`" in parameter["description"]) == takes
