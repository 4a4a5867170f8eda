"""Your API keys over HTTP: what each is for and may do, one more, one less."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from backend.api import parameters
from backend.auth import account, require_role
from backend.problems import BadRequest
from backend.services import services
from elt import audit
from elt.access import keys
from elt.access.keys import DAYS_MAXIMUM, FULL, SCOPES, Key

LONGEST_LABEL = 200

blueprint = Blueprint("keys", __name__, url_prefix="/api/v1/keys")


@blueprint.get("")
@require_role()
def list_keys() -> Response:
    """Your keys, newest first.
    ---
    tags: [access]
    summary: Your API keys, newest first; what opens with them is shown to nobody, not to you either
    responses:
      200:
        description: Every key that you ever had; `is_open` says which still open.
        content: {application/json: {schema: {$ref: "#/components/schemas/Keys"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        return jsonify(keys=[as_json(key) for key in keys.listing(connection, account().account_id)])


@blueprint.post("")
@require_role()
def create_key() -> tuple[Response, int]:
    """One more key of yours.
    ---
    tags: [access]
    summary: One more API key of yours; the answer shows it, once
    requestBody:
      required: true
      content:
        application/json: {schema: {$ref: "#/components/schemas/WantedKey"}}
    responses:
      201:
        description: The key, in `key`.
        content: {application/json: {schema: {$ref: "#/components/schemas/NewKey"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    label, scope, days = wanted(parameters.json_object("label", "scope", "days"))
    with services().pool.connection() as connection:
        key, issued = keys.issue(connection, account().account_id, label, scope, days)
        audit.record(connection, account().account_id, "key.create", str(issued.id), {"scope": scope, "days": days})
    return jsonify(**as_json(issued), key=key), 201


@blueprint.delete("/<uuid:id>")
@require_role()
def delete_key(id: UUID) -> tuple[str, int]:
    """Close one of your keys.
    ---
    tags: [access]
    summary: Revoke one of your API keys, at once and for good
    parameters:
      - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
    responses:
      204: {description: It opens nothing any more.}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        keys.revoke(connection, account().account_id, id)
        audit.record(connection, account().account_id, "key.revoke", str(id), None)
    return "", 204


def wanted(body: dict[str, Any]) -> tuple[str, str, int | None]:
    """Label, scope and days of a key that a body asks for. Raises BadRequest."""
    label, scope, days = body.get("label"), body.get("scope", FULL), body.get("days")
    good_label = isinstance(label, str) and 0 < len(label) <= LONGEST_LABEL and not parameters.UNSTORABLE.search(label)
    good_days = days is None or (isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= DAYS_MAXIMUM)
    if not good_label or scope not in SCOPES or not good_days:
        raise BadRequest(
            "bad_key",
            "The body does not say what the key is to be.",
            allowed=f"`label`: text of at most {LONGEST_LABEL} characters; `scope`: {' or '.join(SCOPES)}; "
            f"`days`: 1 to {DAYS_MAXIMUM}, or none.",
        )
    return str(label), scope, days


def as_json(key: Key) -> dict[str, Any]:
    """A key as it is listed."""
    return {
        "id": str(key.id),
        "label": key.label,
        "scope": key.scope,
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "is_open": key.is_open,
    }
