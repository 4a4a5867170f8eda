"""What can be uploaded: each dataset's contract, how much of it there is, and an example file."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, jsonify, url_for

from backend.auth import require_role
from backend.services import services
from elt.contract import Contract
from elt.receiving import contract_of

blueprint = Blueprint("datasets", __name__, url_prefix="/api/v1/datasets")


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
    counts = _counts()
    return jsonify(datasets=[_summary(contract, counts) for contract in services().contracts.values()])


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
    return jsonify({**_summary(contract, _counts()), "schema": contract.to_table_schema()})


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


def _summary(contract: Contract, counts: dict[str, dict[str, int]]) -> dict[str, Any]:
    submissions = counts.get(contract.name, {})
    return {
        "id": contract.name,
        "title": contract.title,
        "description": contract.description,
        "version": contract.version,
        "columns": len(contract.fields),
        "submissions": {status: count for status, count in submissions.items() if status != "rows"},
        "rows": submissions.get("rows", 0),
        "links": {
            "self": url_for("datasets.get_dataset", dataset=contract.name),
            "example": url_for("datasets.get_example", dataset=contract.name),
            "submissions": url_for("uploads.create_submission", dataset=contract.name),
        },
    }


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
