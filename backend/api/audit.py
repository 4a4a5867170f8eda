"""The audit log over HTTP, for auditors and administrators."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from backend.api import parameters
from backend.auth import require_role
from backend.problems import BadRequest
from backend.services import services
from elt import audit
from elt.access.roles import ADMINISTRATOR, AUDITOR
from elt.audit import Event, Wanted

READERS = (AUDITOR, ADMINISTRATOR)

blueprint = Blueprint("audit", __name__, url_prefix="/api/v1/audit")


@blueprint.get("")
@require_role(*READERS)
def list_events() -> Response:
    """Who did what, newest first.
    ---
    tags: [access]
    summary: The audit log, newest first; for auditors and administrators
    description: >
      Sign-ins, files sent, retracted and given out, insights and reports read or exported, students seen. Nothing can
      be changed or deleted in it. A student stands in it under a pseudonym.
    parameters:
      - {name: action, in: query, schema: {type: string}, description: "How the action begins: `sign_in`."}
      - {name: account, in: query, schema: {type: string}, description: "Part of the account's name."}
      - {name: subject, in: query, schema: {type: string}, description: "Part of what it was done to."}
      - {name: since, in: query, schema: {type: string, format: date-time}}
      - {name: until, in: query, schema: {type: string, format: date-time}}
      - {name: cursor, in: query, schema: {type: string}, description: "`next_cursor` of the page before."}
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 200, default: 50}}
    responses:
      200:
        description: One page; `next_cursor` is null on the last.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    events, following = found(wanted(), parameters.limit())
    response = jsonify(events=[_as_json(event) for event in events], next_cursor=following)
    if following:
        query = urlencode({**request.args.to_dict(), "cursor": following})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def wanted() -> Wanted:
    """What the query asks for; a form sends empty fields too. Raises BadRequest."""
    texts = {name: request.args.get(name, "").strip() for name in ("action", "account", "subject")}
    return Wanted(texts["action"], texts["account"], texts["subject"], _moment("since"), _moment("until"))


def found(asked: Wanted, limit: int) -> tuple[list[Event], str | None]:
    """One page of events, and the cursor of the next, if there is one."""
    with services().pool.connection() as connection:
        events = audit.page(connection, replace(asked, before=parameters.cursor()), limit + 1)
    more = len(events) > limit
    return events[:limit], parameters.to_cursor(events[limit - 1].audit_event_id) if more else None


def _moment(name: str) -> datetime | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadRequest(
            "bad_parameter", f"The parameter `{name}` is no time.", allowed="2026-11-21, or 2026-11-21T13:00:00Z (UTC)."
        ) from None


def _as_json(event: Event) -> dict[str, Any]:
    return {
        "number": event.audit_event_id,
        "happened_at": event.happened_at.isoformat(),
        "account": event.account_name,
        "role": event.role,
        "action": event.action,
        "subject": event.subject,
        "detail": event.detail,
    }
