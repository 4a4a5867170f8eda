"""The column of a described data set that is predicted: named, looked at, given up, and what is estimated of it."""

from collections.abc import Generator
from contextlib import closing

from flask import Blueprint, Response, jsonify, url_for

from backend.api import parameters
from backend.api.profiles import described
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.services import services
from backend.streaming import csv_pieces, save_as, streaming
from elt import audit
from elt.access.roles import SENDERS
from elt.contracting import datasets
from elt.contracting.contract import Contract
from elt.database import connect, translated_errors
from elt.errors import NotFound
from elt.predicting import estimates, targets
from elt.predicting.targets import Target

blueprint = Blueprint("targets", __name__, url_prefix="/api/v1/datasets")


@blueprint.get("/<dataset:dataset>/target")
@require_role(*SENDERS)
def get_target(dataset: str) -> Response:
    """The column that is predicted, and whom a line is about.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: The target. Without a `student`, each line is taken for a student of its own.
        content: {application/json: {schema: {$ref: "#/components/schemas/Target"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = described(dataset)
    with services().pool.connection() as connection:
        return _as_json(contract, _found(targets.find(connection, contract)))


@blueprint.put("/<dataset:dataset>/target")
@require_role(*SENDERS)
def put_target(dataset: str) -> Response:
    """Name the column that is to be predicted.
    ---
    tags: [datasets]
    description: >
      From all columns but the key and those marked personal. A column that gives the target away is refused by name
      (see the model card). The model follows within minutes, and `estimates.csv` with it, where the gate lets it pass.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    requestBody:
      required: true
      content:
        application/json:
          schema:
            type: object
            required: [column]
            properties:
              column: {type: string}
              student:
                type: string
                description: >
                  The column that says whom a line is about, where several lines are about one student: they are never
                  on both sides of a test. Without it: the column marked as personal identifier, if there is one.
          example: {column: Exam_Score}
    responses:
      200:
        description: The target.
        content: {application/json: {schema: {$ref: "#/components/schemas/Target"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    said = parameters.json_object("column", "student")
    return _as_json(*name(dataset, str(said.get("column") or ""), str(said.get("student") or "")))


def name(dataset: str, column: str, student: str) -> tuple[Contract, Target]:
    """Name the target of a data set of the account's own, from the API or a page; `student` may be empty."""
    contract = described(dataset)
    with services().pool.connection() as connection:
        datasets.check_owner(connection, dataset, account())
        targets.name(connection, contract, column, student or None, account().account_id)
        audit.record(connection, account().account_id, "target.name", dataset, None)
        return contract, _found(targets.find(connection, contract))


@blueprint.delete("/<dataset:dataset>/target")
@require_role(*SENDERS)
def delete_target(dataset: str) -> tuple[str, int]:
    """Predict nothing of the data set any more.
    ---
    tags: [datasets]
    description: What was said is taken back at once. The models stay on record.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      204: {description: Nothing is predicted any more.}
      default: {$ref: "#/components/responses/Problem"}
    """
    end(dataset)
    return "", 204


def end(dataset: str) -> None:
    """Give the target of a data set of the account's own up, from the API or a page."""
    contract = described(dataset)
    with services().pool.connection() as connection:
        datasets.check_owner(connection, dataset, account())
        targets.end(connection, contract)
        audit.record(connection, account().account_id, "target.end", dataset, None)


@blueprint.get("/<dataset:dataset>/target/estimates.csv")
@require_role(*SENDERS)
def get_estimates(dataset: str) -> Response:
    """What is estimated of each line in which the target is missing.
    ---
    tags: [datasets]
    description: >
      One row per line: its submission and number, the estimate (of a text or flag: the chance of the second value by
      the alphabet), what moves it most, or why there is none. Never a cause. Without a model in force: 404.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: A header, then one row per line.
        content: {text/csv: {schema: {type: string}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = described(dataset)
    with services().pool.connection() as connection:
        _found(targets.find(connection, contract))
        if not estimates.is_any_in_force(connection, contract):
            raise NotFound(
                "no_model_in_force",
                "No model of this data set is in force: none has been trained yet, or the gate refused it.",
                remedy="GET /api/v1/predictions/models?dataset=… says what became of it.",
            )
        audit.record(connection, account().account_id, "target.estimates", dataset, None)
    response = streaming(csv_pieces(_estimates(contract)))
    save_as(response, f"{contract.raw_table}-estimates.csv")
    return response


def _estimates(contract: Contract) -> Generator[tuple[object, ...], None, None]:
    yield "submission", "line", "estimate", "because", "reasons"
    # A connection of its own: those who read slowly must not use up the pool.
    with closing(connect(services().settings.database_url)) as connection, translated_errors():
        for one in estimates.of_target(connection, contract):
            yield one.submission, one.line_number, one.value, one.because, "; ".join(one.reasons)


def _found(target: Target | None) -> Target:
    if target is None:
        raise NotFound(
            "no_target",
            "No column of this data set is predicted.",
            remedy='Its owner names one: PUT …/target with {"column": …}.',
        )
    return target


def _as_json(contract: Contract, target: Target) -> Response:
    return jsonify(
        dataset=contract.name,
        column=target.column.name,
        student=target.student and target.student.name,
        named_at=time_text(target.named_at),
        links={
            "estimates": url_for("targets.get_estimates", dataset=contract.name),
            "models": url_for("predictions.get_models", dataset=contract.name),
        },
    )
