"""Dry runs: what a file would change. Taken by the upload calls with `?dry_run=true`; asked for here."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, url_for

from backend.api import parameters
from backend.api.downloads import ERROR_COLUMNS, rejects_csv
from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.incoming import IncomingFile
from backend.services import services
from backend.streaming import save_as, streaming
from backend.waiting import waiting_room
from elt import audit
from elt.access.roles import SENDERS
from elt.dry_runs import ledger as dry_run_ledger
from elt.dry_runs import making as dry_run
from elt.dry_runs.ledger import SETTLED, DryRun
from elt.errors import NotFound
from elt.ledger import Incoming
from elt.loading.rejects import OF_DRY_RUNS, LineFormat

POLL_SECONDS = 0.25

blueprint = Blueprint("dry_runs", __name__, url_prefix="/api/v1/dry-runs")


def take(file: IncomingFile, incoming: Incoming, maximum: int) -> tuple[Response, int, dict[str, str]]:
    """The answer to an upload that is to be looked at only. The receipt is for the one who asks."""
    parts = services()
    asked = replace(incoming, account_id=account().account_id)
    run = dry_run.receive(parts.pool, parts.store, parts.contracts, file.as_binary(), asked, maximum)
    detail: dict[str, Any] = {"dataset": run.dataset_id, "bytes": run.byte_count}
    if run.replaces_id:
        detail["replaces"] = str(run.replaces_id)
    with parts.pool.connection() as connection:
        audit.record(connection, account().account_id, "dry_run.create", str(run.id), detail)
    where = url_for("dry_runs.get_dry_run", id=run.id, _external=True)
    return jsonify(as_json(run)), 202, {"Location": where, "Retry-After": "1"}


@blueprint.get("/<uuid:id>")
@require_role(*SENDERS)
def get_dry_run(id: UUID) -> Response:
    """What a file would change.
    ---
    tags: [dry runs]
    description: >
      With `wait`, the answer comes as soon as the dry run is settled (done, rejected or failed), or when the seconds
      are over: look at `status`. The row counts are there once it is `modelling`, marts and KPIs when it is `done`.
      The receipt is kept for thirty days; nothing else of the file is, but for the lines that would be refused.
    parameters:
      - {$ref: "#/components/parameters/id"}
      - name: wait
        in: query
        schema: {type: number, minimum: 0, maximum: 60}
        description: Seconds to wait for the dry run to settle.
    responses:
      200:
        description: The receipt, as far as it is made.
        content: {application/json: {schema: {$ref: "#/components/schemas/DryRun"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    seconds = parameters.wait()
    run = look(id)
    if seconds > 0 and run.status not in SETTLED:
        with waiting_room().place() as free:
            run = _wait(partial(look, id), seconds) if free else run
    response = jsonify(as_json(run))
    if run.status not in SETTLED:
        response.headers["Retry-After"] = "1"
    return response


@blueprint.get("/<uuid:id>/rejects")
@require_role(*SENDERS)
def get_dry_run_rejects(id: UUID) -> Response:
    """The lines that would be refused, as CSV.
    ---
    tags: [dry runs]
    description: As the rejects of a submission; empty but for its header until the file has been read.
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: A header, then one row per line that would be refused.
        content: {text/csv: {schema: {type: string}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    run = look(id)
    with services().pool.connection() as connection:
        audit.record(connection, account().account_id, "dry_run.download_rejects", str(id), None)
    header, format = [*ERROR_COLUMNS, *(run.header or [])], LineFormat.of(run.dialect)
    response = streaming(rejects_csv(OF_DRY_RUNS, run.dry_run_id, header, format))
    save_as(response, run.filename.rsplit(".", 1)[0] + "-rejects.csv")
    return response


@blueprint.delete("/<uuid:id>")
@require_role(*SENDERS)
def forget_dry_run(id: UUID) -> tuple[str, int]:
    """Delete a receipt before its thirty days are over.
    ---
    tags: [dry runs]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      204: {description: It is gone. One that is still being made cannot be deleted (409).}
      default: {$ref: "#/components/responses/Problem"}
    """
    run = look(id)
    with services().pool.connection() as connection:
        dry_run_ledger.forget(connection, run)
        audit.record(connection, account().account_id, "dry_run.delete", str(id), None)
    return "", 204


def as_json(run: DryRun) -> dict[str, Any]:
    """What a client sees of a dry run. What is not known yet, or never will be, is null; times are UTC."""
    receipt = run.receipt or {}
    error = None if run.error_code is None else {"code": run.error_code, "message": run.error_message}
    return {
        "id": str(run.id),
        "dataset": run.dataset_id,
        "status": run.status,
        "filename": run.filename,
        "account": run.account_name,
        "sha256": run.sha256,
        "bytes": run.byte_count,
        "replaces": None if run.replaces_id is None else str(run.replaces_id),
        "error": error,
        "lines_read": run.lines_read,
        "rows_accepted": run.rows_accepted,
        "rows_rejected": run.rows_rejected,
        "error_groups": receipt.get("error_groups"),
        "rows": receipt.get("rows"),
        "held_for": receipt.get("held_for"),
        "marts": receipt.get("marts"),
        "kpis": receipt.get("kpis"),
        "received_at": time_text(run.received_at),
        "settled_at": time_text(run.settled_at),
        "expires_at": time_text(run.expires_at),
        "links": {
            "self": url_for("dry_runs.get_dry_run", id=run.id),
            "rejects": url_for("dry_runs.get_dry_run_rejects", id=run.id),
        },
    }


def look(id: UUID | None) -> DryRun:
    """The dry run, where this account may see it: its own, or any for an administrator. Otherwise raises NotFound."""
    with services().pool.connection() as connection:
        run = dry_run_ledger.find(connection, id) if id else None
    if run is None or (not account().is_administrator and run.account_id != account().account_id):
        raise NotFound(
            "unknown_dry_run",
            "There is no such dry run among yours.",
            allowed="Receipts are kept for thirty days.",
            remedy="Send the file with ?dry_run=true again.",
        )
    return run


def _wait(see: Callable[[], DryRun], seconds: float) -> DryRun:
    """Look again until it is settled or the time is over. No connection is held between two looks."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(POLL_SECONDS, left))
        run = see()
        if run.status in SETTLED:
            return run
    return see()
