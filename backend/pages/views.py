"""The pages people read: one insight, the last transform; and what is told when one fails."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from backend.api.insights import answered, links
from backend.auth import account, require_role
from backend.pages import (
    accounts,
    asking,
    assets,
    auditing,
    boards,
    catalogue,
    data,
    described,
    lineage,
    live,
    models,
    navigation,
    openid,
    overview,
    report_list,
    signing_in,
    sources,
    students,
    transforms,
)
from backend.pages.prose import prose
from backend.pages.themes import themed
from backend.problems import RETRY_AFTER_SECONDS, Unauthenticated, log_frames, status_of, told
from backend.reporting import charts
from backend.reporting.passport import threshold_sources
from backend.reporting.registry import visible_to
from backend.reporting.values import decimals_of, shown
from backend.services import services
from elt.errors import LaurelError

TABLE_ROWS = 200  # of a page; the CSV holds them all

blueprint = Blueprint("pages", __name__)
blueprint.add_app_template_filter(shown, "shown")
blueprint.add_app_template_filter(decimals_of, "decimals_of")
blueprint.add_app_template_filter(prose, "prose")
blueprint.add_app_template_filter(threshold_sources, "threshold_sources")
signing_in.add_to(blueprint)
openid.add_to(blueprint)
overview.add_to(blueprint)
catalogue.add_to(blueprint)
students.add_to(blueprint)
models.add_to(blueprint)
boards.add_to(blueprint)
live.add_to(blueprint)
described.add_to(blueprint)
report_list.add_to(blueprint)
data.add_to(blueprint)
sources.add_to(blueprint)
lineage.add_to(blueprint)
auditing.add_to(blueprint)
accounts.add_to(blueprint)
asking.add_to(blueprint)


@blueprint.get("/insights/<name>")
@require_role()
def insight(name: str) -> str:
    """One insight: chart, table, definition and everything that stands behind the numbers."""
    # An empty choice in the form means all.
    result = answered(name, {key: value for key, value in request.args.items() if value})
    found = result.insight
    chosen = {choice.parameter.name: choice.value for choice in result.choices if choice.value is not None}
    return render_template(
        "insight.html",
        result=result,
        insight=found,
        chosen=any(request.args.values()),
        chart=themed(charts.spec(found, result.rows)) if found.chart else None,
        links=links(found, **chosen),
        rows=result.rows[:TABLE_ROWS],
        related=[other for other in visible_to(account().role) if other.name in found.related],
    )


@blueprint.get("/transform")
@require_role("administrator", "auditor")
def last_transform() -> str:
    """What the last transform made of every model and test."""
    run, nodes = transforms.last(services().reader_pool)
    return render_template("transform.html", run=run, nodes=nodes)


@blueprint.get("/vega.js")
def vega() -> Response:
    """Vega, Vega-Lite and Vega-Embed, from the installed package."""
    response = Response(assets.vega_bundle(services().settings.home), mimetype="text/javascript")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"  # its URL carries the version
    return response


@blueprint.app_context_processor
def _shared() -> dict[str, object]:
    return {
        "asset": assets.url,
        "airflow_url": services().settings.airflow_url,
        "csrf_token": signing_in.csrf_token,
        "navigation": navigation.links,
        "news_of": live.news_of,
        "signed_in": signing_in.signed_in,
        "has_openid": openid.is_configured,
    }


@blueprint.errorhandler(Unauthenticated)
def _to_sign_in(_: Unauthenticated) -> BaseResponse:
    return redirect(url_for("pages.sign_in", next=request.full_path.rstrip("?")))


@blueprint.errorhandler(LaurelError)
def _refused(error: LaurelError) -> Response:
    if status_of(error) >= 500:
        log_frames(error, f"{request.method} {request.path}")
    return _problem(error)


@blueprint.errorhandler(Exception)
def _broken(error: Exception) -> Response:
    return _problem(told(error))


def _problem(error: LaurelError) -> Response:
    response = Response(render_template("problem.html", error=error), status_of(error))
    if response.status_code == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    shown = LaurelError("http_error", error.description or error.name)
    return render_template("problem.html", error=shown), error.code
