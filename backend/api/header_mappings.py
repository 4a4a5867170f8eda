"""What your files call the columns of a dataset: seen, set and forgotten."""

from flask import Blueprint, Response, jsonify, request

from backend.api import parameters
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.services import services
from elt import audit
from elt.access.roles import SENDERS
from elt.reading import header_mapping
from elt.receiving.whole_files import contract_of

blueprint = Blueprint("header_mappings", __name__, url_prefix="/api/v1/datasets")


@blueprint.get("/<dataset:dataset>/mapping")
@require_role()
def get_mapping(dataset: str) -> Response:
    """What your files call this dataset's columns.
    ---
    tags: [datasets]
    description: >
      A file whose header drifted is refused with a proposal. Sent again with `?mapping=`, or after PUT here, the
      mapping is remembered for you and this dataset, and shown as `header_mapping` on each submission it was used for.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: The headers you have confirmed.
        content: {application/json: {schema: {$ref: "#/components/schemas/HeaderMapping"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    with services().pool.connection() as connection:
        found = header_mapping.remembered(connection, account().account_id, contract.name)
    return jsonify(
        mapping={entry.header: entry.field for entry in found},
        confirmed_at={entry.header: time_text(entry.confirmed_at) for entry in found},
    )


@blueprint.put("/<dataset:dataset>/mapping")
@require_role(*SENDERS)
def put_mapping(dataset: str) -> Response:
    """Confirm what your files call this dataset's columns.
    ---
    tags: [datasets]
    description: Takes the place of what you had confirmed before.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    requestBody:
      required: true
      content:
        application/json:
          schema: {type: object, additionalProperties: {type: string}}
          example: {Sch ID: school_id}
    responses:
      200:
        description: The headers you have confirmed.
        content: {application/json: {schema: {$ref: "#/components/schemas/HeaderMapping"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    mapping = header_mapping.checked(contract, parameters.as_mapping(parameters.json_body()))
    with services().pool.connection() as connection:
        header_mapping.forget(connection, account().account_id, contract.name)
        header_mapping.remember(connection, account().account_id, contract.name, mapping)
        audit.record(connection, account().account_id, "mapping.confirm", contract.name, {"headers": len(mapping)})
    return get_mapping(dataset)


@blueprint.delete("/<dataset:dataset>/mapping")
@require_role(*SENDERS)
def delete_mapping(dataset: str) -> tuple[str, int]:
    """Forget what your files call this dataset's columns.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/dataset"}
      - {name: header, in: query, schema: {type: string}, description: "Only this header; otherwise all of them."}
    responses:
      204: {description: Forgotten. What was loaded with it stays.}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    with services().pool.connection() as connection:
        header_mapping.forget(connection, account().account_id, contract.name, request.args.get("header"))
        audit.record(connection, account().account_id, "mapping.forget", contract.name, None)
    return "", 204
