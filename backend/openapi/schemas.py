"""The schemas that requests and responses refer to."""

from typing import Any

from backend.api.parameters import DESCRIPTION_LENGTHS, STATUSES
from backend.openapi import accounts, asking, described_datasets, dry_runs, versions
from backend.openapi.types import COUNT, MOMENT, NUMBER, OPTIONAL, TEXT


def schemas() -> dict[str, Any]:
    """By the name under which a call refers to it."""
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
        "DryRun": {"type": "object", "properties": dry_runs.properties()},
        "Versions": _list("versions", "Submission"),
        "Fix": {"type": "object", "properties": versions.fix()},
        "Fixes": _list("fixes", "Fix"),
        "Diff": {"type": "object", "properties": versions.diff()},
        "Provenance": {"type": "object", "properties": versions.provenance()},
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
            "properties": {
                "filename": TEXT,
                "bytes": NUMBER,
                "sha256": TEXT,
                "replaces": {"type": "string", "format": "uuid", "description": "It is a new version of this one."},
                "dry_run": {"type": "boolean", "default": False, "description": "It is only to be looked at."},
            },
            "example": {"filename": "studentVle.csv", "bytes": 453829120},
        },
        "Problem": {"type": "object", "properties": problem},
        **described_datasets.schemas(),
        **accounts.schemas(),
        **asking.schemas(),
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
            **versions.HELD_FOR,
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
        "replaces": OPTIONAL,
        "dry_run": {"type": "boolean", "description": "It is only looked at; then `links.dry_run` is its receipt."},
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
        "links": {"type": "object", "additionalProperties": OPTIONAL},
    }


def _list(name: str, item: str, **others: Any) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}
    return {"type": "object", "properties": {name: items, **others}}
