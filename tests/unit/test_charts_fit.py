"""Every chart on a phone: its words stay inside the drawing and off each other, as the browser lays it out."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert

from backend.reporting import charts
from backend.reporting.insight import Insight
from backend.reporting.registry import registry

PHONE = 330  # pixels that a screen of 390 leaves to the chart
NARROW_GLYPH, DIGIT = 0.42, 0.556  # of the font's size: what is found cut is cut; what is found apart is apart
SLACK = 3
GAP = 4
LINE = 9  # from one line of words to the next, at least
LEVELS = 6

insights = pytest.mark.parametrize("insight", registry().values(), ids=registry())


def rows_for(insight: Insight) -> list[dict[str, Any]]:
    """Rows of plausible size and long words for the chart's fields, six to each level that its legend names."""
    chart = json.dumps(insight.chart)
    named = dict(re.findall(r'"color": \{"field": "(\w+)"[^}]*?"scale": \{"domain": (\[[^\]]*\])', chart))
    fields = set(re.findall(r'"field": "(\w+)"', chart)) | set(re.findall(r"datum\.(\w+)", chart))
    rows = []
    for number in range(LEVELS):
        row: dict[str, Any] = dict.fromkeys(fields, 90 + 2 * number)
        for column in insight.columns:
            row[column.name] = {
                "text": f"A rather long name of number {number}",
                "rate": 0.90 + number / 50,
                "number": 268 + 3.0 * number,
                "flag": False,
            }.get(column.kind, 10 + number)
        row["is_found"] = number % 2 == 0
        rows += [{**row, field: level} for field, levels in named.items() for level in json.loads(levels)] or [row]
    return rows


def drawn(chart: dict[str, Any]) -> ElementTree.Element:
    fitted = {**chart, "width": PHONE, "autosize": {"type": "fit-x", "contains": "padding"}}
    assert chart["width"] == "container"
    text = vl_convert.vegalite_to_svg(fitted, charts.VEGA_LITE, config=charts.themes()["light narrow"])
    return ElementTree.fromstring(text)  # noqa: S314  our own drawing


def words(
    element: ElementTree.Element, glyph: float = NARROW_GLYPH, x: float = 0, y: float = 0
) -> Iterator[tuple[str, float, float, float]]:
    """Each upright text with its left and right end and its height on the page."""
    moved = re.search(r"translate\(([-\d.]+),([-\d.]+)\)", element.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    if "rotate" in element.get("transform", "") or element.get("opacity") == "0":
        return
    if element.tag.endswith("text"):
        size = float(element.get("font-size", "11px").removesuffix("px"))
        for line in (element, *element):  # one, or a tspan for each
            y += float(line.get("dy", 0))
            width = len(line.text or "") * size * glyph
            left = x - {"end": width, "middle": width / 2}.get(element.get("text-anchor", "start"), 0)
            if line.text:
                yield line.text, left, left + width, y
    for part in element:
        yield from words(part, glyph, x, y)


@insights
def test_every_word_is_inside_the_drawing(insight: Insight) -> None:
    svg = drawn(charts.spec(insight, rows_for(insight)))
    told = list(words(svg))
    assert float(svg.get("width", 0)) == pytest.approx(PHONE, abs=1)
    assert told
    assert [word for word in told if word[1] < -SLACK or word[2] > PHONE + SLACK] == []


def axis_labels(svg: ElementTree.Element) -> list[list[tuple[str, float, float, float]]]:
    """The words of each axis's labels."""
    axes = [part for part in svg.iter() if "role-axis-label" in part.get("class", "")]
    return [told for axis in axes if (told := list(words(axis, DIGIT)))]


def too_close(labels: list[tuple[str, float, float, float]]) -> list[tuple[str, str]]:
    """Labels that touch: on the same line side by side, or, where they overlap sideways, on lines too near."""
    return [
        (one[0], other[0])
        for one, other in combinations(labels, 2)
        if one[1] < other[2] + GAP and other[1] < one[2] + GAP and abs(one[3] - other[3]) < LINE
    ]


@insights
def test_the_labels_of_an_axis_keep_apart(insight: Insight) -> None:
    axes = axis_labels(drawn(charts.spec(insight, rows_for(insight))))
    assert axes
    assert [pair for labels in axes for pair in too_close(labels)] == []


def test_labels_that_touch_are_found() -> None:
    side_by_side = [("10", 0.0, 14.0, 5.0), ("20", 16.0, 30.0, 5.0)]
    one_below_the_other = [("Mathematics", 0.0, 60.0, 5.0), ("Physics", 20.0, 60.0, 12.0)]
    assert too_close(side_by_side)
    assert too_close(one_below_the_other)
    assert not too_close([("10", 0.0, 14.0, 5.0), ("20", 20.0, 34.0, 5.0), ("10", 0.0, 14.0, 25.0)])


def test_a_long_name_takes_two_lines_on_a_phone_and_is_not_cut() -> None:
    insight = registry()["pass_rate"]
    rows = [{**row, "subject": "Physical and Health Education"} for row in rows_for(insight)]
    told = {word[0] for word in words(drawn(charts.spec(insight, rows)))}
    assert {"Physical and Health", "Education"} <= told
    assert not any("…" in word for word in told)


def test_a_legend_names_every_level_that_is_drawn_and_no_other() -> None:
    insight = registry()["results_by_background"]
    told = {word[0] for word in words(drawn(charts.spec(insight, rows_for(insight))))}
    assert told >= {"Distinction", "Pass", "Fail", "Withdrawn"}
    insight = registry()["engagement_by_week"]
    rows = rows_for(insight)
    assert {"Unknown", "All results"} <= {word[0] for word in words(drawn(charts.spec(insight, rows)))}
    known = [{**row, "is_suppressed": row["final_result"] == "Unknown"} for row in rows]
    assert "Unknown" not in {word[0] for word in words(drawn(charts.spec(insight, known)))}


def test_steps_below_a_percent_have_labels_of_their_own() -> None:
    insight = registry()["attendance_performance"]
    rows = rows_for(insight)
    for number, row in enumerate(rows):
        row.update(from_rate=0.94 + number / 2000, to_rate=0.941 + number / 2000)
    labels = [word[0] for word in words(drawn(charts.spec(insight, rows))) if word[0].endswith("%")]
    assert labels
    assert len(labels) == len(set(labels))


def test_counts_have_no_halves() -> None:
    insight = registry()["data_quality_issues"]
    rows = [{"rule_name": "orphan_student", "issue_count": 2, "line_count": 6, "is_suppressed": False}]
    assert {word[0] for word in words(drawn(charts.spec(insight, rows)))} == {"0", "1", "2", "Issues", "orphan_student"}
