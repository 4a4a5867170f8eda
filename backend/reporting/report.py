"""The PDF of an answered insight, set by typst with the fonts it carries."""

import json
from pathlib import Path

import typst

from backend.reporting import charts
from backend.reporting.passport import threshold_sources
from backend.reporting.result import Result
from backend.reporting.values import decimals_of, shown

TEMPLATE = Path(__file__).with_name("report.typ").read_bytes()
FONT = "Libertinus Serif"  # typst carries it: text in the chart and around it matches, on every machine
FIRST_PAGE_ROWS = 10  # a longer table begins on a page of its own, and leaves the first to the chart
TABLE_ROWS = 200
LISTED_FILES = 4
UPRIGHT_COLUMNS = 10


def pdf(result: Result) -> bytes:
    """A4: chart and definition on the first page, the table below or on the next ones.

    Deterministic: neither the clock nor the machine's fonts get in.
    """
    chart = charts.svg(charts.spec(result.insight, result.rows), font=FONT)
    compiled = typst.compile(
        TEMPLATE,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(_content(result), ensure_ascii=False), "chart": chart},
        timestamp=0,
    )
    if not isinstance(compiled, bytes):
        raise TypeError("typst returned pages where a PDF was asked for")
    return compiled


def _files(result: Result) -> str:
    """The newest of the files behind the answer, without names: a report is handed on."""
    told = [
        f"{file['dataset_id']} of {shown(file['received_at'], 'time')} ({shown(file['rows_loaded'], 'integer')} lines)"
        for file in result.passport.files[:LISTED_FILES]
    ]
    more = result.passport.file_count - len(told)
    return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])]) or "none"


def _cells(result: Result) -> list[list[str]]:
    columns, rows = result.insight.columns, result.rows[:TABLE_ROWS]
    decimals = {
        column.name: decimals_of(row[column.name] for row in rows) for column in columns if column.kind == "number"
    }
    return [[shown(row[of.name], of.kind, decimals.get(of.name)) for of in columns] for row in rows]


def _content(result: Result) -> dict[str, object]:
    insight, definition, freshness = result.insight, result.insight.definition, result.freshness
    published = shown(freshness.published_at, "time")
    rejected = shown(freshness.rejected_rate, "rate")
    failed = f" A later transform failed ({shown(freshness.failed_at, 'time')})." if freshness.failed_at else ""
    waiting = (
        f" {freshness.waiting} file{'s wait' if freshness.waiting != 1 else ' waits'}." if freshness.waiting else ""
    )
    return {
        "title": insight.title,
        "question": insight.question,
        "chosen": result.chosen,
        "headline": result.finding.headline,
        "unit": result.finding.unit,
        "finding": result.finding.details or [result.finding.sentence],
        "facts": [
            ["Measure", definition.measure],
            ["Numerator", definition.numerator],
            ["Denominator", definition.denominator],
            ["Exclusions", definition.exclusions],
            ["Threshold", f"{definition.threshold} (seed: {', '.join(definition.threshold_seeds) or 'none'})"],
            *([["Mind", " ".join(insight.caveats)]] if insight.caveats else []),
            [
                "Freshness",
                f"Marts published {published}; {rejected} of the source lines were rejected.{waiting}{failed}",
            ],
            *([["Source", "; ".join(sources)]] if (sources := threshold_sources(definition)) else []),
            *([["Moved", "; ".join(moved.text for moved in moves)]] if (moves := result.passport.movements) else []),
            ["Files", _files(result)],
        ],
        "header": [column.label for column in insight.columns],
        "numeric": [column.kind not in ("text", "flag") for column in insight.columns],
        "rows": _cells(result),
        "apart": len(result.rows) > FIRST_PAGE_ROWS,
        "wide": len(insight.columns) > UPRIGHT_COLUMNS,
        "count": len(result.rows),
    }
