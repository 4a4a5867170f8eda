"""Pages made of several insights, under filters that they share. A new one is one entry of BOARDS."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for

from backend.api.insights import answered_together, links
from backend.auth import account, require_role
from backend.pages.themes import themed
from backend.problems import BadRequest
from backend.reporting import charts
from backend.reporting.insight import Insight
from backend.reporting.registry import visible_to
from backend.reporting.result import Choice, Result
from elt.errors import LaurelError, Unavailable

TABLE_ROWS = 60  # of a panel; the insight's own page shows more, its CSV all


@dataclass(frozen=True)
class Board:
    """A page: its path and endpoint, what it is about, and its insights from the top."""

    endpoint: str
    path: str
    title: str
    lead: str
    insights: tuple[str, ...]
    missing: str = "It needs the school's files, which researchers send under Data."


BOARDS = (
    Board(
        "performance",
        "/performance",
        "Performance",
        "Where students do well and where they do not: by subject, term, teacher and class.",
        ("pass_rate", "class_results", "score_distribution", "teacher_results", "student_teacher_ratio"),
    ),
    Board(
        "what_matters",
        "/what-matters",
        "What matters",
        "What goes with better or worse results. Associated, not caused: each comparison looks at one thing at a time, "
        "and who differs in one thing often differs in others. Where nothing stands out, it says so.",
        (
            "attendance_performance",
            "guardian_background",
            "subgroup_gaps",
            "teacher_background",
            "survey_jamb",
            "student_performance",
        ),
    ),
    Board(
        "cohorts",
        "/cohorts",
        "Cohorts and engagement",
        "How many stay, when the others leave, and how much students do week by week (Open University, OULAD).",
        (
            "cohort_retention",
            "withdrawals_by_week",
            "engagement_by_week",
            "engagement_by_activity",
            "late_submissions",
            "results_by_background",
            "inactive_students",
        ),
        "It needs the Open University's files (OULAD): an operator brings them, and administrators see them.",
    ),
    Board(
        "district",
        "/district",
        "District",
        "The schools side by side: grades, homework, changes of courses, teachers' work, parents and contents.",
        (
            "district_gpa",
            "district_grade_distribution",
            "district_homework",
            "district_parents",
            "district_course_load",
            "district_teacher_workload",
            "district_content",
        ),
        "It needs a district's files: an operator brings them, and who belongs to one of its schools sees them.",
    ),
)


def add_to(blueprint: Blueprint) -> None:
    """Give the pages one for each board."""
    for board in BOARDS:
        blueprint.add_url_rule(board.path, board.endpoint, view_func=require_role()(_view), defaults={"board": board})


@dataclass(frozen=True)
class Panel:
    """One insight on a board: its answer, or why there is none for this choice."""

    insight: Insight
    problem: str | None = None
    result: Result | None = None
    links: Mapping[str, str] | None = None
    chart: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Filter:
    """A choice that panels share: the values that any of them allows, and the one in use."""

    name: str
    label: str
    all_label: str | None
    allowed: tuple[str, ...]
    value: str | None


def _view(board: Board) -> str:
    chosen = {name: value for name, value in request.args.items() if value}
    insights = [insight for name in board.insights for insight in visible_to(account().role) if insight.name == name]
    _check_names(chosen, insights)
    # What has nothing to show yet comes last, in the board's order otherwise.
    panels = sorted(_panels(insights, chosen), key=lambda panel: panel.chart is None)
    return render_template(
        "board.html", board=board, panels=panels, filters=_filters(panels, chosen), rows=TABLE_ROWS,
        is_filtered=bool(chosen), plain=url_for(f"pages.{board.endpoint}"),
        is_empty=not chosen and all(panel.result is not None and not panel.result.rows for panel in panels),
    )  # fmt: skip


def _check_names(chosen: Mapping[str, str], insights: list[Insight]) -> None:
    known = {parameter.name for insight in insights for parameter in insight.parameters}
    if unknown := sorted(set(chosen) - known):
        raise BadRequest(
            "unknown_parameter",
            f"This page has no filter {', '.join(unknown)}.",
            allowed="Filters: " + (", ".join(sorted(known)) or "none") + ".",
            remedy="Open the page without filters, and choose again.",
        )


def _panels(insights: list[Insight], chosen: Mapping[str, str]) -> list[Panel]:
    """The insights, each under those filters that it knows, all of one moment."""
    asked = [
        (insight, {p.name: chosen[p.name] for p in insight.parameters if p.name in chosen}) for insight in insights
    ]
    try:
        found = answered_together(asked)
    except Unavailable as error:
        return [Panel(insight, problem=error.message) for insight in insights]
    return [_panel(insight, mine, one) for (insight, mine), one in zip(asked, found, strict=True)]


def _panel(insight: Insight, mine: Mapping[str, str], found: Result | LaurelError) -> Panel:
    if isinstance(found, BadRequest):
        return Panel(insight, problem=f"Nothing is on file here for this choice. {found.allowed or ''}")
    if isinstance(found, LaurelError):
        return Panel(insight, problem=found.message)
    chart = themed(charts.spec(insight, found.rows)) if found.rows else None
    return Panel(insight, result=found, links=links(insight, **mine), chart=chart)


def _filters(panels: list[Panel], chosen: Mapping[str, str]) -> list[Filter]:
    """One per parameter that has something to choose, in the order in which the panels bring them."""
    choices: dict[str, list[Choice]] = {}
    for panel in panels:
        for choice in panel.result.choices if panel.result else ():
            if choice.allowed:
                choices.setdefault(choice.parameter.name, []).append(choice)
    return [
        Filter(
            name,
            of[0].parameter.label,
            of[0].all_label,
            tuple(dict.fromkeys(value for choice in of for value in choice.allowed)),
            chosen.get(name, of[0].value),
        )
        for name, of in choices.items()
    ]
