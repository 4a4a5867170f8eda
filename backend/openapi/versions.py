"""Corrections, differences between versions, and provenance, as the OpenAPI document describes them."""

from typing import Any

from backend.openapi.types import COUNT, MOMENT, NUMBER, OPTIONAL, TEXT
from elt.versioning.diffing import KINDS

HELD_FOR: dict[str, Any] = {
    "type": "object",
    "description": "What a version that is `held` would do to the rows before.",
    "nullable": True,
    "properties": {
        **dict.fromkeys(("rows_before", "removed", "new", "changed", "unchanged"), NUMBER),
        "max_removed_rate": {"type": "number"},
    },
}


def corrections() -> dict[str, Any]:
    """The body of a fix."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "required": ["file"], "properties": {"file": binary}}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": form},
            "text/csv": {"schema": {"type": "string"}},
            "application/gzip": {"schema": binary},
        },
    }


def fix() -> dict[str, Any]:
    """What became of a corrected rejects file."""
    line = {"type": "object", "properties": {"line": NUMBER, "code": TEXT, "message": TEXT}}
    return {
        **dict.fromkeys(("id", "submission", "filename", "sha256"), TEXT),
        "status": {"type": "string", "enum": ["received", "applied", "rejected", "failed"]},
        "account": OPTIONAL,
        "bytes": NUMBER,
        **dict.fromkeys(("lines_read", "lines_fixed", "lines_refused", "lines_unmatched"), COUNT),
        "unmatched": {"type": "array", "items": line, "description": "The first 100; `line` is the fix's own."},
        "error": {"type": "object", "nullable": True, "properties": {"code": TEXT, "message": TEXT}},
        **dict.fromkeys(("received_at", "applied_at"), MOMENT),
        "links": {"type": "object", "additionalProperties": TEXT},
    }


def diff() -> dict[str, Any]:
    """What a version changed."""
    cell = {"type": "object", "properties": {"before": OPTIONAL, "after": OPTIONAL}}
    change = {
        "change": {"type": "string", "enum": list(KINDS)},
        **dict.fromkeys(("line_before", "line_after"), COUNT),
        "cells": {"type": "object", "additionalProperties": cell, "description": "By header; only of changed rows."},
    }
    return {
        **dict.fromkeys(("submission", "against"), TEXT),
        "counts": {"type": "object", "properties": dict.fromkeys((*KINDS, "unchanged"), NUMBER)},
        "columns": {"type": "object", "additionalProperties": NUMBER, "description": "Changed cells, by header."},
        "changes": {"type": "array", "items": {"type": "object", "properties": change}},
        "next_cursor": OPTIONAL,
        "links": {"type": "object", "additionalProperties": TEXT},
    }


def provenance() -> dict[str, Any]:
    """What stands behind rows of a mart."""
    file = {
        **dict.fromkeys(("id", "dataset", "filename", "status"), TEXT),
        **dict.fromkeys(("number", "contract_version"), NUMBER),
        "uploader": OPTIONAL,
        **dict.fromkeys(("received_at", "loaded_at"), MOMENT),
        "links": {"type": "object", "additionalProperties": TEXT},
    }
    fix = {"type": "object", "properties": {"line": NUMBER, "fix": TEXT, "link": TEXT}}
    source = {
        "submission": {"type": "object", "properties": file},
        "lines": {"type": "array", "items": NUMBER},
        "fixes": {"type": "array", "items": fix},
    }
    return {
        "mart": TEXT,
        "sources": {"type": "array", "items": {"type": "object", "properties": source}},
        "behind": {"type": "array", "items": {"type": "object", "properties": file}},
        "is_whole": {"type": "boolean"},
    }
