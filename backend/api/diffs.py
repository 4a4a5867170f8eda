"""What two versions of a file differ in: counts, and every row that is new, changed or removed."""

from collections.abc import Generator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for

from backend.api import parameters
from backend.api.representation import visible
from backend.auth import account, require_role
from backend.services import Services, services
from backend.streaming import csv_pieces, save_as, streaming
from elt import audit
from elt.access.roles import SENDERS
from elt.errors import Conflict
from elt.ledger import Submission
from elt.versioning.comparing import RowChange
from elt.versioning.diffing import KINDS, compared, csv_lines, predecessor

blueprint = Blueprint("diffs", __name__, url_prefix="/api/v1/submissions/<uuid:id>/diff")


@blueprint.get("")
@require_role(*SENDERS)
def get_diff(id: UUID) -> Response:
    """What this version changed against the one before, or against another submission.
    ---
    tags: [submissions]
    description: >
      Rows are matched by the dataset's key; without a key, by all that they hold. Works for replaced, retracted, held
      and refused versions too: their rows are read again from the stored file, with its corrections, under the
      contract as it is now. As CSV, all of it: one line per new or removed row and per changed cell.
    parameters:
      - {$ref: "#/components/parameters/id"}
      - name: against
        in: query
        schema: {type: string, format: uuid}
        description: Another submission of the same dataset; without it, the one that this one replaced.
      - {name: kind, in: query, schema: {type: string, enum: [new, changed, removed]}, description: Only such rows.}
      - {name: format, in: query, schema: {type: string, enum: [json, csv], default: json}}
      - {name: cursor, in: query, schema: {type: string}, description: "`next_cursor` of the page before."}
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 200, default: 50}}
    responses:
      200:
        description: Counts, and one page of rows; or all rows as CSV.
        content:
          application/json: {schema: {$ref: "#/components/schemas/Diff"}}
          text/csv: {schema: {type: string}}
      default: {$ref: "#/components/responses/Problem"}
    """
    kind = parameters.one_of("kind", KINDS)
    wants_csv = parameters.one_of("format", ("json", "csv")) == "csv"
    against = parameters.uuid("against")
    with services().pool.connection() as connection:
        after = visible(connection, account(), id)
        before = visible(connection, account(), against) if against else predecessor(connection, after)
        if before.id == after.id:
            raise Conflict(
                "same_submission",
                "A submission does not differ from itself.",
                allowed="Another submission of the same dataset; left out, the version before.",
            )
        detail = {"against": str(before.id)}
        audit.record(connection, account().account_id, "submission.diff", str(id), detail)
    if wants_csv:
        response = streaming(_csv(services(), before, after, kind))
        save_as(response, after.filename.rsplit(".", 1)[0] + "-diff.csv")
        return response
    return _page(before, after, kind)


def _page(before: Submission, after: Submission, kind: str | None) -> Response:
    limit, skip = parameters.limit(), parameters.cursor() or 0
    parts = services()
    with compared(parts.settings, parts.store, parts.contracts, before, after) as diff:
        counts = diff.counts()
        changes = list(diff.changes(kind, skip, limit + 1))  # one more tells whether there is a next page
    query = {"against": str(before.id), "format": "csv", **({"kind": kind} if kind else {})}
    return jsonify(
        submission=str(after.id),
        against=str(before.id),
        counts={name: getattr(counts, name) for name in (*KINDS, "unchanged")},
        columns=dict(counts.columns),
        changes=[_as_json(change) for change in changes[:limit]],
        next_cursor=parameters.to_cursor(skip + limit) if len(changes) > limit else None,
        links={"csv": f"{url_for('diffs.get_diff', id=after.id)}?{urlencode(query)}", "self": request.full_path},
    )


def _as_json(change: RowChange) -> dict[str, Any]:
    return {
        "change": change.kind,
        "line_before": change.before and change.before.line_number,
        "line_after": change.after and change.after.line_number,
        "cells": {column: {"before": old, "after": new} for column, (old, new) in change.values.items()},
    }


def _csv(parts: Services, before: Submission, after: Submission, kind: str | None) -> Generator[bytes, None, None]:
    with compared(parts.settings, parts.store, parts.contracts, before, after) as diff:
        yield from csv_pieces(csv_lines(diff.changes(kind)))
