"""A data set nobody has described yet: a sample in, a draft of its contract out, then edited and confirmed."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request, url_for

from backend.api import parameters
from backend.api.representation import as_json, time_text
from backend.auth import account, require_role, visible_account_id
from backend.incoming import IncomingFile, RequestBody, open_file
from backend.services import services
from backend.waiting import waiting_room
from elt import ledger
from elt.access.roles import SENDERS
from elt.drafting import confirming as draft_confirming
from elt.drafting import ledger as drafts
from elt.drafting import receiving as draft_receiving
from elt.drafting import samples as sample_drafting
from elt.drafting.ledger import SampleDraft
from elt.ledger import Incoming

# A sample up to this size is drafted while its sender waits; a larger one by the DAG `draft`, so that no worker of
# ours is kept from everybody else. Figures: docs/decisions/0012-described-datasets.md.
DRAFTED_AT_ONCE_BYTES = 2 * 2**20
PARAMETERS = ("name", "filename", "encoding", "delimiter", "quote")

blueprint = Blueprint("drafts", __name__, url_prefix="/api/v1/datasets")


@blueprint.before_request
def open_body() -> None:
    """Before anything can be refused, so that whatever stays unread of a sample can be read away after the answer."""
    if request.endpoint == "drafts.create_draft":
        g.body = RequestBody(request)


@blueprint.post("")
@require_role(*SENDERS)
def create_draft() -> tuple[Response, int, dict[str, str]]:
    """Draft a dataset from a sample file.
    ---
    tags: [datasets]
    description: >
      The whole file is read: types, missing markers, ranges, categories, candidate keys, likely identifiers and
      personal data, each with its evidence, and a screening. Nothing is loaded. A large sample is `drafting` first:
      GET the draft with `wait`.
    parameters:
      - name: name
        in: query
        description: "`family/table`: small letters, digits and _. Families that ship with Laurel are taken. Here, or
          in the form before the file."
        schema: {type: string, example: factors/student_performance}
      - {$ref: "#/components/parameters/filename"}
      - {$ref: "#/components/parameters/encoding"}
      - {$ref: "#/components/parameters/delimiter"}
      - {$ref: "#/components/parameters/quote"}
    requestBody: {$ref: "#/components/requestBodies/File"}
    responses:
      201:
        description: >
          The draft; `status` is `ready` or, for a large sample, `drafting`. `rejected` is a file of which no draft can
          be made (`error` says why), `failed` our fault.
        headers: {Location: {schema: {type: string}, description: The draft.}}
        content: {application/json: {schema: {$ref: "#/components/schemas/Draft"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    name = request.args.get("name", "")
    parameters.only(PARAMETERS, {})
    parameters.stated({})  # a query that cannot be is refused before the body is read
    default_name = f"{name.rpartition('/')[2] or 'sample'}.csv"
    file = open_file(request, g.body, services().settings.max_upload_bytes, default_name)
    parameters.only(PARAMETERS, file.fields)
    draft = drafted(name or file.fields.get("name", ""), file)
    return jsonify(to_json(draft)), 201, {"Location": url_for("drafts.get_draft", id=draft.id, _external=True)}


def drafted(name: str, file: IncomingFile) -> SampleDraft:
    """Take a sample in; a small one is drafted at once."""
    parts = services()
    owner = account().account_id
    incoming = Incoming(name, owner, file.filename, stated=parameters.stated(file.fields))
    maximum = parts.settings.max_upload_bytes
    id = draft_receiving.take_sample(parts.pool, parts.store, file.as_binary(), incoming, owner, maximum)
    if _find(id).byte_count <= DRAFTED_AT_ONCE_BYTES:
        with parts.pool.connection() as connection:
            sample_drafting.draft_one(connection, parts.store, id)
    return _find(id)


@blueprint.get("/drafts")
@require_role(*SENDERS)
def list_drafts() -> Response:
    """Your drafts, newest first (an administrator sees everybody's).
    ---
    tags: [datasets]
    responses:
      200:
        description: At most 200, without contract and findings.
        content: {application/json: {schema: {$ref: "#/components/schemas/Drafts"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        found = drafts.listing(connection, visible_account_id())
    return jsonify(drafts=[_summary(draft) for draft in found])


@blueprint.get("/drafts/<uuid:id>")
@require_role(*SENDERS)
def get_draft(id: UUID) -> Response:
    """A draft: contract, evidence per column, screening.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/id"}
      - {$ref: "#/components/parameters/wait"}
    responses:
      200:
        description: The draft; `flaws` is what must still be corrected before it can be confirmed.
        content: {application/json: {schema: {$ref: "#/components/schemas/Draft"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    seconds = parameters.wait()
    return jsonify(to_json(waiting_room().watch(lambda: _find(id), lambda draft: draft.status != "drafting", seconds)))


@blueprint.patch("/drafts/<uuid:id>")
@require_role(*SENDERS)
def edit_draft(id: UUID) -> Response:
    """Edit a draft's contract.
    ---
    tags: [datasets]
    description: >
      `contract` is a JSON Merge Patch (RFC 7396): what is named is set, null takes it away. Its `fields` may be the
      whole list of columns, or an object of changes by header. `dataset` renames it. A contract with flaws is refused,
      with all of them in `flaws`, and the draft stays as it was.
    parameters:
      - {$ref: "#/components/parameters/id"}
    requestBody:
      required: true
      content: {application/json: {schema: {$ref: "#/components/schemas/DraftChange"}}}
    responses:
      200:
        description: The draft as it is now.
        content: {application/json: {schema: {$ref: "#/components/schemas/Draft"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    body = parameters.json_object("contract", "dataset")
    with services().pool.connection() as connection:
        draft = drafts.find(connection, id, visible_account_id())
        drafts.edit(connection, draft, body.get("dataset"), body.get("contract", {}), account().account_id)
    return jsonify(to_json(_find(id)))


@blueprint.delete("/drafts/<uuid:id>")
@require_role(*SENDERS)
def delete_draft(id: UUID) -> tuple[str, int]:
    """Delete a draft and its sample.
    ---
    tags: [datasets]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      204: {description: It is gone. A dataset that was made of it stays.}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        draft = drafts.find(connection, id, visible_account_id())
        drafts.remove(connection, services().store, draft, account().account_id)
    return "", 204


@blueprint.post("/drafts/<uuid:id>/confirm")
@require_role(*SENDERS)
def confirm_draft(id: UUID) -> tuple[Response, int, dict[str, str]]:
    """Confirm a draft: from then on it is a dataset.
    ---
    tags: [datasets]
    description: >
      Files can be sent to it at once. It is yours: other researchers do not see it before you share it
      (PATCH /datasets/{dataset}).
    parameters:
      - {$ref: "#/components/parameters/id"}
      - name: load
        in: query
        description: Whether the sample becomes its first submission; otherwise the sample is deleted.
        schema: {type: boolean, default: false}
    responses:
      201:
        description: The dataset's name and, with `load`, the submission.
        headers: {Location: {schema: {type: string}, description: The dataset.}}
        content: {application/json: {schema: {$ref: "#/components/schemas/Confirmed"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    load = parameters.flag("load")
    draft = confirmed(id, load)
    location = url_for("datasets.get_dataset", dataset=draft.dataset_id, _external=True)
    submission = None
    if draft.submission:
        with services().pool.connection() as connection:
            submission = as_json(ledger.get(connection, draft.submission))
    return jsonify(dataset=draft.dataset_id, submission=submission), 201, {"Location": location}


def confirmed(id: UUID, load: bool) -> SampleDraft:
    """Confirm it, and the draft as it is then."""
    parts = services()
    draft = _find(id)
    if load:
        draft_confirming.check_sample_fits(parts.store, draft)
    with parts.pool.connection() as connection:
        draft_confirming.confirm(connection, draft, load, account().account_id)
    if not load:
        draft_confirming.drop_sample(parts.store, draft)
    return _find(id)


def _find(id: UUID) -> SampleDraft:
    with services().pool.connection() as connection:
        return drafts.find(connection, id, visible_account_id())


def _summary(draft: SampleDraft) -> dict[str, Any]:
    error = {"code": draft.error_code, "message": draft.error_message} if draft.error_code else None
    link = url_for("drafts.get_draft", id=draft.id)
    return {
        "id": str(draft.id),
        "dataset": draft.dataset_id,
        "status": draft.status,
        "account": draft.account_name,
        "filename": draft.filename,
        "sha256": draft.sha256,
        "bytes": draft.byte_count,
        "error": error,
        "submission": str(draft.submission) if draft.submission else None,
        "created_at": time_text(draft.created_at),
        "drafted_at": time_text(draft.drafted_at),
        "edited_at": time_text(draft.edited_at),
        "confirmed_at": time_text(draft.confirmed_at),
        "links": {"self": link, "confirm": f"{link}/confirm"},
    }


def to_json(draft: SampleDraft) -> dict[str, Any]:
    """All of a draft: what was found in the sample, and the contract as it has been edited since."""
    return {**_summary(draft), "contract": draft.contract, "flaws": draft.flaws(), **(draft.findings or {})}
