"""An answered insight as JSON, CSV, PNG, SVG and PDF."""

import csv
import io
import json
import re
from textwrap import wrap
from typing import Any
from xml.sax.saxutils import escape

from backend.reporting import charts, report
from backend.reporting.freshness import Freshness
from backend.reporting.insight import Insight
from backend.reporting.passport import threshold_sources
from backend.reporting.png_text import with_text
from backend.reporting.result import Result
from backend.reporting.values import plain, shown

SUBTITLE_WIDTH = 105  # characters that fit beside each other above a chart in a file


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
            "threshold_sources": list(threshold_sources(definition)),
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
        "passport": result.passport.as_json(),
    }


def to_csv_metadata(result: Result, csv_url: str) -> dict[str, Any]:
    """What goes along with the CSV, as CSV on the Web (W3C) has it: its columns, and the passport of its numbers."""
    told = to_json(result)
    types = {"integer": "integer", "number": "number", "rate": "number", "p_value": "number", "flag": "boolean"}
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": csv_url,
        "dc:title": result.insight.title,
        "dc:description": result.insight.question,
        "tableSchema": {
            "columns": [
                {"name": column.name, "titles": column.label, "datatype": types.get(column.kind, "string")}
                for column in result.insight.columns
            ]
        },
        **{part: told[part] for part in ("definition", "caveats", "parameters", "finding", "freshness", "passport")},
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
    """The chart with its title, choice and passport as an SVG document; the whole of the passport is its metadata."""
    drawn = charts.svg(_titled(result))
    head, _, rest = drawn.partition(">")
    return f"{head}><metadata>{escape(_carried(result))}</metadata>{rest}"


def to_png(result: Result) -> bytes:
    """The chart with its title, choice and passport as a PNG; the whole of the passport is a text of it."""
    return with_text(charts.png(_titled(result)), "Description", _carried(result))


def _carried(result: Result) -> str:
    """What a picture that travels alone carries along: no reader sees it, but every tool that reads metadata does."""
    told = to_json(result)
    return json.dumps(
        {part: told[part] for part in ("title", "definition", "caveats", "parameters", "freshness", "passport")},
        ensure_ascii=False,
    )


def _titled(result: Result) -> dict[str, Any]:
    definition, rejected = result.insight.definition, shown(result.freshness.rejected_rate, "rate")
    published = (
        f"Laurel, data of {shown(result.freshness.published_at, 'time')}; {rejected} of the source lines rejected"
    )
    said = [
        *([result.chosen] if result.chosen else []),
        *wrap(definition.measure, SUBTITLE_WIDTH),
        *wrap(f"Of: {definition.denominator}", SUBTITLE_WIDTH),
        published,
    ]
    return charts.titled(charts.spec(result.insight, result.rows), result.insight.title, said)


def filename(result: Result, form: str) -> str:
    """What a downloaded form is called: the insight, then each choice made, as pass_rate_ss1.csv."""
    made = [choice.value for choice in result.choices if choice.value]
    words = [re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") for value in made]
    return "_".join([result.insight.name, *filter(None, words)]) + f".{form}"


def to_pdf(result: Result) -> bytes:
    """A report, A4: chart, definition, freshness, the table; the same answer gives the same bytes."""
    return report.pdf(result)
