"""Accounts over HTTP: an administrator makes and closes them and gives them keys; everybody sets the own password."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify
from psycopg2.extensions import connection as Connection

from backend.api import keys as own_keys
from backend.api import parameters
from backend.auth import account, require_role
from backend.openapi.accounts import LONGEST_NAME
from backend.problems import BadRequest, Forbidden
from backend.services import services
from elt import audit
from elt.access import accounts, directory, keys, passwords
from elt.access.directory import Entry
from elt.access.roles import ADMINISTRATOR, role_named, scope_for, stranger_to
from elt.errors import Conflict, NotFound

LARGEST = 2**31 - 1  # account number that Postgres counts to

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1")


@blueprint.get("/accounts")
@require_role(ADMINISTRATOR)
def list_accounts() -> Response:
    """Every account with its keys.
    ---
    tags: [access]
    summary: Every account with its keys, closed ones last; for administrators
    description: What opens with a key is shown to nobody; `last_used_at` is to the minute.
    responses:
      200:
        description: Accounts by name.
        content: {application/json: {schema: {$ref: "#/components/schemas/Accounts"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        return jsonify(accounts=[as_json(entry) for entry in directory.entries(connection)])


@blueprint.post("/accounts")
@require_role(ADMINISTRATOR)
def create_account() -> tuple[Response, int]:
    """One more account.
    ---
    tags: [access]
    summary: One more account, with its first key, which the answer shows once; for administrators
    description: An account that was closed is opened again, with the role and scope given here.
    requestBody:
      required: true
      content:
        application/json: {schema: {$ref: "#/components/schemas/WantedAccount"}}
    responses:
      201:
        description: The account, and its key in `key`.
        content: {application/json: {schema: {$ref: "#/components/schemas/NewAccount"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    body = parameters.json_object("name", "role", "school", "teacher")
    name, role = _text(body, "name", LONGEST_NAME).strip(), _text(body, "role")
    if not name or not role:
        raise BadRequest(
            "bad_account",
            "The body does not say whose account it is to be.",
            allowed=f"`name`: text of at most {LONGEST_NAME} characters; `role`: what the account may do.",
        )
    scope = scope_for(role_named(role), _text(body, "school") or None, _text(body, "teacher") or None)
    with services().pool.connection() as connection:
        key = accounts.add(connection, name, role, scope, account().account_id)
        made = _open(connection, accounts.number_of(connection, name))
        stranger = stranger_to(connection, scope)
    return jsonify(**as_json(made), key=key, note=stranger), 201


@blueprint.delete("/accounts/<int:number>")
@require_role(ADMINISTRATOR)
def close_account(number: int) -> tuple[str, int]:
    """Close an account.
    ---
    tags: [access]
    summary: Close an account, at once; its keys, password, sessions and database logins open nothing any more
    description: For administrators; not their own. What the account did stays on record.
    parameters:
      - {name: number, in: path, required: true, schema: {type: integer}}
    responses:
      204: {description: Nothing opens it any more.}
      default: {$ref: "#/components/responses/Problem"}
    """
    if number == account().account_id:
        raise Conflict(
            "own_account", "Nobody closes the own account.", remedy="Another administrator can, or the command line."
        )
    with services().pool.connection() as connection:
        accounts.revoke(connection, _open(connection, number).name, account().account_id)
    return "", 204


@blueprint.post("/accounts/<int:number>/keys")
@require_role(ADMINISTRATOR)
def create_key_of_account(number: int) -> tuple[Response, int]:
    """One more key of an account.
    ---
    tags: [access]
    summary: One more key of an account; the answer shows it, once; for administrators
    parameters:
      - {name: number, in: path, required: true, schema: {type: integer}}
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
    label, scope, days = own_keys.wanted(parameters.json_object("label", "scope", "days"))
    with services().pool.connection() as connection:
        owner = _open(connection, number)
        key, issued = keys.issue(connection, number, label, scope, days)
        detail = {"account": owner.name, "scope": scope, "days": days}
        audit.record(connection, account().account_id, "key.create", str(issued.id), detail)
    return jsonify(**own_keys.as_json(issued), key=key), 201


@blueprint.delete("/accounts/<int:number>/keys/<uuid:id>")
@require_role(ADMINISTRATOR)
def delete_key_of_account(number: int, id: UUID) -> tuple[str, int]:
    """Close a key of an account.
    ---
    tags: [access]
    summary: Revoke a key of an account, at once and for good; for administrators
    parameters:
      - {name: number, in: path, required: true, schema: {type: integer}}
      - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
    responses:
      204: {description: It opens nothing any more.}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        owner = _open(connection, number)
        keys.revoke(connection, number, id)
        audit.record(connection, account().account_id, "key.revoke", str(id), {"account": owner.name})
    return "", 204


@blueprint.put("/password")
@require_role()
def set_password() -> tuple[str, int]:
    """Your password.
    ---
    tags: [access]
    summary: Set your password; every session of yours ends
    description: >
      Whoever has a password says it. Five wrong ones lock it for a quarter of an hour, as at the sign-in; keys go on
      opening the account.
    requestBody:
      required: true
      content:
        application/json: {schema: {$ref: "#/components/schemas/WantedPassword"}}
    responses:
      204: {description: It holds from now on.}
      default: {$ref: "#/components/responses/Problem"}
    """
    body = parameters.json_object("current", "new")
    current, new = _text(body, "current", passwords.LONGEST), _text(body, "new", passwords.LONGEST + 1)
    with services().pool.connection() as connection:
        attempt = passwords.change(connection, account().account_id, account().name, current, new)
    if attempt.account_id is None:  # outside, so that the failure stays counted
        raise Forbidden(
            "wrong_password",
            "The present password is another one, or is locked.",
            remedy="After five wrong ones, wait a quarter of an hour. Who forgot it asks an administrator.",
        )
    return "", 204


def _open(connection: Connection, number: int) -> Entry:
    found = directory.entry(connection, number) if number <= LARGEST else None
    if found is None:
        raise NotFound(
            "unknown_account", "There is no open account with this number.", remedy="GET /api/v1/accounts lists them."
        )
    return found


def _text(body: dict[str, Any], name: str, longest: int = 200) -> str:
    """A member that is text, empty where it is missing. Raises BadRequest."""
    text = body.get(name)
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > longest:
        raise BadRequest("bad_body", f"`{name}` is no text of that kind.", allowed=f"At most {longest} characters.")
    return text


def as_json(entry: Entry) -> dict[str, Any]:
    """An account as it is listed."""
    return {
        "number": entry.account_id,
        "name": entry.name,
        "role": entry.role,
        "scopes": [
            {"source_system": scope.source_system, "school": scope.school_id, "teacher": scope.teacher_id}
            for scope in entry.scopes
        ],
        "has_password": entry.has_password,
        "created_at": entry.created_at.isoformat(),
        "closed_at": entry.closed_at.isoformat() if entry.closed_at else None,
        "keys": [own_keys.as_json(key) for key in entry.keys],
    }
