"""What the insights on OULAD share: the choice of a presentation, and the words where there is nothing to show."""

from collections.abc import Callable, Sequence

from backend.reporting.insight import Finding, Parameter, Row
from backend.reporting.seeds import kpi_threshold

SYSTEM = "oulad"
ALL = "All presentations"
HIDDEN = (
    f"presentations with fewer than {kpi_threshold('suppression_minimum', SYSTEM)} students are hidden, with another "
    "where they could be worked out; the total is of everybody, unless it told what is hidden"
)
SMALLEST = f"Fewest students shown {kpi_threshold('suppression_minimum', SYSTEM)}."
DAYS = (
    "Days and weeks are counted from the presentation's start: week 0 is the first, days 0 to 6. Only the month of the "
    "start is published."
)

Say = Callable[[Sequence[Row]], Finding]


def presentation(mart: str, all_label: str = ALL, shown_where: str = "not is_suppressed") -> Parameter:
    """The choice of a presentation among those of which `mart` shows something."""
    return Parameter(
        name="presentation",
        label="Presentation",
        values_sql=f"select section_name from marts.{mart} "  # noqa: S608
        f"where section_name <> '{ALL}' and {shown_where} group by section_name order by section_name",
        all_label=all_label,
    )


def coverage(rows: Sequence[Row]) -> str:
    """Of how many presentations the total over all of them tells; nothing where one is chosen."""
    if rows[0]["section_name"] != ALL:
        return ""
    return f" Clicks are on file for {rows[0]['presentation_count']} of {rows[0]['known_count']} presentations."


def not_loaded(brings: str) -> Finding:
    """What to say where files (`brings`) are missing."""
    return Finding(
        "–",
        "not loaded yet",
        f"No live file of OULAD tells of this: it needs {brings}. `./start.sh load oulad DIR` brings the folder "
        "of a downloaded copy of the Open University Learning Analytics Dataset.",
        brief="`./start.sh load oulad DIR` brings it.",
    )


def finding(brings: str, say: Say) -> Say:
    """`say`, of the rows that are shown; without any, which files (`brings`) are missing, and how to bring them."""

    def told(rows: Sequence[Row]) -> Finding:
        shown = [row for row in rows if not row.get("is_suppressed")]
        if shown:
            return say(shown)
        if rows:
            return Finding("–", "hidden", f"Too few students are behind these numbers. {SMALLEST}")
        return not_loaded(brings)

    return told
