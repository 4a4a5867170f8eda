"""What the calls about described datasets give back, for Swagger."""

from typing import Any

from backend.openapi.types import FLAG, MOMENT, NUMBER, OPTIONAL, TEXT

CONTRACT: dict[str, Any] = {"type": "object", "nullable": True, "description": "Frictionless Table Schema."}


def schemas() -> dict[str, Any]:
    """The components' schemas by name."""
    flaw = _object(where=TEXT, message=TEXT, allowed=TEXT)
    change = _object(
        kind=TEXT,
        column=OPTIONAL,
        is_breaking=FLAG,
        message=TEXT,
        rows_refused={**NUMBER, "nullable": True},
        read_by=_list(TEXT),
    )
    version = _object(version=NUMBER, valid_from=MOMENT, account=OPTIONAL, changes=_list(change))
    category = _object(value=TEXT, count=NUMBER)
    column = _object(
        **dict.fromkeys(("name", "column", "type", "description"), TEXT),
        **dict.fromkeys(("personal", "minimum", "maximum"), OPTIONAL),
        **dict.fromkeys(("missing", "distinct"), NUMBER),
        mean={"type": "number", "nullable": True},
        categories={**_list(category), "nullable": True},
    )
    draft = _draft()
    return {
        "Draft": _object(**draft, contract=CONTRACT, flaws=_list(flaw), **_findings()),
        "Drafts": _object(drafts=_list(_object(**draft))),
        "DraftChange": {
            **_object(contract={"type": "object"}, dataset=TEXT),
            "example": {"contract": {"fields": {"Exam_Score": {"constraints": {"maximum": 100}}}}},
        },
        "Confirmed": _object(dataset=TEXT, submission={"$ref": "#/components/schemas/Submission"}),
        "HeaderMapping": _object(
            mapping={"type": "object", "additionalProperties": TEXT},
            confirmed_at={"type": "object", "additionalProperties": TEXT},
        ),
        "Target": _object(dataset=TEXT, column=TEXT, student=OPTIONAL, named_at=MOMENT, links={"type": "object"}),
        "ContractVersions": _object(versions=_list(version)),
        "ContractChange": _object(
            dataset=TEXT,
            version=NUMBER,
            dry_run=FLAG,
            breaking=FLAG,
            changes=_list(change),
            rows=NUMBER,
            rows_refused=NUMBER,
            submissions_refused=_list(TEXT),
        ),
        "Profile": _object(
            dataset=TEXT, computed_at=MOMENT, is_current=FLAG, rows=NUMBER, submissions=NUMBER, columns=_list(column)
        ),
    }


def _draft() -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "dataset", "account", "filename", "sha256"), TEXT),
        "status": {"type": "string", "enum": ["drafting", "ready", "rejected", "failed", "confirmed"]},
        "bytes": NUMBER,
        "error": {**_object(code=TEXT, message=TEXT), "nullable": True},
        "submission": OPTIONAL,
        **dict.fromkeys(("created_at", "drafted_at", "edited_at", "confirmed_at"), MOMENT),
        "links": {"type": "object", "additionalProperties": TEXT},
    }


def _findings() -> dict[str, Any]:
    """As elt.drafting.result has them."""
    reason = {**_object(confidence=TEXT, evidence=_list(TEXT)), "nullable": True}
    column = _object(
        **dict.fromkeys(("name", "column", "type"), TEXT),
        **dict.fromkeys(("minimum", "maximum"), OPTIONAL),
        **dict.fromkeys(("missing_count", "distinct_count"), NUMBER),
        evidence=_list(TEXT),
        categories={**_list(TEXT), "nullable": True},
        personal=reason,
        identifier=reason,
    )
    finding = _object(
        **dict.fromkeys(("stage", "check", "message", "remedy"), TEXT),
        verdict={"type": "string", "enum": ["pass", "warning", "fail"]},
        place=_object(columns=_list(TEXT), lines=_list(NUMBER)),
        count=NUMBER,
    )
    return {
        "encoding": TEXT,
        "dialect": {"type": "object"},
        "lines_read": NUMBER,
        "columns": _list(column),
        "candidate_keys": _list(_list(TEXT)),
        "screening": _list(finding),
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
