"""Ask: an administrator's own SQL on the marts, with limits; what was asked before; all rows as CSV."""

from collections.abc import Generator
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, jsonify, url_for

from backend.api import parameters
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.problems import BadRequest
from backend.services import services
from backend.streaming import csv_pieces, save_as, streaming
from backend.waiting import WaitingRoom
from elt import audit
from elt.access import logins
from elt.access.roles import ADMINISTRATOR
from elt.asking import ledger, running
from elt.asking.ledger import Asked
from elt.asking.session import Answer
from elt.database import Pool
from elt.errors import Unavailable

LONGEST_SQL = 20_000
ROWS_DEFAULT, ROWS_MAXIMUM = 1_000, 10_000
SECONDS_DEFAULT, SECONDS_MAXIMUM = 15, 60
CSV_SECONDS = 300
PLACES = 4  # questions at the same time, per process: each holds a thread and a connection
LIMITS = {"rows": (1, ROWS_MAXIMUM, ROWS_DEFAULT), "seconds": (1, SECONDS_MAXIMUM, SECONDS_DEFAULT)}

blueprint = Blueprint("ask", __name__, url_prefix="/api/v1/ask")
places = WaitingRoom(PLACES)


@blueprint.post("")
@require_role(ADMINISTRATOR)
def ask() -> Response:
    """Ask the marts in SQL.
    ---
    tags: [ask]
    description: >
      One query, in a read-only transaction, under a role that reads marts and the views of catalog, and nothing else.
      The rows come as arrays in the order of `columns`; `is_cut` says that there are more than `rows`, the CSV has
      them all. With an `id` of your own, the query can be ended while it runs: DELETE it. An error of the SQL says
      where it is; values of the data are in no error.
    requestBody:
      required: true
      content: {application/json: {schema: {$ref: "#/components/schemas/NewQuestionToAsk"}}}
    responses:
      200:
        description: The rows.
        content: {application/json: {schema: {$ref: "#/components/schemas/AskAnswer"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    body = parameters.json_object("sql", "rows", "seconds", "id")
    sql, id = sql_of(body), _id_of(body)
    most_rows, seconds = (_limit(body, limit) for limit in LIMITS)
    with places.place() as free:
        if not free:
            raise _busy()
        record("ask.run", str(id))
        pool, reader = pools()
        answer = running.ask(pool, reader, account().account_id, id, sql, most_rows, seconds)
    return jsonify(id=str(id), **as_json(answer), links=_links(id))


@blueprint.get("")
@require_role(ADMINISTRATOR)
def list_asked() -> Response:
    """What you asked before, the last question first.
    ---
    tags: [ask]
    parameters:
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 200, default: 50}}
    responses:
      200:
        description: Your questions; nobody else sees them.
        content: {application/json: {schema: {$ref: "#/components/schemas/AskHistory"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    limit = parameters.limit()
    with services().pool.connection() as connection:
        found = ledger.history(connection, account().account_id, limit)
    return jsonify(asked=[_asked(one) for one in found])


@blueprint.get("/<uuid:id>")
@require_role(ADMINISTRATOR)
def get_asked(id: UUID) -> Response:
    """One question that you asked.
    ---
    tags: [ask]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: The question and what became of it.
        content: {application/json: {schema: {$ref: "#/components/schemas/Asked"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        return jsonify(_asked(ledger.find(connection, account().account_id, id)))


@blueprint.delete("/<uuid:id>")
@require_role(ADMINISTRATOR)
def stop_asked(id: UUID) -> Response:
    """End a question that runs.
    ---
    tags: [ask]
    description: Postgres ends the query itself. One that is over stays as it is.
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: The question and what became of it.
        content: {application/json: {schema: {$ref: "#/components/schemas/Asked"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    pool, reader = pools()
    return jsonify(_asked(running.stop(pool, reader, account().account_id, id)))


@blueprint.get("/<uuid:id>.csv")
@require_role(ADMINISTRATOR)
def get_asked_csv(id: UUID) -> Response:
    """All rows of a question that you asked, as CSV.
    ---
    tags: [ask]
    description: The query runs again, without a limit of rows, for at most five minutes.
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: A header, then the rows, as they come.
        content: {text/csv: {schema: {type: string}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        asked = ledger.find(connection, account().account_id, id)
    record("ask.export", str(id))
    response = streaming(csv_of(pools()[1], asked.sql_text))
    save_as(response, "answer.csv")
    return response


def sql_of(body: dict[str, Any]) -> str:
    """The member `sql` of a body. Raises BadRequest where it is no text that Postgres could read."""
    sql = body.get("sql")
    if not isinstance(sql, str) or not sql.strip() or len(sql) > LONGEST_SQL or parameters.UNSTORABLE.search(sql):
        raise BadRequest(
            "bad_sql", "The body holds no query.", allowed=f"`sql`: text of at most {LONGEST_SQL:,} characters."
        )
    return sql.strip()


def pools() -> tuple[Pool, str]:
    """The ledger, and the URL of the login that this account's questions are asked under."""
    parts, asking = services(), account()
    with parts.pool.connection() as connection:
        login = logins.for_own_sql(connection, parts.settings, asking.account_id, asking.role)
    return parts.pool, login.url


def record(action: str, subject: str) -> None:
    """That something was asked or given out is on record; not what."""
    with services().pool.connection() as connection:
        audit.record(connection, account().account_id, action, subject, None)


def as_json(answer: Answer) -> dict[str, Any]:
    """Columns and rows."""
    return {
        "columns": [{"name": column.name, "kind": column.kind} for column in answer.columns],
        "rows": [list(row) for row in answer.rows],
        "row_count": len(answer.rows),
        "is_cut": answer.is_cut,
    }


def csv_of(url: str, sql: str) -> Generator[bytes, None, None]:
    """Header and rows, piece by piece; a missing value is an empty cell."""
    with places.place() as free:
        if not free:
            raise _busy()
        yield from csv_pieces(running.lines(url, sql, CSV_SECONDS))


def _id_of(body: dict[str, Any]) -> UUID:
    try:
        return UUID(body["id"]) if "id" in body else uuid4()
    except (ValueError, TypeError, AttributeError):
        raise BadRequest("bad_id", "The `id` is none.", allowed="A UUID; or none, to be given one.") from None


def _limit(body: dict[str, Any], limit: str) -> int:
    lowest, highest, default = LIMITS[limit]
    value = body.get(limit, default)
    if type(value) is not int or not lowest <= value <= highest:  # true is an integer, too
        raise BadRequest(
            "bad_limit", f"`{limit}` is out of range.", allowed=f"A whole number from {lowest} to {highest:,}."
        )
    return value


def _busy() -> Unavailable:
    return Unavailable(
        "too_many_questions", "Too many questions are being answered.", remedy="Try again in a few seconds."
    )


def _asked(asked: Asked) -> dict[str, Any]:
    error = {"code": asked.error_code, "message": asked.error_message} if asked.error_code else None
    return {
        "id": str(asked.id),
        "sql": asked.sql_text,
        "status": asked.status,
        "row_count": asked.row_count,
        "is_cut": asked.is_cut,
        "error": error,
        "asked_at": time_text(asked.asked_at),
        "ended_at": time_text(asked.ended_at),
        "links": _links(asked.id),
    }


def _links(id: UUID) -> dict[str, str]:
    return {"self": url_for("ask.get_asked", id=id), "csv": url_for("ask.get_asked_csv", id=id)}
