"""Editions of the reports over HTTP: what the weekly run built, to be fetched again, and who is sent what of it."""

import io
import re
import zipfile
from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from psycopg2.extensions import connection as Connection

from backend.api import parameters
from backend.api.reports import MIMETYPES, on_record
from backend.auth import account, require_role
from backend.problems import BadRequest
from backend.reporting.building import EARLIEST
from backend.reporting.report_kinds import find_kind
from backend.services import services
from backend.streaming import save_as
from elt import audit
from elt.access.roles import ADMINISTRATOR
from elt.errors import NotFound
from elt.reports import editions, subscriptions
from elt.reports.editions import Edition, ReportFile

blueprint = Blueprint("report_editions", __name__, url_prefix="/api/v1/report-editions")

LISTED = 52
ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


@blueprint.get("")
@require_role(ADMINISTRATOR)
def list_editions() -> Response:
    """The editions of the reports.
    ---
    tags: [reports]
    summary: What the weekly run built, newest first
    responses:
      200:
        description: The editions; one without `finished_at` is not complete yet.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        found = editions.editions(connection, LISTED)
    return jsonify(editions=[_edition(edition) for edition in found])


@blueprint.get("/<int:number>")
@require_role(ADMINISTRATOR)
def get_edition(number: int) -> Response:
    """One edition, with its files.
    ---
    tags: [reports]
    summary: The files of an edition
    parameters:
      - {name: number, in: path, required: true, schema: {type: integer}, description: The edition's number}
    responses:
      200:
        description: The edition; each of its files leads to its PDF and to a ZIP of its pages.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        edition, files = find(connection, number)
    return jsonify({**_edition(edition), "files": [_file(file) for file in files]})


@blueprint.get("/files/<int:number>.<any(pdf,zip):form>")
@require_role(ADMINISTRATOR)
def get_file(number: int, form: str) -> Response:
    """One report of an edition, as it was built.
    ---
    tags: [reports]
    summary: One report of an edition - PDF, or ZIP (the PDF and a PNG of each page); that it was fetched is on record
    parameters:
      - {name: number, in: path, required: true, schema: {type: integer}, description: The file's number}
      - {name: form, in: path, required: true, schema: {type: string, enum: [pdf, zip]}}
    responses:
      200:
        description: The file.
        content:
          application/pdf: {schema: {type: string, format: binary}}
          application/zip: {schema: {type: string, format: binary}}
      default: {$ref: "#/components/responses/Problem"}
    """
    with services().pool.connection() as connection:
        file = editions.file(connection, number)
        kind = find_kind(file.report, account().role)
        told = {"form": form, "edition": file.report_edition_id, "names_people": kind.names_people}
        audit.record(
            connection, account().account_id, "report.download", on_record(connection, kind, file.subject), told
        )
    response = Response(_pdf(file) if form == "pdf" else _zip(file), mimetype=MIMETYPES[form])
    save_as(response, f"{editions.stem(file.report, file.subject)}.{form}")
    return response


@blueprint.put("/subscriptions/<report>")
@require_role()
def subscribe(report: str) -> Response:
    """Have a report sent.
    ---
    tags: [reports]
    summary: Have a report sent to an address of yours, with each edition
    parameters:
      - {name: report, in: path, required: true, schema: {type: string}, example: principal}
    requestBody:
      required: true
      content:
        application/json:
          schema: {type: object, required: [email], properties: {email: {type: string, format: email}}}
    responses:
      200:
        description: The subscription; an earlier one to the same report is replaced.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    email = parameters.json_object("email")["email"]
    set_subscription(report, email)
    return jsonify(report=report, email=email)


@blueprint.delete("/subscriptions/<report>")
@require_role()
def unsubscribe(report: str) -> tuple[str, int]:
    """Have a report sent no more.
    ---
    tags: [reports]
    summary: End your subscription to a report
    parameters:
      - {name: report, in: path, required: true, schema: {type: string}, example: principal}
    responses:
      204: {description: You are not sent this report.}
      default: {$ref: "#/components/responses/Problem"}
    """
    end_subscription(report)
    return "", 204


def set_subscription(report: str, email: Any) -> None:
    """Let the account be sent a report that it may read. Raises NotFound, and BadRequest for what is no address."""
    kind = find_kind(report, account().role)
    if not isinstance(email, str) or not ADDRESS.fullmatch(email) or len(email) > 254:
        raise BadRequest("bad_email", "This is not one e-mail address.", allowed='{"email": "name@example.org"}')
    with services().pool.connection() as connection:
        subscriptions.put(connection, account().account_id, kind.name, email)
        audit.record(connection, account().account_id, "report.subscribed", kind.name, None)


def end_subscription(report: str) -> None:
    """Let the account be sent this report no more; where it was not, nothing happens."""
    with services().pool.connection() as connection:
        subscriptions.remove(connection, account().account_id, report)
        audit.record(connection, account().account_id, "report.unsubscribed", report, None)


def find(connection: Connection, number: int) -> tuple[Edition, list[ReportFile]]:
    """An edition and its files. Raises NotFound."""
    for edition in editions.editions(connection, LISTED):
        if edition.report_edition_id == number:
            return edition, editions.files(connection, number)
    raise NotFound("unknown_edition", "There is no such edition.", remedy="GET /api/v1/report-editions lists them.")


def _edition(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.report_edition_id,
        "version": edition.data_version,
        "published_at": edition.published_at.isoformat(),
        "finished_at": edition.finished_at and edition.finished_at.isoformat(),
        "file_count": edition.file_count,
        "links": {"self": url_for("report_editions.get_edition", number=edition.report_edition_id)},
    }


def _file(file: ReportFile) -> dict[str, Any]:
    links = {form: url_for("report_editions.get_file", number=file.report_file_id, form=form) for form in MIMETYPES}
    return {
        "report": file.report,
        "subject": file.subject or None,
        "page_count": file.page_count,
        "byte_count": file.byte_count,
        "sha256": file.sha256,
        "links": links,
    }


def _pdf(file: ReportFile) -> bytes:
    with services().store.open(file.object_key) as stored:
        return stored.read()


def _zip(file: ReportFile) -> bytes:
    """The same ZIP that building the report gives: the PDF, and the folder of its pages."""
    packed, name = io.BytesIO(), editions.stem(file.report, file.subject)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.pdf", EARLIEST), _pdf(file))
        for number, key in enumerate(file.page_keys(), start=1):
            with services().store.open(key) as page:
                archive.writestr(zipfile.ZipInfo(f"{name}/page-{number}.png", EARLIEST), page.read())
    return packed.getvalue()
