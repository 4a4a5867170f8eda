"""Charts: an insight's Vega-Lite spec with its rows in it, for the browser and for files."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import vl_convert

from backend.reporting.insight import Insight, Row
from backend.reporting.values import plain

VEGA_LITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Liberation Sans"  # comes with vl-convert, so that a file looks the same on every machine

COUNTS: Mapping[str, Any] = {"labelExpr": "datum.value % 1 ? '' : format(datum.value, ',d')"}  # no half student
PREVIEW_HEIGHT = 96
PAGE_LABEL_LIMIT = 260
FILE_LABEL_LIMIT = 420  # a file grows with its labels, which a page cannot
NARROW_LABEL_LIMIT, NARROW_COLUMNS = 170, 2  # for the 330 pixels of a phone
NARROW_PLOT, NARROW_LABEL_LETTERS = 340, 26  # pixels of a plot on a phone at most; letters of a line of its labels
LINES_STEP = 26  # pixels that two lines of a label take
_CUT = f"lastindexof(slice(datum.label, 0, {NARROW_LABEL_LETTERS}), ' ')"
WRAPPED = (
    f"width < {NARROW_PLOT} && length(datum.label) > {NARROW_LABEL_LETTERS} && {_CUT} > 0 "
    f"? [slice(datum.label, 0, {_CUT}), slice(datum.label, {_CUT} + 1)] : datum.label"
)
KEPT_DRAWINGS = 32  # of each kind, per process: a few megabytes
_PROCESS_IDS = re.compile(r"\b(gradient_|clip)\d+\b")

# Told apart by people with any colour vision, on white and on near-black.
LIGHT = {"ink": "#1c2b26", "muted": "#5b6b65", "grid": "#e3e9e6", "back": "#ffffff"}
DARK = {"ink": "#e6eeea", "muted": "#9db0a8", "grid": "#2c3a35", "back": "#16201c"}
LIGHT_SERIES = ["#1b7a5a", "#c8622b", "#3f63a8", "#8c5aa6", "#b58a00", "#5b6b65"]
DARK_SERIES = ["#4fc39a", "#f0935e", "#86a8ee", "#c397dc", "#e0bf4a", "#9db0a8"]


def spec(insight: Insight, rows: Sequence[Row]) -> dict[str, Any]:
    """The complete Vega-Lite spec: the insight's chart with `rows` as its data."""
    shown = [row for row in rows if not row.get("is_suppressed")]
    legends = partial(_with_named_levels, rows=shown) if rows else _without_legend
    drawn: dict[str, Any] = _rebuilt(_rebuilt(insight.chart, legends), _with_wrapped_labels)
    return {
        "$schema": SCHEMA,
        "description": insight.question,
        "data": {"values": [{name: plain(value) for name, value in row.items()} for row in rows]},
        **drawn,
    }


def titled(chart: Mapping[str, Any], title: str, subtitle: Sequence[str]) -> dict[str, Any]:
    """The chart with what a page says around it, for a file that travels alone."""
    return {**chart, "title": {"text": title, "subtitle": list(subtitle)}}


