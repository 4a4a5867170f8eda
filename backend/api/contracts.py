"""A dataset's contract: the one in force, its older versions, and the next one."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from backend.api import parameters
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.services import services
from elt.access.roles import SENDERS
from elt.contracting import datasets
from elt.contracting import versions as contract_versions
from elt.contracting.change import Impact
from elt.receiving.whole_files import contract_of

blueprint = Blueprint("contracts", __name__, url_prefix="/api/v1/datasets")


@blueprint.get("/<dataset:dataset>/contract")
@require_role()
def get_contract(dataset: str) -> Response:
    """A contract, also one that is no longer in force.
    ---
    tags: [datasets]
    description: Each submission names the version that it was loaded under, as `contract_version`.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
      - {name: version, in: query, schema: {type: integer, minimum: 1}, description: "Otherwise the one in force."}
    responses:
      200:
        description: Frictionless Table Schema.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    number = parameters.version()
    if number is None:
        return jsonify(contract.to_table_schema())
    with services().pool.connection() as connection:
        return jsonify(contract_versions.version(connection, dataset, number).contract)


@blueprint.get("/<dataset:dataset>/contract/versions")
@require_role()
def list_versions(dataset: str) -> Response:
    """Every version of a contract, and what each one changed.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: Newest first.
        content: {application/json: {schema: {$ref: "#/components/schemas/ContractVersions"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract_of(services().contracts, dataset)
    with services().pool.connection() as connection:
        found = contract_versions.versions(connection, dataset)
    return jsonify(
        versions=[
            {
                "version": entry.version,
                "valid_from": time_text(entry.valid_from),
                "account": entry.account_name,
                "changes": entry.changes,
            }
            for entry in found
        ]
    )


@blueprint.put("/<dataset:dataset>/contract")
@require_role(*SENDERS)
def put_contract(dataset: str) -> Response:
    """Change the contract of a dataset of yours.
    ---
    tags: [datasets]
    description: >
      The whole contract, as GET gives it, edited. Additive changes (a new column that is not required, a wider range,
      more allowed values, a longer text) apply at once, without a rewrite of the table. A breaking one is answered
      with 409 and with what it would break: how many loaded rows of which submissions would be refused, and which
      models and insights read the column. With `accept_breaking` it becomes the next version all the same; what is
      loaded stays as it is, under the version it came with.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
      - {name: dry_run, in: query, schema: {type: boolean, default: false}, description: "Only say what it would do."}
      - {name: accept_breaking, in: query, schema: {type: boolean, default: false}}
    requestBody:
      required: true
      content: {application/json: {schema: {type: object, description: Frictionless Table Schema.}}}
    responses:
      200:
        description: What changed, or would change; `version` is the one in force now.
        content: {application/json: {schema: {$ref: "#/components/schemas/ContractChange"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    dry_run = parameters.flag("dry_run")
    accept_breaking = parameters.flag("accept_breaking")
    old = contract_of(services().contracts, dataset)
    with services().pool.connection() as connection:
        datasets.check_owner(connection, dataset, account())
        new = contract_versions.prepare(old, parameters.json_body())
        impact = contract_versions.change(
            connection, old, new, account(), accept_breaking=accept_breaking, dry_run=dry_run
        )
    in_force = old.version if dry_run or not impact.changes else new.version
    return jsonify(dataset=dataset, version=in_force, dry_run=dry_run, **_impact(impact))


def _impact(impact: Impact) -> dict[str, Any]:
    return {"breaking": impact.is_breaking, **asdict(impact)}
