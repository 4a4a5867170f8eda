"""What the calls take and give beside their parameters: request bodies and responses."""

from typing import Any

from backend.api.parameters import DESCRIPTION_LENGTHS, FORMATS
from backend.openapi.types import TEXT


def file() -> dict[str, Any]:
    """A file to load: a form, the bare bytes, or either of them packed."""
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


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def responses() -> dict[str, Any]:
    """By the name under which a call refers to it."""
    submission = {"application/json": {"schema": {"$ref": "#/components/schemas/Submission"}}}
    schemas = [_schema(name) for name in ("Submission", "SubmissionsOfArchive")]
    one_or_several = {"application/json": {"schema": {"anyOf": schemas}}}  # one is no list, which says so by its member
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
        "CreatedFromParts": {
            "description": "Durable, and known to the ledger: a submission, a list of them for a ZIP archive of "
            "several CSVs, or with `dry_run` a dry run.",
            "headers": {"Location": {"schema": {"type": "string"}, "description": "What it is, where it is one."}},
            "content": {"application/json": {"schema": {"anyOf": [*schemas, _schema("DryRun")]}}},
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
