"""Files too large for one request: their parts go straight into the store, and are taken in once they are all there."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, url_for

from backend.api import dry_runs, parameters
from backend.api.representation import as_json, location, time_text, visible
from backend.api.uploads import idempotency_key
from backend.auth import account, require_role
from backend.problems import BadRequest
from backend.services import services
from backend.waiting import waiting_room
from elt import audit, ledger
from elt.access.roles import SENDERS
from elt.errors import NotFound
from elt.receiving import multipart, parts, uploads
from elt.receiving.filenames import tidy
from elt.receiving.uploads import Announced, Upload

PAGE_DEFAULT = 100
BIGGEST = 2**63 - 1  # what the ledger's column holds
SHA256 = re.compile(r"[0-9a-fA-F]{64}")

blueprint = Blueprint("multipart", __name__, url_prefix="/api/v1")


@blueprint.post("/datasets/<dataset:dataset>/uploads")
@require_role(*SENDERS)
def begin_upload(dataset: str) -> tuple[Response, int, dict[str, str]]:
    """Begin to send a large file in parts.
    ---
    tags: [uploads]
    description: >
      The answer says into how many parts to cut the file, and lists a page of those that are missing, each with a URL:
      PUT the part's bytes there, without the API key, in any order and as many at a time as you like. GET the upload
      for the next page, and for new URLs when these have expired. `python -m elt.client` does all of it.
      The same Idempotency-Key gives the upload that was begun with it, so that a client that died can go on. With
      `sha256`, bytes that changed on the way are refused, and a file that you have already sent is `completed` at once.
      `replaces` makes it a new version of that submission; with `dry_run` it is only looked at, and becomes a receipt.
    parameters:
      - {$ref: "#/components/parameters/dataset"}
      - {$ref: "#/components/parameters/encoding"}
      - {$ref: "#/components/parameters/delimiter"}
      - {$ref: "#/components/parameters/quote"}
      - {$ref: "#/components/parameters/idempotencyKey"}
    requestBody:
      required: true
      content: {application/json: {schema: {$ref: "#/components/schemas/NewUpload"}}}
    responses:
      201:
        description: Begun.
        headers: {Location: {schema: {type: string}, description: The upload.}}
        content: {application/json: {schema: {$ref: "#/components/schemas/Upload"}}}
      200: {$ref: "#/components/responses/Upload"}
      default: {$ref: "#/components/responses/Problem"}
    """
    laurel = services()
    announced = _announced(dataset)
    with laurel.pool.connection() as connection:
        upload, is_new = multipart.begin(connection, laurel.contracts, announced, laurel.settings.max_multipart_bytes)
        if is_new:
            detail = {"dataset": dataset, "bytes": announced.byte_count}
            audit.record(connection, account().account_id, "upload.begin", str(upload.id), detail)
    return jsonify(_as_json(upload)), 201 if is_new else 200, {"Location": _location(upload)}


@blueprint.get("/uploads/<uuid:id>")
@require_role(*SENDERS)
def get_upload(id: UUID) -> Response:
    """What has arrived of a large file, and a page of what is missing, with new URLs.
    ---
    tags: [uploads]
    parameters:
      - {$ref: "#/components/parameters/id"}
      - name: after
        in: query
        schema: {type: integer, minimum: 0, default: 0}
        description: Only parts with a higher number than this.
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 1000, default: 100}}
      - {$ref: "#/components/parameters/waitForUpload"}
    responses:
      200: {$ref: "#/components/responses/Upload"}
      default: {$ref: "#/components/responses/Problem"}
    """
    after = parameters.whole_number("after", 0, 0, multipart.MOST_PARTS)
    limit = parameters.whole_number("limit", PAGE_DEFAULT, 1, multipart.MOST_PARTS)
    upload = _watched(id, parameters.wait())
    if upload.status == "open":
        with services().pool.connection() as connection:
            uploads.touch(connection, upload)
    return jsonify(_as_json(upload, after, limit))


@blueprint.post("/uploads/<uuid:id>/complete")
@require_role(*SENDERS)
def complete_upload(id: UUID) -> tuple[Response, int, dict[str, str]]:
    """All parts are there: make a submission of them.
    ---
    tags: [uploads]
    description: >
      Where parts are missing, 409 names them; a file that is no such CSV is refused at once. Otherwise the parts are
      put together and hashed by the next `ingest`: 202 says that this is under way. With `wait`, the answer is 201 with
      the submission (or the dry run) if that was enough time, or 200 where you had sent the same bytes before, or 409
      where somebody else had. May be repeated.
    parameters:
      - {$ref: "#/components/parameters/id"}
      - {$ref: "#/components/parameters/waitForUpload"}
    responses:
      201: {$ref: "#/components/responses/CreatedFromParts"}
      200: {$ref: "#/components/responses/KnownFromFile"}
      202:
        description: The parts are being put together; GET the upload with `wait`.
        content: {application/json: {schema: {$ref: "#/components/schemas/Upload"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    laurel = services()
    seconds = parameters.wait()
    upload = _own(id)
    if multipart.complete(laurel.pool, laurel.store, laurel.contracts, upload).status != upload.status:
        with laurel.pool.connection() as connection:
            audit.record(connection, account().account_id, "upload.complete", str(id), None)
    upload = _watched(id, seconds)
    multipart.check_not_over(upload)
    if upload.is_dry_run and upload.status == "completed":
        run = dry_runs.look(upload.dry_run)
        where = url_for("dry_runs.get_dry_run", id=run.id, _external=True)
        return jsonify(dry_runs.as_json(run)), 201, {"Location": where}
    if not upload.submissions:
        return jsonify(_as_json(upload)), 202, {"Location": _location(upload), "Retry-After": "1"}
    with laurel.pool.connection() as connection:
        submissions = [ledger.get(connection, submission) for submission in upload.submissions]
    status = 201 if upload.is_new_submission else 200
    if len(submissions) > 1:
        return jsonify(submissions=[as_json(submission) for submission in submissions]), status, {}
    return jsonify(as_json(submissions[0])), status, {"Location": location(submissions[0])}


@blueprint.delete("/uploads/<uuid:id>")
@require_role(*SENDERS)
def abort_upload(id: UUID) -> Response:
    """Give a large upload up; what has arrived of it is removed.
    ---
    tags: [uploads]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200: {$ref: "#/components/responses/Upload"}
      default: {$ref: "#/components/responses/Problem"}
    """
    laurel = services()
    upload = multipart.abort(laurel.pool, laurel.store, _own(id))
    with laurel.pool.connection() as connection:
        audit.record(connection, account().account_id, "upload.abort", str(id), None)
    return jsonify(_as_json(upload))


def _own(id: UUID) -> Upload:
    """The upload, where it is this account's, or any for an administrator. Otherwise raises NotFound."""
    with services().pool.connection() as connection:
        found = uploads.find(connection, id)
    if found is None or (not account().is_administrator and found.account_id != account().account_id):
        raise NotFound(
            "unknown_upload", "There is no such upload among yours.", remedy="POST /api/v1/datasets/{dataset}/uploads"
        )
    return found


def _watched(id: UUID, seconds: float) -> Upload:
    """The upload, as soon as it is no longer being put together, or when the seconds are over."""
    return waiting_room().watch(lambda: _own(id), lambda upload: upload.status != "completing", seconds)


def _announced(dataset: str) -> Announced:
    """The file that is to come."""
    allowed = (
        "A JSON object with `filename` (text), `bytes` (a whole number) and, optionally, `sha256` (64 digits), "
        "`replaces` (the id of a submission) and `dry_run` (true or false)."
    )
    body = parameters.json_body()
    if not isinstance(body, dict) or not set(body) <= {"filename", "bytes", "sha256", "replaces", "dry_run"}:
        raise BadRequest("bad_announcement", "The body does not say what is to be sent.", allowed=allowed)
    filename, byte_count, sha256 = body.get("filename"), body.get("bytes"), body.get("sha256")
    if type(byte_count) is not int or not 0 <= byte_count <= BIGGEST:  # true and false are integers, too
        raise BadRequest("bad_announcement", "`bytes` is no size of a file.", allowed=allowed)
    if not isinstance(filename, str) or not (name := tidy(filename)):
        raise BadRequest("bad_announcement", "`filename` is no name of a file.", allowed=allowed)
    if sha256 is not None and not (isinstance(sha256, str) and SHA256.fullmatch(sha256)):
        raise BadRequest("bad_announcement", "`sha256` is no SHA-256 hash.", allowed=allowed)
    if not isinstance(body.get("dry_run", False), bool):
        raise BadRequest("bad_announcement", "`dry_run` is neither true nor false.", allowed=allowed)
    try:
        replaces = UUID(body["replaces"]) if body.get("replaces") is not None else None
    except (ValueError, TypeError, AttributeError):
        raise BadRequest("bad_announcement", "`replaces` is no id of a submission.", allowed=allowed) from None
    with services().pool.connection() as connection:
        old = visible(connection, account(), replaces) if replaces else None
    return Announced(
        dataset,
        account().account_id,
        name,
        byte_count,
        sha256.lower() if sha256 else None,
        idempotency_key(),
        parameters.stated({}),
        old,
        body.get("dry_run", False),
    )


def _as_json(upload: Upload, after: int = 0, limit: int = PAGE_DEFAULT) -> dict[str, Any]:
    """What a client sees of an upload: parts and URLs only while it is open."""
    store = services().store
    gaps = parts.missing(store, upload) if upload.status == "open" else []
    page = [gap for gap in gaps if gap.number > after][:limit]
    expires = datetime.now(UTC) + timedelta(seconds=parts.URL_SECONDS)
    missing = [
        {
            "number": gap.number,
            "offset": (gap.number - 1) * upload.part_bytes,
            "bytes": gap.byte_count,
            "found_bytes": gap.found_bytes,
            "url": parts.part_url(store, upload, gap.number),
        }
        for gap in page
    ]
    following = page[-1].number if page and page[-1].number < gaps[-1].number else None
    error = {"code": upload.error_code, "message": upload.error_message} if upload.error_code else None
    return {
        "id": str(upload.id),
        "dataset": upload.dataset_id,
        "status": upload.status,
        "filename": upload.filename,
        "bytes": upload.byte_count,
        "sha256": upload.sha256,
        "part_bytes": upload.part_bytes,
        "part_count": upload.part_count,
        "missing_count": len(gaps),
        "missing_bytes": sum(gap.byte_count for gap in gaps),
        "missing": missing,
        "urls_expire_at": time_text(expires) if missing else None,
        "error": error,
        "replaces": str(upload.replaces_id) if upload.replaces_id else None,
        "dry_run": upload.is_dry_run,
        "submissions": [str(submission) for submission in upload.submissions],
        "started_at": time_text(upload.started_at),
        "settled_at": time_text(upload.settled_at),
        "links": {
            "self": url_for("multipart.get_upload", id=upload.id),
            "complete": url_for("multipart.complete_upload", id=upload.id),
            "next": url_for("multipart.get_upload", id=upload.id, after=following, limit=limit) if following else None,
            "dry_run": url_for("dry_runs.get_dry_run", id=upload.dry_run) if upload.dry_run else None,
        },
    }


def _location(upload: Upload) -> str:
    return url_for("multipart.get_upload", id=upload.id, _external=True)
