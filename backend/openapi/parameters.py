"""The parameters that several calls take."""

from collections.abc import Mapping
from typing import Any

from backend.api.parameters import DESCRIPTION_LENGTHS, FORMATS, STATUSES
from backend.reporting.registry import registry
from elt.contracting.contract import Contract

IN_A_URL = (
    400  # characters: of four bytes each, percent-encoded, they and a title still fit a request line (8,190 bytes)
)


def shared(contracts: Mapping[str, Contract]) -> dict[str, Any]:
    """By the name under which a call refers to it."""
    return {
        "dataset": {
            "name": "dataset",
            "in": "path",
            "required": True,
            "description": "The slash may stand as it is or as %2F. The examples are the datasets that you may see.",
            "schema": {"type": "string"},
            "examples": {name: {"value": name} for name in contracts},
        },
        "as_account": {
            "name": "as_account",
            "in": "query",
            "description": "For administrators: the number of an account; the report is as this account would get it.",
            "schema": {"type": "integer"},
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
                "description": "Kept with the submission; may also be a field of the form, before the file: "
                f"there, up to {length} characters.",
                "schema": {"type": "string", "maxLength": min(length, IN_A_URL)},
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
        **of_insights(),
    }


def _format(name: str, words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": f"The file's {name}, where you know it; otherwise it is found out.",
        "schema": {"type": "string", "enum": list(dict.fromkeys(words.values()))},
    }


def of_insights() -> dict[str, Any]:
    """One per name: several insights may have a parameter of the same name, each with values of its own.

    They are filed apart from other calls' parameters, of which one may have the same name.
    """
    takers: dict[str, list[str]] = {}
    for insight in registry().values():
        for parameter in insight.parameters:
            takers.setdefault(parameter.name, []).append(f"`{insight.name}`")
    return {
        f"insight_{name}": {
            "name": name,
            "in": "query",
            "description": f"Only for {', '.join(insights)}: one of the values that its `parameters` list.",
            "schema": {"type": "string"},
        }
        for name, insights in takers.items()
    }
