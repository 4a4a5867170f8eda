"""Submissions: list, look, wait, describe, retract."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, jsonify, request

from backend.api import parameters
from backend.api.representation import as_json, visible, with_error_groups
from backend.auth import account, require_role, visible_account_id
from backend.services import services
from backend.waiting import waiting_room
from elt import audit, ledger
from elt.access.roles import SENDERS
from elt.ledger import Submission
from elt.loading.error_groups import error_groups
from elt.receiving.whole_files import contract_of
from elt.versioning import retracting

# Nothing more will happen to these by itself. `failed` is not among them: it is tried again.
SETTLED = ("modelled", "rejected", "replaced", "retracted", "held")

blueprint = Blueprint("submissions", __name__, url_prefix="/api/v1")


@blueprint.get("/submissions")
@require_role()
def list_submissions() -> Response:
    """Your submissions, newest first (an administrator sees everybody's).
    ---
    tags: [submissions]
    parameters:
      - {name: dataset, in: query, schema: {type: string}, description: "Only of this dataset."}
      - {$ref: "#/components/parameters/status"}
      - {name: cursor, in: query, schema: {type: string}, description: "`next_cursor` of the page before."}
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 200, default: 50}}
    responses:
      200:
        description: One page; `next_cursor` is null on the last.
        content: {application/json: {schema: {$ref: "#/components/schemas/Submissions"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    return _page(request.args.get("dataset"))


@blueprint.get("/datasets/<dataset:dataset>/submissions")
@require_role()
def list_submissions_of_dataset(dataset: str) -> Response:
    """Your submissions to one dataset, newest first (an administrator sees everybody's).
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/dataset"}
      - {$ref: "#/components/parameters/status"}
      - {name: cursor, in: query, schema: {type: string}, description: "`next_cursor` of the page before."}
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 200, default: 50}}
    responses:
      200:
        description: One page; `next_cursor` is null on the last.
        content: {application/json: {schema: {$ref: "#/components/schemas/Submissions"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    return _page(dataset)


def _page(dataset: str | None) -> Response:
    if dataset is not None:
        contract_of(services().contracts, dataset)
    limit = parameters.limit()
    with services().pool.connection() as connection:
        found = ledger.page(
            connection,
            account_id=visible_account_id(),
            dataset_id=dataset,
            status=parameters.status(),
            before=parameters.cursor(),
            limit=limit + 1,  # one more tells whether there is a next page
        )
    following = parameters.to_cursor(found[limit - 1].submission_id) if len(found) > limit else None
    response = jsonify(submissions=[as_json(submission) for submission in found[:limit]], next_cursor=following)
    if following:
        query = urlencode({**request.args.to_dict(), "cursor": following})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


@blueprint.get("/submissions/<uuid:id>")
@require_role()
def get_submission(id: UUID) -> Response:
    """What became of a submission.
    ---
    tags: [submissions]
    description: >
      With `wait`, the answer comes as soon as the submission is settled (modelled, rejected, held, replaced or
      retracted), or when the seconds are over: look at `status`. `error_groups` tells refused lines together, the
      largest groups first.
    parameters:
      - {$ref: "#/components/parameters/id"}
      - name: wait
        in: query
        schema: {type: number, minimum: 0, maximum: 60}
        description: Seconds to wait for the submission to settle.
    responses:
      200: {$ref: "#/components/responses/Submission"}
      default: {$ref: "#/components/responses/Problem"}
    """
    seconds = parameters.wait()

    def look() -> Submission:
        with services().pool.connection() as connection:
            return visible(connection, account(), id)

    submission = waiting_room().watch(look, is_settled, seconds)
    with services().pool.connection() as connection:
        groups = error_groups(connection, submission.submission_id)
    response = jsonify(with_error_groups(submission, groups))
    if not is_settled(submission):
        response.headers["Retry-After"] = "1"
    return response


def is_settled(submission: Submission) -> bool:
    """Nothing is under way: no load, no transform, no correction."""
    return submission.status in SETTLED and (submission.open_fixes == 0 or submission.status != "modelled")


@blueprint.patch("/submissions/<uuid:id>")
@require_role(*SENDERS)
def describe_submission(id: UUID) -> Response:
    """Set a submission's title and note.
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/id"}
    requestBody:
      required: true
      content: {application/json: {schema: {$ref: "#/components/schemas/Description"}}}
    responses:
      200: {$ref: "#/components/responses/Submission"}
      default: {$ref: "#/components/responses/Problem"}
    """
    change = parameters.description()
    with services().pool.connection() as connection:
        old = visible(connection, account(), id)
        wanted: dict[str, Any] = {"title": old.title, "note": old.note, **change}
        submission = ledger.describe(connection, old, **wanted)
        # The names of what changed, not the text: a note may hold anything.
        audit.record(connection, account().account_id, "submission.describe", str(id), {"changed": sorted(change)})
    return jsonify(as_json(submission))


@blueprint.delete("/submissions/<uuid:id>")
@require_role(*SENDERS)
def retract_submission(id: UUID) -> tuple[Response, int]:
    """Take a submission back; its rows leave raw and every mart.
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      202:
        description: It is `retracting`; wait for `retracted` with GET and `?wait=`.
        content: {application/json: {schema: {$ref: "#/components/schemas/Submission"}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        submission = retracting.request(connection, visible(connection, account(), id))
        audit.record(connection, account().account_id, "submission.retract", str(id), None)
    return jsonify(as_json(submission)), 202
