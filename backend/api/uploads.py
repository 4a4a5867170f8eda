"""Files come in: a new submission, or a new version of one."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request

from backend.api import dry_runs, parameters
from backend.api.representation import as_json, location, visible
from backend.auth import account, require_role
from backend.incoming import RequestBody, open_file
from backend.problems import BadRequest
from backend.services import services
from elt import audit
from elt.access.roles import SENDERS
from elt.ledger import Incoming, Submission
from elt.receiving.intake import receive
from elt.receiving.whole_files import Receipt, contract_of

IDEMPOTENCY_KEY_LENGTH = 255
PARAMETERS = ("dry_run", "filename", "title", "note", "encoding", "delimiter", "quote", "mapping")

blueprint = Blueprint("uploads", __name__, url_prefix="/api/v1")


@blueprint.before_request
def open_body() -> None:
    """Before anything can be refused, so that whatever stays unread can be read away after the answer."""
    g.body = RequestBody(request)


@blueprint.after_app_request
def linger(response: Response) -> Response:
    """An answer given before the body was read reaches a client that is still sending."""
    if "body" in g:
        response.call_on_close(g.body.linger)
    return response


@blueprint.post("/datasets/<dataset:dataset>/submissions")
@require_role(*SENDERS)
def create_submission(dataset: str) -> tuple[Response, int, dict[str, str]]:
    """Upload a CSV, as it is or packed (.csv.gz, .zip).
    ---
    tags: [submissions]
    description: >
      201 promises that the bytes are durable. The same data for the same dataset are loaded once, however they are
      packed: sent again by their owner, the answer is 200 with the submission that exists; by anybody else, 409.
      A ZIP archive with several CSVs of this dataset makes a submission of each; the answer is then a list, and where
      one of them cannot be taken, none is. Encoding and dialect are found out, unless they are stated. Each parameter
      may stand in the query or in a field of the form before the file; one that is not listed here is refused.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
      - {$ref: "#/components/parameters/dryRun"}
      - {$ref: "#/components/parameters/filename"}
      - {$ref: "#/components/parameters/title"}
      - {$ref: "#/components/parameters/note"}
      - {$ref: "#/components/parameters/encoding"}
      - {$ref: "#/components/parameters/delimiter"}
      - {$ref: "#/components/parameters/quote"}
      - {$ref: "#/components/parameters/mapping"}
      - {$ref: "#/components/parameters/idempotencyKey"}
    requestBody: {$ref: "#/components/requestBodies/File"}
    responses:
      201: {$ref: "#/components/responses/CreatedFromFile"}
      200: {$ref: "#/components/responses/KnownFromFile"}
      202: {$ref: "#/components/responses/DryRun"}
      default: {$ref: "#/components/responses/Problem"}
    """
    return _take(dataset, None)


@blueprint.put("/submissions/<uuid:id>/file")
@require_role(*SENDERS)
def replace_file(id: UUID) -> tuple[Response, int, dict[str, str]]:
    """Upload a new version, which replaces this submission.
    ---
    tags: [submissions]
    description: >
      The new version is a submission of its own. Once it is loaded, the rows of the old one are gone and the old
      one is `replaced`. If it is rejected, the old one stays. A ZIP archive may hold one CSV only.
    parameters:
      - {$ref: "#/components/parameters/id"}
      - {$ref: "#/components/parameters/dryRun"}
      - {$ref: "#/components/parameters/filename"}
      - {$ref: "#/components/parameters/title"}
      - {$ref: "#/components/parameters/note"}
      - {$ref: "#/components/parameters/encoding"}
      - {$ref: "#/components/parameters/delimiter"}
      - {$ref: "#/components/parameters/quote"}
      - {$ref: "#/components/parameters/mapping"}
      - {$ref: "#/components/parameters/idempotencyKey"}
    requestBody: {$ref: "#/components/requestBodies/File"}
    responses:
      201: {$ref: "#/components/responses/Created"}
      200: {$ref: "#/components/responses/Submission"}
      202: {$ref: "#/components/responses/DryRun"}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        old = visible(connection, account(), id)
    return _take(old.dataset_id, old)


def _take(dataset: str, replaces: Submission | None) -> tuple[Response, int, dict[str, str]]:
    parts = services()
    contract = contract_of(parts.contracts, dataset)
    maximum = parts.settings.max_upload_bytes
    parameters.only(PARAMETERS, {})
    parameters.dry_run({})
    parameters.header_mapping({})
    parameters.described({})
    parameters.stated({})  # a query that cannot be is refused before the body is read
    file = open_file(request, g.body, maximum, default_name=f"{contract.raw_table}.csv")
    parameters.only(PARAMETERS, file.fields)
    is_dry_run = parameters.dry_run(file.fields)
    # A new version stays with the owner of the old one, also where an administrator sends it.
    owner = (replaces.account_id if replaces else None) or account().account_id
    incoming = Incoming(
        dataset,
        owner,
        file.filename,
        idempotency_key(),
        replaces,
        header_mapping=parameters.header_mapping(file.fields),
        stated=parameters.stated(file.fields),
        **parameters.described(file.fields),
    )
    if is_dry_run:
        return dry_runs.take(file, incoming, maximum)
    receipts = receive(parts.pool, parts.store, parts.contracts, file.as_binary(), incoming, maximum)
    _record(receipts, dataset, replaces)
    status = 201 if any(receipt.created for receipt in receipts) else 200
    submissions = [as_json(receipt.submission) for receipt in receipts]
    if len(submissions) > 1:
        return jsonify(submissions=submissions), status, {}
    return jsonify(submissions[0]), status, {"Location": location(receipts[0].submission)}


def _record(receipts: list[Receipt], dataset: str, replaces: Submission | None) -> None:
    with services().pool.connection() as connection:
        for receipt in receipts:
            submission = receipt.submission
            detail: dict[str, Any] = {"dataset": dataset, "bytes": submission.byte_count, "created": receipt.created}
            if replaces:
                detail["replaces"] = str(replaces.id)
            action = "submission.replace" if replaces else "submission.create"
            audit.record(connection, account().account_id, action, str(submission.id), detail)


def idempotency_key() -> str | None:
    """The request's own name for itself, where it has one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= IDEMPOTENCY_KEY_LENGTH and key.isprintable()):
        raise BadRequest(
            "bad_idempotency_key",
            "The Idempotency-Key cannot be used.",
            allowed=f"1 to {IDEMPOTENCY_KEY_LENGTH} printable characters, a UUID for example.",
        )
    return key
