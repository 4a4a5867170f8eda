"""The pages people read: the overview, one insight, the files that were sent."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from backend.api.insights import answered, links
from backend.auth import account, require_role
from backend.pages import assets, signing_in, submissions
from backend.problems import RETRY_AFTER_SECONDS, Unauthenticated, status_of
from backend.reporting import charts
from backend.reporting.insight import Insight
from backend.reporting.registry import visible_to
from backend.reporting.result import answer
from backend.reporting.values import shown
from backend.services import services
from elt.errors import LaurelError, Unavailable

# Nothing from elsewhere, nothing inline: vega runs with its expression interpreter, so it needs no eval either.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TABLE_ROWS = 200  # of a page; the CSV holds them all

blueprint = Blueprint("pages", __name__)
blueprint.add_app_template_filter(shown, "shown")
signing_in.add_to(blueprint)


@blueprint.get("/")
@require_role()
def overview() -> str:
    """Every insight with what it says at the moment."""
    return render_template("overview.html", cards=[_card(insight) for insight in visible_to(account().role)])


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
        chart=_themed(charts.spec(found, result.rows)),
        links=links(found, **chosen),
        rows=result.rows[:TABLE_ROWS],
    )


@blueprint.get("/data")
@require_role()
def data() -> str:
    """The files that were sent and what became of them; a researcher's own, or all for an administrator."""
    return render_template("data.html", submissions=submissions.newest(services().pool, account()))


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
        "signed_in": signing_in.signed_in,
    }


@blueprint.after_request
def _secure(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.errorhandler(Unauthenticated)
def _to_sign_in(_: Unauthenticated) -> BaseResponse:
    return redirect(url_for("pages.sign_in", next=request.full_path.rstrip("?")))


@blueprint.errorhandler(LaurelError)
def _refused(error: LaurelError) -> Response:
    response = Response(render_template("problem.html", error=error), status_of(error))
    if response.status_code == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    told = LaurelError("http_error", error.description or error.name)
    return render_template("problem.html", error=told), error.code


def _card(insight: Insight) -> dict[str, object]:
    """What the overview shows of an insight. Without marts there is a card all the same, which says so."""
    try:
        result = answer(insight, {}, services().reader_pool)
    except Unavailable as error:
        return {"insight": insight, "problem": error.message, "result": None}
    chart = _themed(charts.preview(insight, result.rows)) if result.rows else None
    return {"insight": insight, "problem": None, "result": result, "chart": chart}


def _themed(spec: dict[str, object]) -> dict[str, object]:
    """What the browser needs to draw: the spec and both colour schemes."""
    return {"spec": spec, "light": charts.config(), "dark": charts.config(dark=True)}
