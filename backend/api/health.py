"""Whether the API is alive, whether what it needs is there, and numbers for Prometheus."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from backend import metrics
from backend.problems import problem
from backend.services import services
from elt.database import Pool
from elt.errors import LaurelError

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers.
    ---
    tags: [health]
    security: []
    responses:
      200:
        description: Alive. Says nothing about the parts it needs; see /readyz.
        content: {application/json: {schema: {type: object, properties: {status: {type: string}}}}}
    """
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Every dependency is reached.
    ---
    tags: [health]
    security: []
    responses:
      200:
        description: All of them answer.
        content: {application/json: {schema: {$ref: "#/components/schemas/Readiness"}}}
      503: {$ref: "#/components/responses/Problem"}
    """
    parts = services()
    checks: dict[str, Callable[[], None]] = {
        "database": lambda: _query(parts.pool),
        "reader": lambda: _query(parts.reader_pool),
        "store": parts.store.ping,
    }
    found = {name: _state(check) for name, check in checks.items()}
    away = [name for name, state in found.items() if state != "ok"]
    if not away:
        return jsonify(status="ok", checks=found)
    return problem(
        503,
        "not_ready",
        "Not reached: " + ", ".join(away) + ".",
        remedy="`./start.sh status` shows the processes, `./start.sh logs` what they say.",
        details={"checks": found},
    )


@blueprint.get("/metrics")
def get_metrics() -> Response:
    """Counts and times from the ledger, in Prometheus' text format.
    ---
    tags: [health]
    description: Computed from the ledger at each call, so they are the same from every worker and survive restarts.
    security: []
    responses:
      200:
        description: Prometheus text format 0.0.4.
        content: {text/plain: {schema: {type: string}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        text = metrics.exposition(metrics.read(connection))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _query(pool: Pool) -> None:
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except LaurelError as error:
        return error.code
    return "ok"
