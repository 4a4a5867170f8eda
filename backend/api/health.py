"""Whether the API is alive, whether what it needs is there, and numbers for Prometheus."""

from typing import cast

from flask import Blueprint, Response, current_app, jsonify

from backend import metrics, readiness
from backend.problems import problem
from backend.services import services
from elt.errors import Unavailable

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
    """Every dependency is reached, and has space left.
    ---
    tags: [health]
    description: Writes a little to Postgres and to the store, at most every five seconds. A full disk is not ready.
    security: []
    responses:
      200:
        description: All of them answer and can write.
        content: {application/json: {schema: {$ref: "#/components/schemas/Readiness"}}}
      503: {$ref: "#/components/responses/Problem"}
    """
    found = cast(readiness.Readiness, current_app.extensions[readiness.EXTENSION]).states()
    away = [name for name, state in found.items() if state != "ok"]
    if not away:
        return jsonify(status="ok", checks=found)
    return problem(
        503,
        "not_ready",
        "Not reached, or without space: " + ", ".join(away) + ".",
        remedy="`./start.sh status` shows the processes, `./start.sh logs` what they say; in containers "
        "`docker compose ps` and `docker compose logs`.",
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
    found = [metrics.free_space(services().settings.home)]
    try:
        with services().pool.connection() as connection:
            found += [metrics.database_up(True), *metrics.read(connection)]
    except Unavailable:
        found.append(metrics.database_up(False))  # what is left is what tells why: the room on the disk
    text = metrics.exposition(found)
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")
