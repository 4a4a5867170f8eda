"""A submission as JSON, and the ways to find one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.access.accounts import Account
from elt.errors import NotFound
from elt.ledger import Submission
from elt.loading.error_groups import ErrorGroup


def visible(connection: Connection, account: Account, id: UUID) -> Submission:
    """The submission, where this account may see it; administrators and auditors see any. Otherwise raises NotFound."""
    found = ledger.find(connection, id)
    if found is None or (not account.sees_every_submission and found.account_id != account.account_id):
        raise NotFound(
            "unknown_submission",
            "There is no such submission among yours.",
            remedy="GET /api/v1/submissions lists yours.",
        )
    return found


def as_json(submission: Submission) -> dict[str, Any]:
    """What a client sees of a submission. Counts are null until the file has been read; times are UTC."""
    error = None
    if submission.error_code is not None:
        error = {"code": submission.error_code, "message": submission.error_message}
    return {
        "id": str(submission.id),
        "dataset": submission.dataset_id,
        "status": submission.status,
        "filename": submission.filename,
        "title": submission.title,
        "note": submission.note,
        "account": submission.account_name,
        "sha256": submission.sha256,
        "bytes": submission.byte_count,
        "header_mapping": submission.header_mapping,
        "encoding": submission.encoding,
        "dialect": submission.dialect,
        "stated": submission.stated,
        "compression": submission.compression,
        "archive": submission.archive_filename,
        "archive_member": submission.archive_member,
        "contract_version": submission.contract_version,
        "lines_read": submission.lines_read,
        "rows_loaded": submission.rows_loaded,
        "rows_rejected": submission.rows_rejected,
        "error": error,
        "replaces": _text(submission.replaces_id),
        "replaced_by": _text(submission.replaced_by_id),
        "restores": _text(submission.restores_id),
        "held_for": submission.held_for if submission.status == "held" else None,
        "open_fixes": submission.open_fixes,
        "received_at": time_text(submission.received_at),
        "loading_at": time_text(submission.loading_at),
        "loaded_at": time_text(submission.loaded_at),
        "modelled_at": time_text(submission.modelled_at),
        "settled_at": time_text(submission.settled_at),
        "links": {
            "self": url_for("submissions.get_submission", id=submission.id),
            "file": url_for("downloads.get_file", id=submission.id),
            "rejects": url_for("downloads.get_rejects", id=submission.id),
            "fixes": url_for("fixes.list_fixes", id=submission.id),
            "versions": url_for("versions.list_versions", id=submission.id),
            **_diff_links(submission),
        },
    }


def with_error_groups(submission: Submission, groups: list[ErrorGroup]) -> dict[str, Any]:
    """The same, and what its refused lines have in common: the largest groups first."""
    return {**as_json(submission), "error_groups": [group.as_json() for group in groups]}


def location(submission: Submission) -> str:
    """Where the submission is to be found: a whole URL, as the client reached this server."""
    return url_for("submissions.get_submission", id=submission.id, _external=True)


def _diff_links(submission: Submission) -> dict[str, str]:
    """What a new version changes; while it waits for a confirmation, also the lines that would go."""
    if submission.replaces_id is None:
        return {}
    found = {"diff": url_for("diffs.get_diff", id=submission.id)}
    if submission.status == "held":
        found["removed"] = url_for("diffs.get_diff", id=submission.id, kind="removed", format="csv")
    return found


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)


def time_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, as JSON has it."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
