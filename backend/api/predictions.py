"""Predictions over HTTP: one student's scores with reasons and history, actions taken, and the models behind them."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from backend.api import parameters
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.reporting import models, student_predictions
from backend.reporting.insight import Row
from backend.reporting.result import snapshot
from backend.services import services
from elt import audit
from elt.access.policies import KNOW_PERSONS
from elt.errors import NotFound
from elt.predicting import actions

blueprint = Blueprint("predictions", __name__, url_prefix="/api/v1")


@blueprint.get("/predictions/students/<student_id>")
@require_role(*KNOW_PERSONS)
def get_student(student_id: str) -> Response:
    """What is predicted of one student.
    ---
    tags: [predictions]
    description: >
      Current scores with their reasons, and those of earlier moments with what came. A status of `not_enough_evidence`
      has no number, and says why. Teachers and principals see their own students; reading it is on record.
    parameters:
      - {name: student_id, in: path, required: true, schema: {type: string}}
    responses:
      200:
        description: Scores, the current ones first.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    found = _visible(student_id)
    with services().pool.connection() as connection:
        for source_system in sorted({row["source_system"] for row in found}):
            audit.student_seen(connection, account().account_id, "prediction.read", source_system, student_id)
    told = [{**row, "scored_at": time_text(row["scored_at"])} for row in found]
    return jsonify(student_id=student_id, scores=told)


def _visible(student_id: str) -> Sequence[Row]:
    """The scores that the account may see. Raises NotFound where there are none."""
    with snapshot(services().reader_pool) as connection:
        found = student_predictions.of_number(connection, student_id)
    if not found:
        raise NotFound("no_prediction", "Nothing is predicted of a student of yours with that number.")
    return found


@blueprint.post("/predictions/actions")
@require_role(*KNOW_PERSONS)
def post_action() -> tuple[Response, int]:
    """Record what was done for a flagged student.
    ---
    tags: [predictions]
    description: >
      Teachers and principals may for their own students. Once outcomes are known, students with an action are set
      beside students with like predictions and none: that is not an experiment.
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [outcome, student_id, action]
            properties:
              outcome: {type: string, description: As in the scores, example: laurel_failing}
              student_id: {type: string}
              action: {type: string, enum: [talk, tutoring, family, attendance, other]}
    responses:
      201:
        description: Recorded, once for each student, moment and action.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    said: dict[str, Any] = parameters.json_object("outcome", "student_id", "action")
    outcome, student_id, action = (str(said.get(name) or "") for name in ("outcome", "student_id", "action"))
    keys = {row["student_key"] for row in _visible(student_id) if row["task"] == outcome and row["is_current"]}
    if not keys:
        raise NotFound("no_prediction", "No student of yours with that number has a prediction of that outcome.")
    who = account().account_id
    with services().pool.connection() as connection:
        number, source_system = actions.record(connection, who, outcome, min(keys), action)
        audit.student_seen(connection, who, "prediction.action", source_system, student_id, outcome=outcome)
    return jsonify(action_id=number, outcome=outcome, student_id=student_id, action=action), 201


@blueprint.get("/predictions/models")
@require_role()
def get_models() -> Response:
    """Every model that was ever trained, the newest first.
    ---
    tags: [predictions]
    description: Those that the gate refused are among them, with their reasons. `links.card` is the whole model card.
    parameters:
      - {name: dataset, in: query, schema: {type: string}, description: Only those of this described data set.}
    responses:
      200:
        description: Models with their state, the transform whose data they saw, and the hash of the stored artefact.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with snapshot(services().reader_pool) as connection:
        found = models.listed(connection, request.args.get("dataset"))
    return jsonify(models=[_model(row) for row in found])


@blueprint.get("/predictions/models/<int:model_id>")
@require_role()
def get_model(model_id: int) -> Response:
    """The card of one model with all its figures, to keep.
    ---
    tags: [predictions]
    description: Data versions, features, splits, gate and limits, and each figure with its 95% interval.
    parameters:
      - {name: model_id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 2147483647}}
    responses:
      200:
        description: The card.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with snapshot(services().reader_pool) as connection:
        row, figures = models.find(connection, model_id)
    return jsonify(**_model(row), card=row["card"], figures=figures)


def _model(row: Row) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name != "card"}
    card = url_for("predictions.get_model", model_id=row["model_id"])
    return {**told, "trained_at": time_text(row["trained_at"]), "links": {"card": card}}
