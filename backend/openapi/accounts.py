"""Accounts, keys and passwords as the OpenAPI document describes them."""

from typing import Any

from backend.openapi.types import MOMENT, OPTIONAL, TEXT, list_of
from elt.access.keys import DAYS_MAXIMUM, SCOPES
from elt.access.roles import ROLES

LONGEST_NAME = 200
KEY_SCOPE = {"type": "string", "enum": list(SCOPES), "description": "`read` changes nothing."}
ROLE = {"type": "string", "enum": list(ROLES)}


def schemas() -> dict[str, Any]:
    """By the name under which a call refers to it."""
    key = {
        "id": TEXT,
        "label": {**OPTIONAL, "description": "What it is for."},
        "scope": KEY_SCOPE,
        "created_at": MOMENT,
        **dict.fromkeys(("last_used_at", "expires_at"), MOMENT),
        "is_open": {"type": "boolean"},
    }
    new_key = {**key, "key": {**TEXT, "description": "The key itself: it is shown here, and never again."}}
    note = {**OPTIONAL, "description": "That no file names the school or teacher yet, where none does."}
    account = {
        "number": {"type": "integer"},
        "name": TEXT,
        "role": ROLE,
        "scopes": {
            "type": "array",
            "description": "What a teacher or principal belongs to.",
            "items": {"type": "object", "properties": {"source_system": TEXT, "school": OPTIONAL, "teacher": OPTIONAL}},
        },
        "has_password": {"type": "boolean"},
        "created_at": MOMENT,
        "closed_at": MOMENT,
        "keys": {"type": "array", "items": {"$ref": "#/components/schemas/Key"}},
    }
    return {
        "Key": {"type": "object", "properties": key},
        "NewKey": {"type": "object", "properties": new_key},
        "Keys": list_of("keys", "Key"),
        "WantedKey": {
            "type": "object",
            "required": ["label"],
            "properties": {
                "label": {**TEXT, "maxLength": 200, "description": "What it is for."},
                "scope": {**KEY_SCOPE, "default": SCOPES[0]},
                "days": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": DAYS_MAXIMUM,
                    "nullable": True,
                    "description": "After so many days it opens nothing; left out: when it is revoked.",
                },
            },
            "example": {"label": "nightly export", "scope": "read", "days": 90},
        },
        "Account": {"type": "object", "properties": account},
        "Accounts": list_of("accounts", "Account"),
        "NewAccount": {"type": "object", "properties": {**account, "key": new_key["key"], "note": note}},
        "WantedAccount": {
            "type": "object",
            "required": ["name", "role"],
            "properties": {
                "name": {**TEXT, "minLength": 1, "maxLength": LONGEST_NAME},
                "role": ROLE,
                "school": {**OPTIONAL, "description": "`laurel`, or `district/3`; of principals and teachers."},
                "teacher": {**OPTIONAL, "description": "The teacher's ID, as the school has it; of teachers."},
            },
            "example": {"name": "amina", "role": "teacher", "school": "laurel", "teacher": "T01"},
        },
        "WantedPassword": {
            "type": "object",
            "required": ["new"],
            "properties": {
                "current": {**OPTIONAL, "description": "The one you have, if you have one."},
                "new": {**TEXT, "minLength": 12, "maxLength": 200},
            },
            "example": {"current": "the old four words", "new": "four other quiet words"},
        },
    }
