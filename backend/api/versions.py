"""The versions of a file: what they are, and the way back to one; a version that waits, confirmed."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from backend.api.representation import as_json, location, visible
from backend.auth import account, require_role
from backend.services import services
from elt import audit, ledger
from elt.access.roles import SENDERS
from elt.loading import guarding
from elt.versioning import restoring

blueprint = Blueprint("versions", __name__, url_prefix="/api/v1/submissions/<uuid:id>")


@blueprint.get("/versions")
@require_role()
def list_versions(id: UUID) -> Response:
    """All versions of a file, oldest first.
    ---
    tags: [submissions]
    description: >
      Whichever of them one asks about: what was replaced, what replaced it, refused and retracted versions too.
      Each can still be downloaded (`links.file`), compared (`links.diff`) and brought back.
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: The versions; `replaces`, `replaced_by` and `restores` say how they hang together.
        content: {application/json: {schema: {$ref: "#/components/schemas/Versions"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        found = ledger.versions(connection, visible(connection, account(), id))
    return jsonify(versions=[as_json(submission) for submission in found])


@blueprint.post("/restore")
@require_role(*SENDERS)
def restore(id: UUID) -> tuple[Response, int, dict[str, str]]:
    """Bring back a replaced or retracted submission.
    ---
    tags: [submissions]
    description: >
      Its corrections come back with it. Where another version is live, a new submission of the same bytes takes that
      one's place, as a new version would, with the same checks; its `restores` names this one. A retracted submission
      of which no version is live becomes live again itself. Asking twice is asking once (200).
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      202:
        description: The submission that brings it back; wait with GET and `?wait=`.
        headers: {Location: {schema: {type: string}, description: The submission that brings it back.}}
        content: {application/json: {schema: {$ref: "#/components/schemas/Submission"}}}
      200: {$ref: "#/components/responses/Submission"}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        restored = restoring.restore(connection, visible(connection, account(), id))
        detail = {"as": str(restored.submission.id), "created": restored.created}
        audit.record(connection, account().account_id, "submission.restore", str(id), detail)
    submission = restored.submission
    return jsonify(as_json(submission)), 202 if restored.created else 200, {"Location": location(submission)}


@blueprint.post("/confirm")
@require_role(*SENDERS)
def confirm(id: UUID) -> tuple[Response, int]:
    """Let a version that is `held` take its place.
    ---
    tags: [submissions]
    description: >
      A version that lacks more rows of the one before than its dataset's `maxRemovedRate` allows (0.3 where the
      contract says nothing) waits as `held`. `held_for` counts what it would do; `links.removed` lists the lines that
      would go, by their numbers in the version before. DELETE drops it, and leaves the version before as it is.
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      202:
        description: It is about to be loaded; wait with GET and `?wait=`.
        content: {application/json: {schema: {$ref: "#/components/schemas/Submission"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        submission = guarding.confirm(connection, visible(connection, account(), id))
        audit.record(connection, account().account_id, "submission.confirm", str(id), {"held_for": submission.held_for})
    return jsonify(as_json(submission)), 202
