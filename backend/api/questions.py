"""Saved questions: SQL that administrators keep under a title. Each is an insight of that name, too."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, url_for

from backend.api import ask, parameters
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.problems import BadRequest
from backend.services import services
from elt import audit
from elt.access.roles import ADMINISTRATOR
from elt.asking import questions
from elt.asking.questions import CHART_KINDS, Chart, Question
from elt.asking.session import session

TEXTS = {"title": 120, "question": 500}
ALLOWED = (
    "`title`, `question` and `sql` (text), and, where it is to be drawn, `chart`: "
    '{"kind": "bar", "line" or "point", "x": a column, "y": a column, "color": a column or nothing}.'
)

blueprint = Blueprint("questions", __name__, url_prefix="/api/v1/questions")


@blueprint.get("")
@require_role(ADMINISTRATOR)
def list_questions() -> Response:
    """Every saved question.
    ---
    tags: [ask]
    responses:
      200:
        description: By title; `links.page` is where it is answered.
        content: {application/json: {schema: {$ref: "#/components/schemas/SavedQuestions"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        found = questions.listing(connection)
    return jsonify(questions=[as_json(question) for question in found])


@blueprint.post("")
@require_role(ADMINISTRATOR)
def save_question() -> tuple[Response, int, dict[str, str]]:
    """Save a question.
    ---
    tags: [ask]
    description: >
      The query is asked once, for its columns. From then on it stands among the insights of administrators, with a
      page, as JSON and as CSV; where a chart is given, as PNG, SVG and PDF, too.
    requestBody:
      required: true
      content: {application/json: {schema: {$ref: "#/components/schemas/NewSavedQuestion"}}}
    responses:
      201:
        description: Saved.
        headers: {Location: {schema: {type: string}, description: The insight.}}
        content: {application/json: {schema: {$ref: "#/components/schemas/SavedQuestion"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    body = parameters.json_object("title", "question", "sql", "chart")
    title, text = (_text(body, name) for name in TEXTS)
    sql, chart = ask.sql_of(body), _chart(body.get("chart"))
    name = questions.name_for(title)
    with session(ask.pools()[1], uuid4(), ask.SECONDS_DEFAULT) as asking:
        columns = asking.answer(sql, most_rows=1).columns
    questions.check(columns, chart)
    question = Question(name, title, text, sql, columns, chart)
    with services().pool.connection() as connection:
        questions.save(connection, question, account().account_id)
        audit.record(connection, account().account_id, "question.save", name, None)
        saved = questions.find(connection, name)
    return jsonify(as_json(saved)), 201, {"Location": url_for("insights.get_insight", name=name, _external=True)}


@blueprint.delete("/<name>")
@require_role(ADMINISTRATOR)
def delete_question(name: str) -> tuple[str, int]:
    """Delete a saved question.
    ---
    tags: [ask]
    parameters:
      - {name: name, in: path, required: true, schema: {type: string}}
    responses:
      204: {description: It is no insight any more.}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        questions.forget(connection, name)
        audit.record(connection, account().account_id, "question.delete", name, None)
    return "", 204


def as_json(question: Question) -> dict[str, Any]:
    """What a client sees of a saved question."""
    return {
        "name": question.name,
        "title": question.title,
        "question": question.question,
        "sql": question.sql_text,
        "columns": [{"name": column.name, "kind": column.kind} for column in question.columns],
        "chart": vars(question.chart) if question.chart else None,
        "account": question.account_name,
        "saved_at": time_text(question.saved_at),
        "links": {
            "insight": url_for("insights.get_insight", name=question.name),
            "csv": url_for("insights.get_insight_form", name=question.name, form="csv"),
            "page": url_for("pages.insight", name=question.name),
        },
    }


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= TEXTS[name] or parameters.UNSTORABLE.search(value):
        raise _bad(f"`{name}` is missing, or longer than {TEXTS[name]} characters.")
    return value.strip()


def _chart(value: Any) -> Chart | None:
    if value is None:
        return None
    if (
        not isinstance(value, dict)
        or not {"kind", "x", "y"} <= set(value) <= {"kind", "x", "y", "color"}
        or value["kind"] not in CHART_KINDS
        or not all(isinstance(one, str) for one in (value["x"], value["y"], value.get("color") or ""))
    ):
        raise _bad("`chart` is none that can be drawn.")
    return Chart(value["kind"], value["x"], value["y"], value.get("color") or None)


def _bad(message: str) -> BadRequest:
    return BadRequest("bad_question", message, allowed=ALLOWED)
