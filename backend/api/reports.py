"""Reports over HTTP: which there are, and each as PDF or as a ZIP with its pages as pictures."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from psycopg2.extensions import connection as Connection

from backend.api import parameters
from backend.auth import account, require_role
from backend.problems import BadRequest, Forbidden
from backend.reporting.building import Built, build, subjects
from backend.reporting.reading import version_of
from backend.reporting.report_kinds import ReportKind, find_kind, kinds_for
from backend.reporting.result import snapshot
from backend.services import services
from elt import audit
from elt.access import accounts
from elt.access.accounts import Account
from elt.access.pseudonyms import pseudonym
from elt.access.reading import ReadingAs
from elt.database import Pool
from elt.errors import NotFound

SYSTEM = "laurel"  # whose students have reports of their own

blueprint = Blueprint("reports", __name__, url_prefix="/api/v1/reports")

MIMETYPES = {"pdf": "application/pdf", "zip": "application/zip"}


@blueprint.get("")
@require_role()
def list_reports() -> Response:
    """The catalogue of reports.
    ---
    tags: [reports]
    summary: Every report that your role may read, what there is one of each for, and the data's version
    parameters:
      - {$ref: "#/components/parameters/as_account"}
    responses:
      200:
        description: The catalogue; `links` lead to each report, a report per class or student takes it as a parameter.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    reader = _reader()
    with snapshot(reader.pool) as connection:
        version = version_of(connection)
        listed = [_described(kind, subjects(kind, connection)) for kind in kinds_for(reader.account.role)]
    return jsonify(version=version.number, published_at=version.published_at.isoformat(), reports=listed)


def _described(kind: ReportKind, values: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "tells": kind.tells,
        "names_people": kind.names_people,
        "audience": sorted(kind.audience),
        "parameter": kind.subject and {"name": kind.subject.name, "label": kind.subject.label, "allowed": list(values)},
        "links": {form: url_for("reports.get_report", name=kind.name, form=form) for form in MIMETYPES},
    }


@blueprint.get("/<name>.<any(pdf,zip):form>")
@require_role()
def get_report(name: str, form: str) -> Response:
    """One report as a file.
    ---
    tags: [reports]
    summary: One report, built from the data as they are published - PDF, or ZIP (the PDF and a PNG of each page)
    description: >
      The same data give the same bytes, whenever and wherever it is built; `Laurel-Data-Version` and the file itself
      say which data. That a report was built is on record.
    parameters:
      - {name: name, in: path, required: true, schema: {type: string}, example: principal}
      - {name: form, in: path, required: true, schema: {type: string, enum: [pdf, zip]}}
      - {name: class, in: query, schema: {type: string}, description: Of the report `class`, example: JSS1}
      - {name: student, in: query, schema: {type: string}, description: Of the report `student`; the school's number}
      - {$ref: "#/components/parameters/as_account"}
    responses:
      200:
        description: The file.
        headers: {Laurel-Data-Version: {schema: {type: integer}, description: The transform that published the data}}
        content:
          application/pdf: {schema: {type: string, format: binary}}
          application/zip: {schema: {type: string, format: binary}}
      default: {$ref: "#/components/responses/Problem"}
    """
    reader = _reader()
    kind = find_kind(name, reader.account.role)
    built = build(kind, _subject(kind), reader.pool)
    _put_on_record(built, form, reader.account)
    response = Response(built.pdf() if form == "pdf" else built.zip(), mimetype=MIMETYPES[form])
    response.headers["Laurel-Data-Version"] = str(built.version.number)
    response.headers.set("Content-Disposition", "inline", filename=f"{built.stem()}.{form}")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@dataclass(frozen=True)
class Reader:
    """As whom a report is built, and the connections that see what this account may see."""

    account: Account
    pool: Pool


def _reader() -> Reader:
    """Whoever asks; for an administrator, who sees everything, also another account. Raises Forbidden, NotFound."""
    if "as_account" not in request.args:
        return Reader(account(), services().reader_pool)
    if not account().is_administrator:
        raise Forbidden("wrong_role", "Only administrators build reports as somebody else sees them.")
    number = parameters.whole_number("as_account", 0, 0, 999_999)
    with services().pool.connection() as connection:
        other = accounts.find(connection, number)
    if other is None:
        raise NotFound("unknown_account", "There is no open account with this number.")
    return Reader(other, ReadingAs(services().readers, other.role, other.account_id))


def _subject(kind: ReportKind) -> str | None:
    """What the report is to be about, of the query. Raises BadRequest for any other parameter."""
    arguments = {name: value for name, value in request.args.items() if name != "as_account"}
    chosen = arguments.pop(kind.subject.name, None) if kind.subject else None
    if arguments:
        allowed = f"?{kind.subject.name}=…" if kind.subject else "No parameter."
        raise BadRequest(
            "unknown_parameter", "This report has no such parameter.", allowed=allowed, remedy="See /api/v1/reports."
        )
    return chosen


def _put_on_record(built: Built, form: str, reader: Account) -> None:
    """Who built which report of which data."""
    with services().pool.connection() as connection:
        told = {"form": form, "version": built.version.number, "names_people": built.kind.names_people}
        if reader.account_id != account().account_id:
            told["as_account"] = reader.account_id
        about = on_record(connection, built.kind, built.subject)
        audit.record(connection, account().account_id, "report.built", about, told)


def on_record(connection: Connection, kind: ReportKind, subject: str) -> str:
    """What the audit log calls a report; a person by the pseudonym, for auditors know no student."""
    about = pseudonym(connection, SYSTEM, subject) if kind.is_of_persons else subject
    return f"{kind.name}/{about}" if about else kind.name
