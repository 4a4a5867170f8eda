"""The two charts of a student's page: attendance and mean score, term by term."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.reporting.charts import SCHEMA
from backend.reporting.insight import Row
from backend.reporting.seeds import kpi_threshold
from backend.reporting.values import plain


def specs(terms: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """By name, those that have at least two terms to show."""
    told: dict[str, tuple[str, str, str, list[float], float]] = {
        "attendance": ("attendance_rate", "Attendance", ".0%", [0.5, 1], float(kpi_threshold("chronic_absence_rate"))),
        "scores": ("mean_score", "Mean total score", ".0f", [0, 100], float(kpi_threshold("pass_mark"))),
    }
    return {
        name: _line(terms, *parts)
        for name, parts in told.items()
        if sum(term[parts[0]] is not None for term in terms) > 1
    }


def _line(
    terms: Sequence[Row], field: str, title: str, form: str, domain: list[float], threshold: float
) -> dict[str, Any]:
    values: list[Mapping[str, Any]] = [
        {"term": term["session_name"], "value": plain(term[field])} for term in terms if term[field] is not None
    ]
    low = min(domain[0], *(value["value"] for value in values))
    return {
        "$schema": SCHEMA,
        "description": f"{title} by term; the dashed line is the threshold.",
        "data": {"values": values},
        "width": "container",
        "height": 180,
        "layer": [
            {
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": {
                        "field": "term", "type": "nominal", "sort": None, "title": None,
                        "axis": {
                            "labelAngle": -40,
                            "labelExpr": "replace(replace(replace(replace(datum.label, ' Term', ''), 'First', '1'), "
                            "'Second', '2'), 'Third', '3')",
                        },
                    },
                    "y": {
                        "field": "value", "type": "quantitative", "title": title, "axis": {"format": form},
                        "scale": {"domain": [low, domain[1]], "zero": False},
                    },
                    "tooltip": [
                        {"field": "term", "title": "Term"},
                        {"field": "value", "title": title, "format": form.replace("0", "1")},
                    ],
                },
            },
            {
                "data": {"values": [{"threshold": threshold}]},
                "mark": {"type": "rule", "strokeDash": [4, 3], "tooltip": False},
                "encoding": {"y": {"field": "threshold", "type": "quantitative"}},
            },
        ],
    }  # fmt: skip
