"""The insights over HTTP: the catalogue, and each answer as JSON, CSV, PNG, SVG or PDF."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from backend.api.ask import pools
from backend.auth import account, require_role
from backend.reporting import forms, questions
from backend.reporting.insight import EVERYBODY, Insight
from backend.reporting.registry import find, visible_to
from backend.reporting.result import Result, answer, answers, check_names
from backend.services import services
from elt import audit
from elt.asking.questions import find as find_question
from elt.asking.questions import listing
from elt.errors import LaurelError, NotFound

blueprint = Blueprint("insights", __name__, url_prefix="/api/v1/insights")

FORMS: dict[str, tuple[str, Callable[[Result], str | bytes]]] = {
    "csv": ("text/csv", forms.to_csv),
    "png": ("image/png", forms.to_png),
    "svg": ("image/svg+xml", forms.to_svg),
    "pdf": ("application/pdf", forms.to_pdf),
}


@blueprint.get("")
@require_role()
def list_insights() -> Response:
    """The catalogue of insights.
    ---
    tags: [insights]
    summary: Every insight your role may read, with its definition and parameters
    responses:
      200:
        description: The catalogue; `links` lead to each insight's forms.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    return jsonify(insights=[{**forms.described(insight), "links": links(insight)} for insight in _visible()])


@blueprint.get("/<name>")
@require_role()
def get_insight(name: str) -> Response:
    """One insight, answered.
    ---
    tags: [insights]
    summary: One insight - definition, parameters, rows, finding, freshness
    description: >
      Every parameter of an insight (its `parameters` list them, with the allowed values) is a query parameter.
    parameters:
      - {name: name, in: path, required: true, schema: {type: string}, example: pass_rate}
    responses:
      200:
        description: The insight; `rows` are in the order of the chart.
        content: {application/json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    result = answered(name, request.args.to_dict())
    return jsonify({**forms.to_json(result), "links": links(result.insight)})


@blueprint.get("/<name>.<any(csv,png,svg,pdf):form>")
@require_role()
def get_insight_form(name: str, form: str) -> Response:
    """One insight as a file.
    ---
    tags: [insights]
    summary: One insight as CSV (its rows), PNG or SVG (its chart) or PDF (a report)
    parameters:
      - {name: name, in: path, required: true, schema: {type: string}, example: pass_rate}
      - {name: form, in: path, required: true, schema: {type: string, enum: [csv, png, svg, pdf]}}
    responses:
      200:
        description: The file.
        content:
          text/csv: {schema: {type: string}}
          image/png: {schema: {type: string, format: binary}}
          image/svg+xml: {schema: {type: string}}
          application/pdf: {schema: {type: string, format: binary}}
      default: {$ref: "#/components/responses/Problem"}
    """
    mimetype, write = FORMS[form]
    result = answered(name, request.args.to_dict())
    if form not in forms_of(result.insight):
        raise NotFound(
            "no_chart",
            "This question was saved without a chart.",
            allowed="JSON and CSV.",
            remedy=links(result.insight)["csv"],
        )
    with services().pool.connection() as connection:
        audit.record(connection, account().account_id, "insight.export", name, {"form": form})
    response = Response(write(result), mimetype=mimetype)
    response.headers.set("Content-Disposition", "inline", filename=forms.filename(result, form))
    if form == "csv":
        arguments: dict[str, Any] = request.args.to_dict()
        about = url_for("insights.get_insight_csv_metadata", name=name, **arguments)
        response.headers.set("Link", f'<{about}>; rel="describedby"; type="application/csvm+json"')
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/<name>.csv-metadata.json")
@require_role()
def get_insight_csv_metadata(name: str) -> Response:
    """What goes along with an insight's CSV.
    ---
    tags: [insights]
    summary: The passport of an insight's CSV - its columns, definition, freshness, and the files behind it
    description: >
      As CSV on the Web (W3C) has it. The CSV's `Link` header leads here. Takes the same parameters as the CSV.
    parameters:
      - {name: name, in: path, required: true, schema: {type: string}, example: pass_rate}
    responses:
      200:
        description: The metadata.
        content: {application/csvm+json: {schema: {type: object}}}
      default: {$ref: "#/components/responses/Problem"}
    """
    arguments: dict[str, Any] = request.args.to_dict()
    csv_url = url_for("insights.get_insight_form", name=name, form="csv", **arguments)
    response = jsonify(forms.to_csv_metadata(answered(name, arguments), csv_url))
    response.mimetype = "application/csvm+json"
    return response


def links(insight: Insight, **arguments: Any) -> dict[str, str]:
    """Where this insight's page and forms are, for these arguments."""
    return {
        "self": url_for("insights.get_insight", name=insight.name, **arguments),
        "page": url_for("pages.insight", name=insight.name, **arguments),
        **{
            form: url_for("insights.get_insight_form", name=insight.name, form=form, **arguments)
            for form in forms_of(insight)
        },
        "csv_metadata": url_for("insights.get_insight_csv_metadata", name=insight.name, **arguments),
    }


def forms_of(insight: Insight) -> tuple[str, ...]:
    """The files that an insight can be had as; what is not drawn is rows alone."""
    return tuple(FORMS) if insight.chart else ("csv",)


def _visible() -> tuple[Insight, ...]:
    return (*visible_to(account().role), *saved())


def saved() -> tuple[Insight, ...]:
    """The saved questions, as insights; for administrators alone."""
    if not account().is_administrator:
        return ()
    with services().pool.connection() as connection:
        return tuple(questions.insight_of(question) for question in listing(connection))


def answered(name: str, arguments: Mapping[str, str]) -> Result:
    """The insight for whoever asks. What lists single students is for some roles only, and its reading is on record."""
    if questions.is_name(name) and account().is_administrator:
        result = _answered_question(name, arguments)
    else:
        result = answer(find(name, account().role), arguments, services().reader_pool)
    _put_on_record([result.insight])
    return result


def answered_together(asked: Sequence[tuple[Insight, Mapping[str, str]]]) -> list[Result | LaurelError]:
    """These insights of one moment for whoever asks; in place of one without an answer, why."""
    found = answers([(find(insight.name, account().role), given) for insight, given in asked], services().reader_pool)
    _put_on_record([one.insight for one in found if isinstance(one, Result)])
    return found


def _put_on_record(read: Sequence[Insight]) -> None:
    names = [insight.name for insight in read if insight.audience < EVERYBODY]
    if names:
        with services().pool.connection() as connection:
            for name in names:
                audit.record(connection, account().account_id, "insight.read", name, None)


def _answered_question(name: str, arguments: Mapping[str, str]) -> Result:
    check_names(name, (), arguments)
    with services().pool.connection() as connection:
        question = find_question(connection, name)
    return questions.answered(question, pools()[1], services().reader_pool)
