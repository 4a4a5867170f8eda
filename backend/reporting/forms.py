"""An answered insight as JSON, CSV, PNG, SVG and PDF."""

import csv
import io
import re
from typing import Any

from backend.reporting import charts, report
from backend.reporting.insight import Insight
from backend.reporting.result import Freshness, Result
from backend.reporting.values import plain, shown


def described(insight: Insight) -> dict[str, Any]:
    """What the catalogue says of an insight: everything but its rows."""
    definition = insight.definition
    return {
        "name": insight.name,
        "title": insight.title,
        "question": insight.question,
        "definition": {
            "measure": definition.measure,
            "numerator": definition.numerator,
            "denominator": definition.denominator,
            "exclusions": definition.exclusions,
            "threshold": definition.threshold,
            "threshold_seeds": list(definition.threshold_seeds),
        },
        "caveats": list(insight.caveats),
        "datasets": list(insight.datasets),
        "relations": sorted(insight.relations()),
        "audience": sorted(insight.audience),
        "columns": [{"name": column.name, "label": column.label, "kind": column.kind} for column in insight.columns],
        "parameters": [
            {"name": parameter.name, "label": parameter.label, "default": parameter.default}
            for parameter in insight.parameters
        ],
    }


def to_json(result: Result) -> dict[str, Any]:
    """The whole answer: definition, parameters with their allowed values, rows, finding, freshness."""
    return {
        **described(result.insight),
        "parameters": [
            {
                "name": choice.parameter.name,
                "label": choice.parameter.label,
                "value": choice.value,
                "allowed": list(choice.allowed),
            }
            for choice in result.choices
        ],
        "finding": {
            "headline": result.finding.headline,
            "unit": result.finding.unit,
            "sentence": result.finding.sentence,
            "details": list(result.finding.details),
        },
        "rows": [{name: plain(value) for name, value in row.items()} for row in result.rows],
        "freshness": _freshness(result.freshness),
    }


def _freshness(freshness: Freshness) -> dict[str, Any]:
    return {
        "published_at": plain(freshness.published_at),
        "transform_run_id": freshness.transform_run_id,
        "failed_at": plain(freshness.failed_at),
        "rejected_rate": freshness.rejected_rate,
        "datasets": [{name: plain(value) for name, value in row.items()} for row in freshness.datasets],
    }


def to_csv(result: Result) -> str:
    """The rows under the columns' names, RFC 4180; missing values are empty, numbers unrounded."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    names = [column.name for column in result.insight.columns]
    writer.writerow(names)
    for row in result.rows:
        writer.writerow([_cell(row[name]) for name in names])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    value = plain(value)
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def to_svg(result: Result) -> str:
    """The chart with its title, choice and date as an SVG document."""
    return charts.svg(_titled(result))


def to_png(result: Result) -> bytes:
    """The chart with its title, choice and date as a PNG."""
    return charts.png(_titled(result))


def _titled(result: Result) -> dict[str, Any]:
    published = f"Laurel, data of {shown(result.freshness.published_at, 'time')}"
    said = [line for line in (result.chosen, published) if line]
    return charts.titled(charts.spec(result.insight, result.rows), result.insight.title, said)


def filename(result: Result, form: str) -> str:
    """What a downloaded form is called: the insight, then each choice made, as pass_rate_ss1.csv."""
    made = [choice.value for choice in result.choices if choice.value]
    words = [re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") for value in made]
    return "_".join([result.insight.name, *filter(None, words)]) + f".{form}"


def to_pdf(result: Result) -> bytes:
    """A report, A4: chart, definition, freshness, the table; the same answer gives the same bytes."""
    return report.pdf(result)
