"""The Swagger page (/apidocs) and the document that it shows, of the calls' own words and what they share."""

from collections.abc import Mapping
from typing import Any

from flasgger import NO_SANITIZER, Swagger
from flask import Flask, Response, g, json, request, session

from backend.auth import SESSION_TOKEN, identify
from backend.openapi import bodies, parameters, schemas, versions
from backend.services import services
from elt.contracting.contract import Contract
from elt.errors import LaurelError

INSIGHT_PATHS = ("/api/v1/insights/{name}", "/api/v1/insights/{name}.{form}")
INTRODUCTION = """
Send a CSV, then ask what became of it. **Authorize** takes the API key once, for every call below.

    curl -H "Authorization: Bearer $LAUREL_RESEARCHER_KEY" -F file=@students.csv \\
        $LAUREL_API_URL/api/v1/datasets/laurel/students/submissions

States: `received → loading → loaded → modelled`; `rejected` (the file breaks its contract as a whole), `failed` (our
fault; it is tried again), `held` (a version that would remove many rows waits for `confirm`), `retracting → retracted`,
`replaced`.
Errors are `application/problem+json`: what was wrong, what is allowed, what to do.
"""


def register(app: Flask, contracts: Mapping[str, Contract]) -> None:
    """Serve /apidocs and /apispec.json. Every asset comes from the installed package; nothing from elsewhere."""
    _Document(app, config=_config(), template=_template(contracts), sanitizer=NO_SANITIZER)
    app.after_request(_with_own_datasets)


class _Document(Swagger):  # type: ignore[misc]  # flasgger is untyped
    """The calls' own words, and what a call takes that only the registry of insights knows."""

    def get_apispecs(self, endpoint: str = "apispec_1") -> Any:
        document = super().get_apispecs(endpoint)
        references = [{"$ref": f"#/components/parameters/{name}"} for name in parameters.of_insights()]
        for path in INSIGHT_PATHS:
            operation = document["paths"][path]["get"]
            operation["parameters"] = [*operation["parameters"], *references]
        return document


def _with_own_datasets(response: Response) -> Response:
    """The document names the datasets that researchers described too: those that whoever is signed in may see."""
    if request.endpoint != "flasgger.apispec" or SESSION_TOKEN not in session:
        return response
    try:
        g.account = identify()
        names = list(services().contracts)
    except LaurelError:  # the page must also open while Postgres is away
        return response
    document = response.get_json()
    document["components"]["parameters"]["dataset"]["examples"] = {name: {"value": name} for name in names}
    response.set_data(json.dumps(document))
    return response


def _config() -> dict[str, Any]:
    return {
        "title": "Laurel API",
        "openapi": "3.0.3",
        "headers": [],
        "specs": [{"endpoint": "apispec", "route": "/apispec.json", "rule_filter": lambda rule: True}],
        "static_url_path": "/flasgger_static",
        "swagger_ui": True,
        "specs_route": "/apidocs/",
        "ui_params": {"tryItOutEnabled": True, "displayOperationId": False, "operationsSorter": "alpha"},
        "hide_top_bar": True,
        "auth": {},  # of OAuth, which the page wants to know even where there is none
        "head_text": "",
        "footer_text": "",
        "top_text": "",
    }


def _template(contracts: Mapping[str, Contract]) -> dict[str, Any]:
    return {
        "info": {"title": "Laurel", "version": "1", "description": INTRODUCTION},
        "tags": [
            {"name": "datasets", "description": "What can be uploaded"},
            {"name": "submissions", "description": "Files sent, and what became of them"},
            {"name": "dry runs", "description": "What a file would change, before it is loaded"},
            {"name": "uploads", "description": "Large files, sent in parts straight into the store"},
            {"name": "insights", "description": "What the data says"},
            {"name": "reports", "description": "Insights composed for print: PDF, and pictures of the pages"},
            {"name": "ask", "description": "An administrator's own SQL on the marts, and saved questions"},
            {"name": "health", "description": "For the operator"},
        ],
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The API key itself."}},
            "parameters": parameters.shared(contracts),
            "requestBodies": {"File": bodies.file(), "Corrections": versions.corrections()},
            "responses": bodies.responses(),
            "schemas": schemas.schemas(),
        },
    }
