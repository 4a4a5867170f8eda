"""What the insights on marts.rpt_factor_association share: columns, the forest plot, and the finding in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backend.reporting.insight import Column, Finding, Row
from backend.reporting.seeds import seed
from backend.reporting.values import interval, shown, signed

SELECT = """
select
    factor_label, level, n, n_rest, mean, mean_rest, difference, difference_low, difference_high,
    p_value, q_value, is_found, is_suppressed, is_slope, test_count, maximum_q_value, outcome_label, unit
from marts.rpt_factor_association
"""
ORDER = "order by q_value nulls last, factor_label, is_suppressed, difference desc nulls last, level"

COLUMNS = (
    Column("factor_label", "Factor", "text"),
    Column("level", "Level", "text"),
    Column("n", "Number", "integer"),
    Column("n_rest", "Rest", "integer"),
    Column("mean", "Mean", "number"),
    Column("difference", "Difference", "number"),
    Column("difference_low", "95% from", "number"),
    Column("difference_high", "to", "number"),
    Column("p_value", "p of the factor", "p_value"),
    Column("q_value", "q of the factor", "p_value"),
    Column("is_found", "Factor found", "flag"),
    Column("is_suppressed", "Hidden", "flag"),
)

NAMED = 2  # findings that the sentence names; all of them follow it, each with its interval
NOT_CAUSES = "Associated with, not caused by: who differs in one thing often differs in others too."

DIFFERS, NO_DIFFERENCE = "difference found", "none found"
FOUND_COLORS = ["#2a9d74", "#8a9691"]  # on light and dark alike


LABEL = {
    "field": "label",
    "type": "nominal",
    "sort": None,
    "title": None,
    "axis": {"grid": False},
}
VERDICT = {
    "field": "verdict",
    "type": "nominal",
    "title": None,
    "scale": {"domain": [DIFFERS, NO_DIFFERENCE], "range": FOUND_COLORS},
    "legend": {"orient": "top"},
}
TOOLTIP = [
    {"field": "factor_label", "title": "Factor"},
    {"field": "level", "title": "Level"},
    {"field": "difference", "title": "Difference", "format": ".2f"},
    {"field": "difference_low", "title": "95% from", "format": ".2f"},
    {"field": "difference_high", "title": "to", "format": ".2f"},
    {"field": "n", "title": "Number"},
    {"field": "q_value", "title": "q", "format": ".3f"},
]
POINT = {
    "mark": {"type": "point", "filled": True, "size": 70},
    "encoding": {"x": {"field": "difference", "type": "quantitative"}},
}
ZERO = {
    "data": {"values": [{"zero": 0}]},
    "transform": [],
    "mark": {"type": "rule", "strokeDash": [4, 3], "tooltip": False},
    "encoding": {"x": {"field": "zero", "type": "quantitative"}, "y": None, "color": None, "tooltip": None},
}


def forest(unit: str) -> Mapping[str, Any]:
    """A point and its 95% interval per level, clearest factor first; what differs in a found factor stands out."""
    interval_x = {
        "field": "difference_low",
        "type": "quantitative",
        "title": f"Difference, {unit}",
    }
    bar = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {"x": interval_x, "x2": {"field": "difference_high"}},
    }
    return {
        "transform": [
            {"filter": "!datum.is_suppressed"},
            {"calculate": "datum.factor_label + ': ' + datum.level", "as": "label"},
            {
                "calculate": "datum.is_found && datum.difference_low * datum.difference_high > 0 "
                f"? '{DIFFERS}' : '{NO_DIFFERENCE}'",
                "as": "verdict",
            },
        ],
        "width": "container",
        "height": {"step": 22},
        "encoding": {"y": LABEL, "color": VERDICT, "tooltip": TOOLTIP},
        "layer": [bar, POINT, ZERO],
    }


def threshold(analysis: str) -> str:
    """When a factor of this analysis counts as found, in words."""
    rule = next(row for row in seed("association_rule") if row["analysis"] == analysis)
    return (
        f"A factor counts as found where q < {rule['maximum_q_value']}: the Benjamini-Hochberg correction for the "
        "number of factors tested. One test per factor: Welch's t for two levels, Welch's analysis of variance for "
        "more, the slope's t (HC3 errors) for numbers. So p and q are the factor's, over all its levels; which of them "
        "differ from the rest, their own intervals tell, where they leave out zero. Groups below the minimum size "
        f"({rule['minimum_group_size']}) are hidden, with enough others that nobody can work them out."
    )


def finding(points: str) -> Callable[[Sequence[Row]], Finding]:
    """Says which factors were found, the clearest first, each by its strongest level; `points` is their unit."""

    def say(rows: Sequence[Row]) -> Finding:
        tested = {row["factor_label"] for row in rows if row["q_value"] is not None}
        found: dict[str, Row] = {}
        for row in rows:
            if row["is_found"] and row["difference"] is not None:
                best = found.get(row["factor_label"])
                if best is None or _clearness(row) > _clearness(best):
                    found[row["factor_label"]] = row
        if not tested:
            return Finding("–", "nothing could be tested", "There are too few rows to compare anything.")
        if not found:
            return Finding(
                "0",
                f"of {len(tested)} factors found",
                "Nothing was found: after correction for the number of factors tested, none goes with the outcome.",
            )
        names = [f"{row['factor_label']} ({row['level']} {signed(row['difference'])})" for row in found.values()]
        first, more = next(iter(found.values())), len(found) - 1
        return Finding(
            _headline(first, points),
            f"{more} more of {len(tested)} factors found" if more else f"the only one found of {len(tested)} factors",
            f"Associated with, not caused by: {_clearest(names)}.",
            tuple(_one(row, points) for row in found.values()),
        )

    return say


def _clearness(row: Row) -> tuple[bool, float]:
    """By which a factor's levels are ranked: first those whose own interval leaves out zero, then by size."""
    return row["difference_low"] * row["difference_high"] > 0, abs(row["difference"])


def _headline(row: Row, points: str) -> str:
    size = f"{signed(row['difference'])} {points}"
    if row["is_slope"]:
        return f"{row['factor_label']}: {size} {row['level']}"
    return f"{row['factor_label']} ({row['level']}): {size}"


def _clearest(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join([*names[:NAMED], *([f"and {more} more"] if more > 0 else [])])


def _one(row: Row, points: str) -> str:
    between = f"95% interval {interval(row['difference_low'], row['difference_high'])}"
    against = "" if row["is_slope"] else " against the rest"
    return (
        f"{row['factor_label']} ({row['level']}): {signed(row['difference'])} {points}{against}, {between}, "
        f"{shown(row['n'], 'integer')} {row['unit']}s."
    )
