"""What was sent, back to its owner: the file as it came, and the lines of it that were refused."""

from collections.abc import Generator
from contextlib import closing, suppress
from uuid import UUID

from flask import Blueprint, Response

from backend.api.representation import visible
from backend.auth import account, require_role
from backend.services import services
from backend.streaming import csv_pieces, save_as, stored, streaming
from elt import audit
from elt.access.roles import SENDERS
from elt.database import connect, translated_errors
from elt.errors import NotFound, Refused
from elt.ledger import Submission
from elt.loading import rejects
from elt.loading.rejects import OF_SUBMISSIONS, LineFormat, RejectsTable
from elt.reading.detecting import Stated, read_header, read_layout
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv

ERROR_COLUMNS = ("_line", "_column", "_error")

blueprint = Blueprint("downloads", __name__, url_prefix="/api/v1/submissions")


@blueprint.get("/<uuid:id>/file")
@require_role(*SENDERS)
def get_file(id: UUID) -> Response:
    """The original bytes.
    ---
    tags: [submissions]
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: The file as it was sent.
        content:
          text/csv: {schema: {type: string, format: binary}}
          application/gzip: {schema: {type: string, format: binary}}
          application/zip: {schema: {type: string, format: binary}}
      default: {$ref: "#/components/responses/Problem"}
    """
    submission = _open_for_download(id, "submission.download")
    mimetype = f"application/{submission.compression}" if submission.compression else "text/csv"
    response = streaming(stored(submission.object_key), mimetype)
    response.content_length = submission.byte_count
    save_as(response, submission.filename)
    response.set_etag(submission.sha256)
    return response


@blueprint.get("/<uuid:id>/rejects")
@require_role(*SENDERS)
def get_rejects(id: UUID) -> Response:
    """The refused lines as CSV, one row each.
    ---
    tags: [submissions]
    description: >
      `_line` is the line's number in the file (the header is line 1), `_column` and `_error` say what was wrong
      (several, separated by "; "), then come the original columns as they were sent. All rows are as long as the
      longest: columns without a name hold the cells of lines that have too many.
    parameters:
      - {$ref: "#/components/parameters/id"}
    responses:
      200:
        description: A header, then one row per refused line.
        content: {text/csv: {schema: {type: string}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    submission = _open_for_download(id, "submission.download_rejects")
    header = [*ERROR_COLUMNS, *_header(submission)]
    format = LineFormat.of(submission.dialect)
    response = streaming(rejects_csv(OF_SUBMISSIONS, submission.submission_id, header, format))
    save_as(response, submission.filename.rsplit(".", 1)[0] + "-rejects.csv")
    return response


def _open_for_download(id: UUID, action: str) -> Submission:
    """The submission; that somebody read personal data is on record before the first byte goes out."""
    with services().pool.connection() as connection:
        submission = visible(connection, account(), id)
        audit.record(connection, account().account_id, action, str(id), None)
    return submission


def rejects_csv(
    table: RejectsTable, owner_id: int, header: list[str], format: LineFormat
) -> Generator[bytes, None, None]:
    """The rejects file, every row of it as long as the longest."""
    return csv_pieces(_rejects(table, owner_id, header, format))


def _rejects(
    table: RejectsTable, owner_id: int, header: list[str], format: LineFormat
) -> Generator[list[str], None, None]:
    """The header and the refused lines; one that cannot be split into cells stands whole in the file's first column."""
    # A connection of its own: those who read slowly must not use up the pool.
    with closing(connect(services().settings.database_url)) as connection, translated_errors():
        connection.set_session(isolation_level="REPEATABLE READ")  # no longer line may come after the header
        width = max(len(header), len(ERROR_COLUMNS) + rejects.widest(connection, table, owner_id, format))
        yield _padded(header, width)
        for line in rejects.lines(connection, table, owner_id):
            columns = "; ".join(error["column"] or "" for error in line.errors)
            messages = "; ".join(error["message"] or error["code"] or "" for error in line.errors)
            cells = format.split(line.raw_text)
            yield _padded([str(line.line_number), columns, messages, *cells], width)


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _header(submission: Submission) -> list[str]:
    """The file's own header, in its own order; the contract's where the file is gone, or is none that can be read."""
    store = services().store
    with suppress(NotFound, Refused), store.open(submission.object_key) as body, open_csv(Source(body)) as (file, _):
        if submission.encoding and submission.dialect:
            return read_header(file.sample(), submission.encoding, submission.dialect)
        return read_layout(file.sample(), Stated(**submission.stated)).header
    return [field.name for field in services().contracts[submission.dataset_id].fields]
