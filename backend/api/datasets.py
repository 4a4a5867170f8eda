"""What can be uploaded: each dataset's contract, whose it is, how much of it there is, and an example file."""

import csv
import io
from typing import Any, NamedTuple

from flask import Blueprint, Response, jsonify, url_for

from backend.api import parameters
from backend.auth import account, require_role
from backend.problems import BadRequest
from backend.services import services
from elt.access.roles import SENDERS
from elt.contracting import datasets as ownership
from elt.contracting.contract import Contract
from elt.receiving.whole_files import contract_of

blueprint = Blueprint("datasets", __name__, url_prefix="/api/v1/datasets")


class Owner(NamedTuple):
    """Whose a dataset is. No name: it ships with Laurel, and everybody may send files to it."""

    name: str | None
    is_shared: bool


@blueprint.get("")
@require_role()
def list_datasets() -> Response:
    """What can be uploaded.
    ---
    tags: [datasets]
    responses:
      200:
        description: Every dataset, with its counts.
        content: {application/json: {schema: {$ref: "#/components/schemas/Datasets"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    counts, owners = _counts(), _owners()
    contracts = services().contracts.values()
    return jsonify(datasets=[_summary(contract, counts, owners[contract.name]) for contract in contracts])


@blueprint.get("/<dataset:dataset>")
@require_role()
def get_dataset(dataset: str) -> Response:
    """One dataset's contract (Table Schema) and counts.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: The dataset; `schema` is a Frictionless Table Schema.
        content: {application/json: {schema: {$ref: "#/components/schemas/Dataset"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    return jsonify({**_summary(contract, _counts(), _owners()[dataset]), "schema": contract.to_table_schema()})


@blueprint.patch("/<dataset:dataset>")
@require_role(*SENDERS)
def share_dataset(dataset: str) -> Response:
    """Share a dataset of yours, or no longer.
    ---
    tags: [datasets]
    description: >
      A shared dataset is seen by every researcher: its contract, its profile, and what insights make of it. They may
      send files to it; its contract stays yours. It can be made private again while nobody else has sent a file.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    requestBody:
      required: true
      content:
        application/json:
          schema: {type: object, required: [shared], properties: {shared: {type: boolean}}}
    responses:
      200:
        description: The dataset.
        content: {application/json: {schema: {$ref: "#/components/schemas/Dataset"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    shared = parameters.json_object("shared").get("shared")
    if not isinstance(shared, bool):
        raise BadRequest(
            "bad_body", "The body does not say what to set.", allowed='{"shared": true} or {"shared": false}.'
        )
    with services().pool.connection() as connection:
        ownership.check_owner(connection, dataset, account())
        ownership.share(connection, contract, shared, account())
    return jsonify(_summary(contract, _counts(), _owners()[dataset]))


@blueprint.get("/<dataset:dataset>/example.csv")
@require_role()
def get_example(dataset: str) -> Response:
    """A CSV with the header and one made-up line.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/dataset"}
    responses:
      200:
        description: A file that fits the contract.
        content: {text/csv: {schema: {type: string}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    contract = contract_of(services().contracts, dataset)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([field.name for field in contract.fields])
    writer.writerow([field.example for field in contract.fields])
    response = Response(text.getvalue(), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{contract.raw_table}-example.csv")
    return response


def _summary(contract: Contract, counts: dict[str, dict[str, int]], owner: Owner) -> dict[str, Any]:
    submissions = counts.get(contract.name, {})
    return {
        "id": contract.name,
        "title": contract.title,
        "description": contract.description,
        "version": contract.version,
        "owner": owner.name,
        "shared": owner.is_shared,
        "columns": len(contract.fields),
        "submissions": {status: count for status, count in submissions.items() if status != "rows"},
        "rows": submissions.get("rows", 0),
        "links": {
            "self": url_for("datasets.get_dataset", dataset=contract.name),
            "example": url_for("datasets.get_example", dataset=contract.name),
            "submissions": url_for("submissions.list_submissions_of_dataset", dataset=contract.name),
            "contract": url_for("contracts.get_contract", dataset=contract.name),
            "mapping": url_for("header_mappings.get_mapping", dataset=contract.name),
            "profile": url_for("profiles.get_profile", dataset=contract.name) if contract.is_described else None,
        },
    }


def _owners() -> dict[str, Owner]:
    with services().pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select dataset_id, account.name, account_id is null or is_shared from catalog.dataset "
            "left join catalog.account using (account_id)"
        )
        return {dataset_id: Owner(name, shared) for dataset_id, name, shared in cursor.fetchall()}


def _counts() -> dict[str, dict[str, int]]:
    """Per dataset: submissions by status, and `rows`: how many are in raw now (of live, loaded submissions)."""
    found: dict[str, dict[str, int]] = {}
    with services().pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            select dataset_id, status, count(*),
                coalesce(sum(rows_loaded) filter (where status in ('loaded', 'modelled')), 0)::bigint
            from catalog.submission group by dataset_id, status order by dataset_id, status
            """
        )
        for dataset_id, status, count, rows in cursor.fetchall():
            entry = found.setdefault(dataset_id, {"rows": 0})
            entry[status] = count
            entry["rows"] += rows
    return found
