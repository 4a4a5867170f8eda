"""Corrected rejects files: sent, listed, and given back as they came."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request, url_for
from psycopg2.extensions import connection as Connection

from backend.api.representation import time_text, visible
from backend.auth import account, require_role
from backend.incoming import RequestBody, open_file
from backend.services import services
from backend.streaming import save_as, stored, streaming
from elt import audit
from elt.access.roles import SENDERS
from elt.errors import NotFound
from elt.fixing import fixes
from elt.fixing.fixes import Fix
from elt.fixing.receiving import receive_fix
from elt.ledger import Submission

UNMATCHED_SHOWN = 100  # lines listed one by one; `lines_unmatched` counts them all

blueprint = Blueprint("fixes", __name__, url_prefix="/api/v1/submissions/<uuid:id>/fixes")


@blueprint.before_request
def open_body() -> None:
    """As for uploads: what stays unread is read away after the answer."""
    if request.method == "POST":
        g.body = RequestBody(request)


@blueprint.post("")
@require_role(*SENDERS)
def create_fix(id: UUID) -> tuple[Response, int, dict[str, str]]:
    """Send the corrected rejects file.
    ---
    tags: [submissions]
    description: >
      The file of `GET …/rejects`, with its lines corrected; `_line` says which line of the submission each one is, and
      must stay as it was. A spreadsheet may have changed separators, quotes or line ends; columns may stand in any
      order, blank ones may have come at the end, and `_column` and `_error` may be left out; gzip is taken. A line that
      comes back as it was given out stays refused. What now passes joins the submission, what does not stays among
      the refused lines with its new reasons, and a line that belongs to no refused line is listed in `unmatched`.
      202 promises that the bytes are durable; the next `ingest` applies them. A file that was refused because too many
      of its lines were is loaded anew, with all corrections sent for it. The same bytes count once (200).
    parameters:
      - {$ref: "#/components/parameters/id"}
      - {$ref: "#/components/parameters/filename"}
    requestBody: {$ref: "#/components/requestBodies/Corrections"}
    responses:
      202:
        description: Durable, and about to be applied; wait with `GET /submissions/{id}?wait=`.
        headers: {Location: {schema: {type: string}, description: The fix.}}
        content: {application/json: {schema: {$ref: "#/components/schemas/Fix"}}}
      200:
        description: The same corrections were sent before; what became of them.
        content: {application/json: {schema: {$ref: "#/components/schemas/Fix"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    parts = services()
    with parts.pool.connection() as connection:
        submission = visible(connection, account(), id)
    maximum = parts.settings.max_upload_bytes
    file = open_file(request, g.body, maximum, default_name="rejects.csv")
    fix, created = receive_fix(
        parts.pool,
        parts.store,
        parts.contracts[submission.dataset_id],
        submission,
        account().account_id,
        file.as_binary(),
        file.filename,
        maximum,
    )
    with parts.pool.connection() as connection:
        detail = {"fix": str(fix.id), "bytes": fix.byte_count, "created": created}
        audit.record(connection, account().account_id, "submission.fix", str(id), detail)
        body = _as_json(connection, submission, fix)
    return jsonify(body), 202 if created else 200, {"Location": body["links"]["self"]}


@blueprint.get("")
@require_role()
def list_fixes(id: UUID) -> Response:
    """The fixes of a submission, oldest first.
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: Every fix that was sent, and what became of its lines.
        content: {application/json: {schema: {$ref: "#/components/schemas/Fixes"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        submission = visible(connection, account(), id)
        found = fixes.of_submission(connection, submission.submission_id)
        return jsonify(fixes=[_as_json(connection, submission, fix) for fix in found])


@blueprint.get("/<uuid:fix_id>")
@require_role()
def get_fix(id: UUID, fix_id: UUID) -> Response:
    """What became of a fix.
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/id"}
      - {$ref: "#/components/parameters/fix"}
    responses:
      200:
        description: The fix. Once it is applied, read = fixed + refused + unmatched.
        content: {application/json: {schema: {$ref: "#/components/schemas/Fix"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        submission, fix = _visible(connection, id, fix_id)
        return jsonify(_as_json(connection, submission, fix))


@blueprint.get("/<uuid:fix_id>/file")
@require_role(*SENDERS)
def get_fix_file(id: UUID, fix_id: UUID) -> Response:
    """The original bytes of a fix.
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/id"}
      - {$ref: "#/components/parameters/fix"}
    responses:
      200:
        description: The file as it was sent.
        content: {text/csv: {schema: {type: string, format: binary}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        _, fix = _visible(connection, id, fix_id)
        audit.record(connection, account().account_id, "submission.download_fix", str(id), {"fix": str(fix_id)})
    response = streaming(stored(fix.object_key))
    response.content_length = fix.byte_count
    save_as(response, fix.filename)
    response.set_etag(fix.sha256)
    return response


def _visible(connection: Connection, id: UUID, fix_id: UUID) -> tuple[Submission, Fix]:
    submission = visible(connection, account(), id)
    fix = fixes.find(connection, submission.submission_id, fix_id)
    if fix is None:
        raise NotFound(
            "unknown_fix", "The submission has no such fix.", remedy="GET /api/v1/submissions/{id}/fixes lists them."
        )
    return submission, fix


def _as_json(connection: Connection, submission: Submission, fix: Fix) -> dict[str, Any]:
    error = {"code": fix.error_code, "message": fix.error_message} if fix.error_code is not None else None
    unmatched = fixes.unmatched_lines(connection, fix.fix_id, UNMATCHED_SHOWN)
    return {
        "id": str(fix.id),
        "submission": str(submission.id),
        "status": fix.status,
        "filename": fix.filename,
        "account": fix.account_name,
        "sha256": fix.sha256,
        "bytes": fix.byte_count,
        "lines_read": fix.lines_read,
        "lines_fixed": fix.lines_fixed,
        "lines_refused": fix.lines_refused,
        "lines_unmatched": fix.lines_unmatched,
        "unmatched": [{"line": line.fix_line_number, "code": line.code, "message": line.message} for line in unmatched],
        "error": error,
        "received_at": time_text(fix.received_at),
        "applied_at": time_text(fix.applied_at),
        "links": {
            "self": url_for("fixes.get_fix", id=submission.id, fix_id=fix.id),
            "file": url_for("fixes.get_fix_file", id=submission.id, fix_id=fix.id),
            "submission": url_for("submissions.get_submission", id=submission.id),
        },
    }