def _rebuilt(part: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A part of a spec with each object in it changed, from the inside out."""
    if isinstance(part, list):
        return [_rebuilt(item, change) for item in part]
    if not isinstance(part, dict):
        return part
    return change({name: _rebuilt(value, change) for name, value in part.items()})


def _without_legend(part: dict[str, Any]) -> dict[str, Any]:
    """For no rows: Vega gives a legend in columns that has no entry an infinite size."""
    color = part.get("color")
    return {**part, "color": {**color, "legend": None}} if isinstance(color, dict) else part


def _with_named_levels(part: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """With a legend that names only levels that are drawn; the others keep their colours."""
    color = part.get("color")
    if isinstance(color, dict) and rows and color.get("field") in rows[0] and "domain" in color.get("scale", {}):
        present = {row[color["field"]] for row in rows}
        levels = [level for level in color["scale"]["domain"] if level in present]
        if color.get("type") == "nominal" and levels:
            return {**part, "color": {**color, "legend": {**color.get("legend", {}), "values": levels}}}
    return part


def _with_wrapped_labels(part: dict[str, Any]) -> dict[str, Any]:
    """With long names down the side on two lines where the plot is narrow, instead of being cut."""
    side, height = part.get("y"), part.get("height")
    if isinstance(side, dict) and side.get("type") == "nominal" and side.get("axis", {}) is not None:
        part = {**part, "y": {**side, "axis": {"labelExpr": WRAPPED, **side.get("axis", {})}}}
    if isinstance(height, dict) and height.get("step", LINES_STEP) < LINES_STEP:
        part = {**part, "height": {"step": LINES_STEP}}
    return part


def preview(insight: Insight, rows: Sequence[Row]) -> dict[str, Any]:
    """The chart small and without its words, to show its shape beside a headline."""
    bare: dict[str, Any] = _bare(spec(insight, rows))
    return {**bare, "height": PREVIEW_HEIGHT, "padding": 0}


def _bare(part: Any) -> Any:
    """A part of a spec without axes, legends, tooltips, written numbers and fixed sizes of marks."""
    if isinstance(part, list):
        return [_bare(item) for item in part if not (isinstance(item, dict) and _writes(item))]
    if not isinstance(part, dict):
        return part
    bare = {name: _bare(value) for name, value in part.items() if name not in ("tooltip", "data", "size")}
    for channel, guide in (("x", "axis"), ("y", "axis"), ("color", "legend")):
        if isinstance(bare.get(channel), dict) and {"field", "aggregate"} & bare[channel].keys():
            bare[channel] = {**bare[channel], guide: None}
    return {**bare, "data": part["data"]} if "data" in part else bare


def _writes(layer: Mapping[str, Any]) -> bool:
    return isinstance(layer.get("mark"), dict) and layer["mark"].get("type") == "text"


def config(
    *, dark: bool = False, narrow: bool = False, font: str = FONT, label_limit: int = PAGE_LABEL_LIMIT
) -> dict[str, Any]:
    """Colours, type and fit for every chart, so that a spec says only what it shows.

    `label_limit` is the longest label of an axis in pixels. Titles, and legends of a narrow chart, end where the plot
    ends: beside long labels only the space before it is left.
    """
    tone, series = (DARK, DARK_SERIES) if dark else (LIGHT, LIGHT_SERIES)
    text = {"labelColor": tone["muted"], "titleColor": tone["ink"], "labelFontSize": 12, "titleFontSize": 12}
    return {
        "font": font,
        "background": tone["back"],
        "view": {"stroke": None},
        "range": {"category": series, "ramp": {"scheme": "viridis"}},
        "axis": {
            **text,
            "gridColor": tone["grid"],
            "domainColor": tone["muted"],
            "tickColor": tone["muted"],
            "titleFontWeight": "normal",
            "labelLimit": NARROW_LABEL_LIMIT if narrow else label_limit,
            "labelSeparation": 8,
        },
        "axisX": {"titleAnchor": "end"},
        "legend": {
            **text,
            "orient": "top",
            "symbolType": "circle",
            "titleFontWeight": "normal",
            "columns": NARROW_COLUMNS if narrow else 0,
            "layout": {side: {"anchor": "end" if narrow else "start"} for side in ("top", "bottom")},
        },
        "title": {
            "color": tone["ink"],
            "subtitleColor": tone["muted"],
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 15,
            "subtitleFontSize": 12,
            "offset": 12,
        },
        "header": {**text, "labelFontWeight": "bold"},
        "mark": {"color": series[0], "tooltip": True},
        "point": {"opacity": 1},
        "text": {"color": tone["ink"], "fontSize": 12},
        "rule": {"color": tone["muted"]},
        "tick": {"color": tone["ink"]},
    }


def themes() -> dict[str, dict[str, Any]]:
    """The configs among which a browser chooses, by colour scheme and width."""
    return {
        "light": config(),
        "dark": config(dark=True),
        "light narrow": config(narrow=True),
        "dark narrow": config(dark=True, narrow=True),
    }


def svg(chart: Mapping[str, Any], *, font: str = FONT) -> str:
    """The chart as an SVG document; the same spec gives the same text."""
    return _svg(json.dumps(_with_width(chart)), font)


def png(chart: Mapping[str, Any]) -> bytes:
    """The chart as a PNG, two pixels per unit."""
    return _png(json.dumps(_with_width(chart)))


# Drawing takes up to a second, and the rows change with a transform only.
@lru_cache(maxsize=KEPT_DRAWINGS)
def _svg(spec_text: str, font: str) -> str:
    drawn = vl_convert.vegalite_to_svg(
        spec_text, VEGA_LITE, config=config(font=font, label_limit=FILE_LABEL_LIMIT), allowed_base_urls=[]
    )
    return _renumbered(drawn)


@lru_cache(maxsize=KEPT_DRAWINGS)
def _png(spec_text: str) -> bytes:
    return vl_convert.vegalite_to_png(
        spec_text, VEGA_LITE, scale=2, config=config(label_limit=FILE_LABEL_LIMIT), allowed_base_urls=[]
    )


def _renumbered(drawn: str) -> str:
    """Vega numbers gradients and clips through the life of the process; here they count from 0 in each file."""
    numbers: dict[str, int] = {}
    return _PROCESS_IDS.sub(lambda found: f"{found[1]}{numbers.setdefault(found[0], len(numbers))}", drawn)


def _with_width(chart: Mapping[str, Any]) -> dict[str, Any]:
    """In the browser a chart is as wide as the page ("container"); a file needs a number."""
    return {**chart, "width": 640} if chart.get("width") == "container" else dict(chart)
