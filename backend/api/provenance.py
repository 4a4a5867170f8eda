"""Where a row of a mart comes from: the file, the line, who sent it, and under which contract."""

from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from psycopg2.extensions import connection as Connection

from backend.api.representation import time_text
from backend.auth import account, require_role
from backend.services import services
from elt import audit, ledger
from elt.errors import NotFound
from elt.ledger import Submission
from elt.transforming.provenance import Origin, trace

blueprint = Blueprint("provenance", __name__, url_prefix="/api/v1/provenance")


@blueprint.get("/<mart>")
@require_role()
def get_provenance(mart: str) -> Response:
    """Where a row of a mart comes from.
    ---
    tags: [insights]
    description: >
      Any column of the mart may be given, as `?column=value`; its keys tell one row. `sources` has one entry per row:
      the submission, the lines of its file, and the fix that brought a line, if one did. A row that is made from many
      lines, as those of `rpt_` marts are, lists all submissions `behind` it. Administrators see every source,
      a researcher those among their own submissions. In SQL: `… join catalog.provenance using (submission_id)`.
    parameters:
      - {name: mart, in: path, required: true, schema: {type: string}, example: fct_grade}
      - name: column
        in: query
        style: form
        explode: true
        schema: {type: object, additionalProperties: {type: string}}
        description: Columns of the mart, and the values that the row has, as text.
    responses:
      200:
        description: The sources of at most 50 rows; `is_whole` is false where more rows match.
        content: {application/json: {schema: {$ref: "#/components/schemas/Provenance"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        asked = request.args.to_dict()
        with services().reader_pool.connection() as readable:
            found = trace(connection, readable, services().contracts, mart, asked, account().account_id)
        sources = [one for origin in found.origins if (one := _source(connection, origin))]
        behind = [_file(submission) for number in found.behind if (submission := _visible(connection, number))]
        # The names of the columns that were asked for, not what they hold.
        detail = {"columns": sorted(request.args)}
        audit.record(connection, account().account_id, "provenance", mart, detail)
    if not sources and not behind:
        raise NotFound(
            "unknown_row",
            "No submission of yours is behind such a row.",
            remedy="Ask an administrator, who sees every source.",
        )
    return jsonify(mart=mart, sources=sources, behind=behind, is_whole=found.is_whole)


def _visible(connection: Connection, number: int) -> Submission | None:
    submission = ledger.with_number(connection, number)
    return submission if account().sees_every_submission or submission.account_id == account().account_id else None


def _source(connection: Connection, origin: Origin) -> dict[str, Any] | None:
    submission = _visible(connection, origin.submission_id)
    if submission is None:
        return None
    fixes = [
        {"line": line, "fix": str(fix), "link": url_for("fixes.get_fix", id=submission.id, fix_id=fix)}
        for line, fix in sorted(origin.fixes.items())
    ]
    return {"submission": _file(submission), "lines": list(origin.lines), "fixes": fixes}


def _file(submission: Submission) -> dict[str, Any]:
    return {
        "id": str(submission.id),
        "number": submission.submission_id,
        "dataset": submission.dataset_id,
        "filename": submission.filename,
        "status": submission.status,
        "uploader": submission.account_name,
        "contract_version": submission.contract_version,
        "received_at": time_text(submission.received_at),
        "loaded_at": time_text(submission.loaded_at),
        "links": {
            "self": url_for("submissions.get_submission", id=submission.id),
            "file": url_for("downloads.get_file", id=submission.id),
            "dataset": url_for("datasets.get_dataset", dataset=submission.dataset_id),
        },
    }
