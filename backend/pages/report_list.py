"""The page of reports: built now from the data as they are, the weekly editions, and what is sent by e-mail."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend.api import report_editions as api
from backend.auth import account, require_role
from backend.pages.signing_in import check_csrf
from backend.reporting.building import subjects
from backend.reporting.reading import version_of
from backend.reporting.report_kinds import kinds_for
from backend.reporting.result import snapshot
from backend.services import services
from elt.access.roles import ADMINISTRATOR
from elt.reports import editions, subscriptions

EDITIONS = 8


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their part about reports."""
    blueprint.add_url_rule("/reports", "reports", view_func=reports, methods=["GET"])
    blueprint.add_url_rule("/reports", "subscribe_report", view_func=subscribe, methods=["POST"])
    blueprint.add_url_rule("/reports/editions/<int:number>", "report_edition", view_func=edition, methods=["GET"])
    blueprint.add_url_rule("/reports/<name>.<any(pdf,zip):form>", "report", view_func=file, methods=["GET"])


@require_role()
def reports() -> str:
    """What the account may read: to be built now, or of an earlier week."""
    kinds = kinds_for(account().role)
    with snapshot(services().reader_pool) as connection:
        version = version_of(connection)
        listed = [(kind, subjects(kind, connection)) for kind in kinds]
    with services().pool.connection() as connection:
        sent = subscriptions.of(connection, account().account_id)
        weekly = editions.editions(connection, EDITIONS) if account().role == ADMINISTRATOR else []
    return render_template(
        "reports.html",
        version=version,
        reports=listed,
        editions=weekly,
        subscriptions=sent,
        can_mail=services().settings.smtp is not None,
    )


@require_role()
def subscribe() -> Response:
    """Have a report sent, or, where no address is given, sent no more."""
    check_csrf(request.form)
    report, email = request.form.get("report", ""), request.form.get("email", "").strip()
    if email:
        api.set_subscription(report, email)
    else:
        api.end_subscription(report)
    return redirect(url_for("pages.reports") + "#mail")


@require_role(ADMINISTRATOR)
def edition(number: int) -> str:
    """One edition's files."""
    with services().pool.connection() as connection:
        found, files = api.find(connection, number)
    return render_template("report_edition.html", edition=found, files=files)


def file(name: str, form: str) -> Response:
    """A report under the address that people guess; it is the API that builds it."""
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    return redirect(url_for("reports.get_report", name=name, form=form) + query)
