"""The types that the document's schemas are made of, and what stands in several of them."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
OPTIONAL: dict[str, Any] = {"type": "string", "nullable": True}
NUMBER: dict[str, Any] = {"type": "integer"}
COUNT: dict[str, Any] = {"type": "integer", "nullable": True}
FLAG: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time", "nullable": True}


def list_of(name: str, item: str) -> dict[str, Any]:
    """An object with one member: a list of what another schema describes."""
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}},
    }
