"""The researcher's pages: send a file, see what became of it, put it right. What they do, they ask of the API."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from backend import security
from backend.api import dry_runs, parameters
from backend.api.representation import visible
from backend.api.submissions import is_settled
from backend.auth import account, require_role, visible_account_id
from backend.pages import states
from backend.services import services
from elt import ledger
from elt.access.roles import SENDERS
from elt.contracting.contract import Contract
from elt.dry_runs.ledger import SETTLED as DRY_RUN_SETTLED
from elt.fixing import fixes
from elt.ledger import LIVE, Submission
from elt.loading.error_groups import error_groups
from elt.reading.detecting import DELIMITERS, QUOTES
from elt.reading.encoding import ENCODINGS
from elt.transforming import failed_tests

SUBMISSIONS = 50  # of a page; a link leads to the older ones
PARTS_ABOVE_BYTES = 64 * 2**20  # as elt.client: a larger file goes in parts
DELIMITER_WORDS = {"comma": "comma ,", "semicolon": "semicolon ;", "tab": "tab", "pipe": "vertical bar |"}
QUOTE_WORDS = {"double": 'double "', "single": "single '", "none": "none"}


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their part about files."""
    blueprint.add_url_rule("/data", view_func=data, methods=["GET"])
    blueprint.add_url_rule("/data/submissions/<uuid:id>", view_func=submission, methods=["GET"])
    blueprint.add_url_rule("/data/dry-runs/<uuid:id>", view_func=dry_run, methods=["GET"])
    blueprint.app_context_processor(_words)


@require_role()
def data() -> Response:
    """Where files are sent, and the files that were sent: a researcher's own, all for administrators and auditors."""
    contracts = list(services().contracts.values())
    dataset, status = (
        request.args.get("dataset") or None,
        parameters.one_of("status", ("", *parameters.STATUSES)) or None,
    )
    with services().pool.connection() as connection:
        found = ledger.page(
            connection,
            account_id=visible_account_id(),
            dataset_id=dataset,
            status=status,
            before=parameters.cursor(),
            limit=SUBMISSIONS + 1,  # one more tells whether there are older ones
        )
    shown = found[:SUBMISSIONS]
    page = render_template(
        "data.html",
        viewer=account(),
        datasets=[_choice(contract) for contract in contracts],
        submissions=shown,
        chosen={"dataset": dataset, "status": status},
        statuses=parameters.STATUSES,
        older=parameters.to_cursor(shown[-1].submission_id) if len(found) > SUBMISSIONS else None,
        settled={found.id: is_settled(found) for found in shown},
        formats=_formats(),
        **_sizes(),
    )
    return _may_reach_the_store(make_response(page))


@require_role()
def submission(id: UUID) -> Response:
    """One file: where it is on its way, what was refused of it, its versions, and everything that can be done."""
    with services().pool.connection() as connection:
        found = visible(connection, account(), id)
        groups = error_groups(connection, found.submission_id)
        corrections = fixes.of_submission(connection, found.submission_id)
        versions = ledger.versions(connection, found)
        failing = failed_tests.of_submission(connection, found.submission_id)
    page = render_template(
        "submission.html",
        submission=found,
        contract=services().contracts.get(found.dataset_id),
        groups=[group.as_json() for group in groups],
        fixes=corrections,
        versions=versions,
        failing=failing,
        settled=is_settled(found),
        steps=states.steps(found),
        may=_may(found),
        formats=_formats(),
        **_sizes(),
    )
    return _may_reach_the_store(make_response(page))


@require_role(*SENDERS)
def dry_run(id: UUID) -> str:
    """The receipt of a dry run: what a file would change."""
    found = dry_runs.look(id)
    return render_template(
        "dry_run.html",
        run=found,
        receipt=found.receipt or {},
        settled=found.status in DRY_RUN_SETTLED,
        contract=services().contracts.get(found.dataset_id),
    )


def _sizes() -> dict[str, int]:
    """Above which size a file goes in parts, and the most that goes in one request."""
    return {"parts_above": PARTS_ABOVE_BYTES, "most_at_once": services().settings.max_upload_bytes}


def _choice(contract: Contract) -> dict[str, Any]:
    """What the browser needs to tell to which dataset a file belongs."""
    return {"id": contract.name, "title": contract.title, "headers": [field.name for field in contract.fields]}


def _formats() -> dict[str, dict[str, str]]:
    """What may be stated of a file, in the API's words and in a person's."""
    return {
        "encoding": {name: name for name in ENCODINGS},
        "delimiter": {name: DELIMITER_WORDS[name] for name in DELIMITERS},
        "quote": {name: QUOTE_WORDS[name] for name in QUOTES},
    }


def _may(found: Submission) -> dict[str, bool]:
    """Which calls the submission's state allows; the API decides, this only spares a person what it would refuse."""
    if not account().may_send:
        return {}
    is_live = found.status in LIVE
    return {
        "read": True,
        "fix": found.status in fixes.FIXABLE and bool(found.rows_rejected),
        "replace": is_live and found.replaced_by_id is None,
        "retract": is_live,
        "restore": found.status in ("replaced", "retracted"),
        "confirm": found.status == "held",
    }


def _may_reach_the_store(response: Response) -> Response:
    """Parts of large files go from the browser straight into the store, so a page that sends them may connect there."""
    store = urlsplit(services().store.presigned_put("incoming/origin", 1, 1))
    policy = security.POLICY_OF_PAGES.replace(
        "connect-src 'self'", f"connect-src 'self' {store.scheme}://{store.netloc}"
    )
    response.headers["Content-Security-Policy"] = policy
    return response


def _words() -> dict[str, object]:
    return {"state_word": states.word, "dry_run_word": states.dry_run_word}
