"""The Swagger page (/apidocs) and its OpenAPI document: what every call shares; the calls describe themselves."""

from collections.abc import Mapping
from typing import Any

from flasgger import NO_SANITIZER, Swagger
from flask import Flask, Response, g, json, request, session

from backend.api import described_datasets, dry_run_schema, version_schemas
from backend.api.parameters import DESCRIPTION_LENGTHS, FORMATS, STATUSES
from backend.auth import SESSION_ACCOUNT, identify
from backend.reporting.registry import registry
from backend.services import services
from elt.contract import Contract
from elt.errors import LaurelError

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
    Swagger(app, config=_config(), template=_template(contracts), sanitizer=NO_SANITIZER)
    app.after_request(_with_own_datasets)


def _with_own_datasets(response: Response) -> Response:
    """The document names the datasets that researchers described too: those that whoever is signed in may see."""
    if request.endpoint != "flasgger.apispec" or SESSION_ACCOUNT not in session:
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
            {"name": "health", "description": "For the operator"},
        ],
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The API key itself."}},
            "parameters": _parameters(contracts),
            "requestBodies": {"File": _file(), "Corrections": version_schemas.corrections()},
            "responses": _responses(),
            "schemas": _schemas(),
        },
    }


def _parameters(contracts: Mapping[str, Contract]) -> dict[str, Any]:
    return {
        "dataset": {
            "name": "dataset",
            "in": "path",
            "required": True,
            "description": "The slash may stand as it is or as %2F. The examples are the datasets that you may see.",
            "schema": {"type": "string"},
            "examples": {name: {"value": name} for name in contracts},
        },
        "wait": {
            "name": "wait",
            "in": "query",
            "schema": {"type": "number", "minimum": 0, "maximum": 60},
            "description": "Seconds to wait until there is an outcome.",
        },
        "mapping": {
            "name": "mapping",
            "in": "query",
            "description": "What the file calls columns of the dataset, where its header drifted: a JSON object "
            "`{header: column}`, such as the `proposed_mapping` of a refusal. Remembered for you and the dataset.",
            "schema": {"type": "string"},
        },
        "id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        "fix": {"name": "fix_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        "status": {"name": "status", "in": "query", "schema": {"type": "string", "enum": list(STATUSES)}},
        "dryRun": {
            "name": "dry_run",
            "in": "query",
            "description": "Look at the file without loading it: the answer is 202, with a receipt to ask for.",
            "schema": {"type": "boolean", "default": False},
        },
        "waitForUpload": {
            "name": "wait",
            "in": "query",
            "schema": {"type": "number", "minimum": 0, "maximum": 60},
            "description": "Seconds to wait while its parts are being put together.",
        },
        **{
            name: {
                "name": name,
                "in": "query",
                "description": "Kept with the submission; may also be a field of the form, before the file.",
                "schema": {"type": "string", "maxLength": length},
            }
            for name, length in DESCRIPTION_LENGTHS.items()
        },
        "filename": {
            "name": "filename",
            "in": "query",
            "description": "The file's name, where the body is the CSV itself.",
            "schema": {"type": "string"},
        },
        "idempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Repeating a request with the same key gives the first one's submission.",
            "schema": {"type": "string", "maxLength": 255},
        },
        **{name: _format(name, words) for name, words in FORMATS.items()},
        **_insight_parameters(),
    }


def _format(name: str, words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": f"The file's {name}, where you know it; otherwise it is found out.",
        "schema": {"type": "string", "enum": list(dict.fromkeys(words.values()))},
    }


def _insight_parameters() -> dict[str, Any]:
    """One per name: several insights may have a parameter of the same name, each with values of its own."""
    takers: dict[str, list[str]] = {}
    for insight in registry().values():
        for parameter in insight.parameters:
            takers.setdefault(parameter.name, []).append(f"`{insight.name}`")
    return {
        name: {
            "name": name,
            "in": "query",
            "description": f"Only for {', '.join(insights)}: one of the values that its `parameters` list.",
            "schema": {"type": "string"},
        }
        for name, insights in takers.items()
    }


def _file() -> dict[str, Any]:
    binary = {"type": "string", "format": "binary"}
    fields = {**dict.fromkeys((*FORMATS, *DESCRIPTION_LENGTHS), TEXT), "file": binary}
    form = {"type": "object", "required": ["file"], "properties": fields}
    packed = {"schema": binary}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": form},
            "text/csv": {"schema": {"type": "string"}},
            "application/gzip": packed,
            "application/zip": packed,
        },
    }


def _responses() -> dict[str, Any]:
    submission = {"application/json": {"schema": {"$ref": "#/components/schemas/Submission"}}}
    schemas = [{"$ref": f"#/components/schemas/{name}"} for name in ("Submission", "SubmissionsOfArchive")]
    one_or_several = {"application/json": {"schema": {"oneOf": schemas}}}
    return {
        "Created": {
            "description": "Durable, and known to the ledger.",
            "headers": {"Location": {"schema": {"type": "string"}, "description": "The submission."}},
            "content": submission,
        },
        "Submission": {"description": "The submission.", "content": submission},
        "DryRun": {
            "description": "With `dry_run=true`: the file will be looked at.",
            "headers": {"Location": {"schema": {"type": "string"}, "description": "The dry run."}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DryRun"}}},
        },
        "CreatedFromFile": {
            "description": "Durable, and known to the ledger. Of a ZIP archive with several CSVs: a list.",
            "headers": {"Location": {"schema": {"type": "string"}, "description": "The submission, where it is one."}},
            "content": one_or_several,
        },
        "KnownFromFile": {"description": "The same data were there already.", "content": one_or_several},
        "Upload": {
            "description": "The upload, and a page of its missing parts.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Upload"}}},
        },
        "Problem": {
            "description": "What was wrong, what is allowed, what to do (RFC 9457).",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    }


