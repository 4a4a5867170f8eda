"""A dry run as the OpenAPI document describes it."""

from typing import Any

from backend.openapi.types import COUNT, MOMENT, NUMBER, OPTIONAL, TEXT


def properties() -> dict[str, Any]:
    """The properties of the schema DryRun."""
    value = {"type": "number", "nullable": True}
    error = {**dict.fromkeys(("column", "code", "message"), OPTIONAL), "lines": NUMBER, "first_line": NUMBER}
    mart = {"name": TEXT, **dict.fromkeys(("rows_before", "rows_after", "added", "removed", "changed"), NUMBER)}
    failure = {"name": TEXT, "description": TEXT, "rows": COUNT}
    kpi = {**dict.fromkeys(("source_system", "name", "label", "unit", "text"), TEXT), "before": value, "after": value}
    return {
        **dict.fromkeys(("id", "dataset", "filename", "account", "sha256"), TEXT),
        "status": {"type": "string", "enum": ["received", "checking", "modelling", "done", "rejected", "failed"]},
        "bytes": NUMBER,
        "replaces": OPTIONAL,
        "error": {"type": "object", "nullable": True, "properties": {"code": TEXT, "message": TEXT}},
        **dict.fromkeys(("lines_read", "rows_accepted", "rows_rejected"), COUNT),
        "error_groups": _items(error, "Refused lines, grouped by column and kind of error."),
        "rows": {
            "type": "object",
            "nullable": True,
            "description": "Rows of the dataset that the file touches; `columns`: changed rows by changed column.",
            "properties": {
                **dict.fromkeys(("new", "changed", "unchanged", "removed"), NUMBER),
                "columns": {"type": "object", "additionalProperties": NUMBER},
            },
        },
        "held_for": {
            "type": "object",
            "nullable": True,
            "description": "Why the new version would wait for a confirmation; as of a submission that is held.",
        },
        "marts": {
            "type": "object",
            "nullable": True,
            "properties": {
                "status": {"type": "string", "enum": ["compared", "would_fail", "not_compared"]},
                "changed": _items(mart, "Marts that would change, with their rows."),
                "unchanged": {"type": "array", "items": TEXT},
                "failures": _items(failure, "Models and tests that would fail: the marts would stay as they are."),
                "reason": {**TEXT, "description": "Why they could not be compared."},
            },
        },
        "kpis": _items(kpi, "KPI values that would move; `text` such as: Pass rate: 63.7% → 64.1%."),
        **dict.fromkeys(("received_at", "settled_at", "expires_at"), MOMENT),
        "links": {"type": "object", "additionalProperties": TEXT},
    }


def _items(properties: dict[str, Any], description: str) -> dict[str, Any]:
    items = {"type": "object", "properties": properties}
    return {"type": "array", "nullable": True, "description": description, "items": items}
