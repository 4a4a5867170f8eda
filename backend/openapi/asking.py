"""Ask and its saved questions as the OpenAPI document describes them."""

from typing import Any

from backend.openapi.types import COUNT, MOMENT, NUMBER, OPTIONAL, TEXT, list_of

EXAMPLE = "select subject, count(*) as results from marts.rpt_pass_rate group by subject order by results desc"
CHART = {
    "type": "object",
    "nullable": True,
    "required": ["kind", "x", "y"],
    "properties": {
        "kind": {"type": "string", "enum": ["bar", "line", "point"]},
        "x": TEXT,
        "y": TEXT,
        "color": OPTIONAL,
    },
}
COLUMNS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": TEXT, "kind": {"type": "string", "enum": ["text", "integer", "number", "flag"]}},
    },
}
LINKS = {"type": "object", "additionalProperties": TEXT}


def schemas() -> dict[str, Any]:
    """By the name under which a call refers to it."""
    cell = {"nullable": True, "description": "Text, a number, true or false."}
    asked = {
        **dict.fromkeys(("id", "sql"), TEXT),
        "status": {"type": "string", "enum": ["running", "done", "failed", "cancelled", "timed_out"]},
        "row_count": COUNT,
        "is_cut": {"type": "boolean", "nullable": True},
        "error": {"type": "object", "nullable": True, "properties": {"code": TEXT, "message": TEXT}},
        **dict.fromkeys(("asked_at", "ended_at"), MOMENT),
        "links": LINKS,
    }
    saved = {
        **dict.fromkeys(("name", "title", "question", "sql"), TEXT),
        "columns": COLUMNS,
        "chart": CHART,
        "account": OPTIONAL,
        "saved_at": MOMENT,
        "links": LINKS,
    }
    return {
        "NewQuestionToAsk": {
            "type": "object",
            "required": ["sql"],
            "properties": {
                "sql": {**TEXT, "maxLength": 20000},
                "rows": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000},
                "seconds": {"type": "integer", "minimum": 1, "maximum": 60, "default": 15},
                "id": {"type": "string", "format": "uuid", "description": "Of your own, to end the query by."},
            },
            "example": {"sql": EXAMPLE, "rows": 100},
        },
        "AskAnswer": {
            "type": "object",
            "properties": {
                "id": TEXT,
                "columns": COLUMNS,
                "rows": {"type": "array", "items": {"type": "array", "items": cell}},
                "row_count": NUMBER,
                "is_cut": {"type": "boolean"},
                "links": LINKS,
            },
        },
        "Asked": {"type": "object", "properties": asked},
        "AskHistory": list_of("asked", "Asked"),
        "SavedQuestion": {"type": "object", "properties": saved},
        "SavedQuestions": list_of("questions", "SavedQuestion"),
        "NewSavedQuestion": {
            "type": "object",
            "required": ["title", "question", "sql"],
            "properties": {
                "title": {**TEXT, "maxLength": 120},
                "question": {**TEXT, "maxLength": 500},
                "sql": {**TEXT, "maxLength": 20000},
                "chart": CHART,
            },
            "example": {
                "title": "Results per subject",
                "question": "How many results does each subject have?",
                "sql": EXAMPLE,
                "chart": {"kind": "bar", "x": "subject", "y": "results"},
            },
        },
    }