TEXT: dict[str, Any] = {"type": "string"}
OPTIONAL: dict[str, Any] = {"type": "string", "nullable": True}
NUMBER: dict[str, Any] = {"type": "integer"}
COUNT: dict[str, Any] = {"type": "integer", "nullable": True}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time", "nullable": True}


def _schemas() -> dict[str, Any]:
    description = {name: {**OPTIONAL, "maxLength": length} for name, length in DESCRIPTION_LENGTHS.items()}
    problem = {
        **dict.fromkeys(("type", "title", "code", "detail", "allowed", "remedy", "instance"), TEXT),
        "status": NUMBER,
    }
    readiness = {"status": TEXT, "checks": {"type": "object", "additionalProperties": TEXT}}
    return {
        "Submission": {"type": "object", "properties": _submission()},
        "Submissions": _list("submissions", "Submission", next_cursor=OPTIONAL),
        "SubmissionsOfArchive": _list("submissions", "Submission"),
        "DryRun": {"type": "object", "properties": dry_run_schema.properties()},
        "Versions": _list("versions", "Submission"),
        "Fix": {"type": "object", "properties": version_schemas.fix()},
        "Fixes": _list("fixes", "Fix"),
        "Diff": {"type": "object", "properties": version_schemas.diff()},
        "Provenance": {"type": "object", "properties": version_schemas.provenance()},
        "Dataset": {"type": "object", "properties": _dataset()},
        "Datasets": _list("datasets", "Dataset"),
        "Description": {
            "type": "object",
            "properties": description,
            "example": {"title": "Autumn term", "note": "Second try"},
        },
        "Upload": {"type": "object", "properties": _upload()},
        "NewUpload": {
            "type": "object",
            "required": ["filename", "bytes"],
            "properties": {"filename": TEXT, "bytes": NUMBER, "sha256": TEXT},
            "example": {"filename": "studentVle.csv", "bytes": 453829120},
        },
        "Problem": {"type": "object", "properties": problem},
        **described_datasets.schemas(),
        "Readiness": {"type": "object", "properties": readiness},
    }


def _submission() -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "dataset", "filename", "sha256"), TEXT),
        "status": {"type": "string", "enum": list(STATUSES)},
        "bytes": NUMBER,
        **dict.fromkeys(("title", "note", "account", "encoding", "replaces", "replaced_by", "restores"), OPTIONAL),
        **dict.fromkeys(("contract_version", "lines_read", "rows_loaded", "rows_rejected"), COUNT),
        **dict.fromkeys(("received_at", "loading_at", "loaded_at", "modelled_at", "settled_at"), MOMENT),
        "dialect": {"type": "object", "nullable": True, "description": "As found, in Frictionless Table Dialect."},
        "stated": {"type": "object", "additionalProperties": TEXT, "description": "As the sender said."},
        "compression": {"type": "string", "nullable": True, "enum": ["gzip", "zip"]},
        **dict.fromkeys(("archive", "archive_member"), OPTIONAL),
        "error_groups": {"type": "array", "items": {"type": "object", "properties": _error_group()}},
        "held_for": {
            **version_schemas.HELD_FOR,
            "description": "What a version that is `held` would do to the rows before.",
        },
        "open_fixes": NUMBER,
        "header_mapping": {
            "type": "object",
            "nullable": True,
            "description": "Headers of the file that stood for columns of other names, as confirmed.",
            "additionalProperties": TEXT,
        },
        "error": {"type": "object", "nullable": True, "properties": {"code": TEXT, "message": TEXT}},
        "links": {"type": "object", "additionalProperties": TEXT},
    }


def _error_group() -> dict[str, Any]:
    return {"column": OPTIONAL, "code": TEXT, "lines": NUMBER, "first_line": NUMBER, "message": TEXT}


def _upload() -> dict[str, Any]:
    part = {**dict.fromkeys(("number", "offset", "bytes"), NUMBER), "url": TEXT}
    part["found_bytes"] = {**NUMBER, "nullable": True, "description": "Where a thing of another size is in its place."}
    several = {"type": "array", "items": TEXT, "description": "What it became: one, or one for each CSV of a ZIP."}
    return {
        **dict.fromkeys(("id", "dataset", "filename", "started_at"), TEXT),
        "status": {"type": "string", "enum": ["open", "completing", "completed", "refused", "aborted"]},
        **dict.fromkeys(("bytes", "part_bytes", "part_count", "missing_count", "missing_bytes"), NUMBER),
        "missing": {"type": "array", "items": {"type": "object", "properties": part}},
        "submissions": several,
        **dict.fromkeys(("sha256", "urls_expire_at", "settled_at"), OPTIONAL),
        "error": {"type": "object", "nullable": True, "properties": {"code": TEXT, "message": TEXT}},
        "links": {"type": "object", "additionalProperties": OPTIONAL},
    }


def _dataset() -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "title", "description"), TEXT),
        **dict.fromkeys(("version", "columns", "rows"), NUMBER),
        "submissions": {"type": "object", "additionalProperties": NUMBER},
        "owner": {**OPTIONAL, "description": "Who described it; null: it ships with Laurel."},
        "shared": {"type": "boolean", "description": "Whether every researcher sees it."},
        "schema": {"type": "object", "description": "Frictionless Table Schema; only where one dataset is asked for."},
        "links": {"type": "object", "additionalProperties": TEXT},
    }


def _list(name: str, item: str, **others: Any) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}
    return {"type": "object", "properties": {name: items, **others}}
