"""What the insights on the district share: the choice of a school, bars, and the words where nothing is shown."""

from collections.abc import Callable, Sequence
from typing import Any

from backend.reporting.insight import Finding, Parameter, Row
from backend.reporting.seeds import kpi_threshold

SYSTEM = "district"
ALL = "All schools"
HIDDEN = (
    "what fewer students than may be shown are behind is hidden, with another row where it could be worked out; the "
    "total is of everybody, unless it told what is hidden"
)
HIDDEN_TOO = f"{HIDDEN[:1].upper()}{HIDDEN[1:]}"
SMALLEST = f"Fewest students shown {kpi_threshold('suppression_minimum', SYSTEM)}."

Say = Callable[[Sequence[Row]], Finding]


def school(mart: str) -> Parameter:
    """The choice of a school among those that `mart` tells of."""
    return Parameter(
        name="school",
        label="School",
        values_sql=f"select school_name from marts.{mart} "  # noqa: S608
        f"where source_system = 'district' and school_name <> '{ALL}' group by school_name order by school_name",
        all_label=ALL,
        is_sole_default=True,  # a principal's: the own school is what the numbers are about
    )


def look(mart: str) -> Parameter:
    """By what the numbers are told: School, Subject and so on, as `mart` has them."""
    return Parameter(
        name="by",
        label="By",
        values_sql=f"select dimension from marts.{mart} "  # noqa: S608
        "where source_system = 'district' group by dimension, dimension_order order by dimension_order",
        default="School",
    )


def session(mart: str, all_label: str) -> Parameter:
    """The choice of a term among those that `mart` tells of."""
    return Parameter(
        name="session",
        label="Term",
        values_sql=f"select session_name from marts.{mart} "  # noqa: S608
        "where source_system = 'district' and session_order > 0 group by session_name, session_order "
        "order by session_order",
        all_label=all_label,
    )


def bars(y: str, x: str, title: str, tooltip: Sequence[dict[str, Any]], format: str | None = None) -> dict[str, Any]:
    """A chart of one bar per row, in the order of the rows, from zero."""
    axis = {"axis": {"format": format}} if format else {}
    return {
        "width": "container",
        "height": {"step": 24},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": y, "type": "nominal", "title": None, "sort": None},
            "x": {"field": x, "type": "quantitative", "title": title, **axis},
            "tooltip": list(tooltip),
        },
    }


def compared(rows: Sequence[Row], label: str, value: str, written: Callable[[Any], str]) -> str:
    """The highest and lowest of the rows in words; where one school is chosen, what all schools have beside it."""
    everybody = [row for row in rows if row[label] == ALL and row["whole_name"] != ALL]
    if everybody:
        return f"{ALL}: {written(everybody[0][value])}."
    ranked = sorted(
        (row for row in rows if row[value] is not None and row[label] not in (ALL, row["whole_name"])),
        key=lambda row: float(row[value]),
    )
    if len(ranked) < 2:
        return ""
    low, high = ranked[0], ranked[-1]
    return f"Highest: {high[label]} ({written(high[value])}); lowest: {low[label]} ({written(low[value])})."


def totals(rows: Sequence[Row], label: str) -> Sequence[Row]:
    """The rows to add up for what the choice is about: its own row where there is one, else all of them."""
    return [row for row in rows if row[label] == row["whole_name"]] or rows


def finding(say: Say) -> Say:
    """`say`, of the rows that are shown; without any, that they are hidden, or how to bring a district's files."""

    def told(rows: Sequence[Row]) -> Finding:
        shown = [row for row in rows if not row["is_suppressed"]]
        if shown:
            return say(shown)
        if rows:
            return Finding("–", "hidden", f"Too few students are behind these numbers. {SMALLEST}")
        return Finding(
            "–",
            "not loaded yet",
            "No live file of a district tells of this. `./start.sh load district` brings five made-up schools, and "
            "with a folder behind it a district's own files.",
            brief="`./start.sh load district` brings five made-up schools.",
        )

    return told
