"""The page that a principal opens every morning: the key figures, how they moved, and what needs a hand today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, url_for

from backend.auth import account, require_role, visible_account_id
from backend.pages import attention
from backend.reporting.freshness import Freshness, freshness_of
from backend.reporting.insight import Row
from backend.reporting.movements import Movement, datasets_of, kpis, last_movements
from backend.reporting.registry import registry, visible_to
from backend.reporting.result import Result, answer
from backend.reporting.seeds import seed
from backend.reporting.values import shown
from backend.services import services
from elt.errors import Unavailable
from elt.transforming.mart_changes import in_words

WIDTH, HEIGHT = 120, 32  # of a spark line, in its own units
LEAST_SPAN = 0.2  # of the largest value: what a line's height shows at least
SOURCES = {"laurel": "The school", "district": "The district", "oulad": "Open University (OULAD)"}


@dataclass(frozen=True)
class Tile:
    """One key figure: its value, its course over the terms of this year, its last move, and its passport."""

    name: str
    label: str
    value: str
    course: str
    better: str
    spark: str
    movement: Movement | None
    url: str
    definition: str
    thresholds: tuple[str, ...]
    source: str
    fraction: str
    rejected_rate: float | None


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their first one."""
    blueprint.add_url_rule("/", "overview", view_func=overview, methods=["GET"])


@require_role()
def overview() -> str:
    """The key figures of each source that has any, and what needs attention."""
    figures, problem = _figures()
    with services().reader_pool.connection() as connection:
        moves = last_movements(connection)
        fresh = freshness_of(connection, sorted({dataset for name in kpis() for dataset in datasets_of(name)}))
    groups = {
        SOURCES.get(source, source): [_tile(row, source, moves, fresh) for row in result.rows]
        for source, result in figures.items()
    }
    tasks = attention.tasks(services(), account(), visible_account_id())
    return render_template("overview.html", groups=groups, tasks=tasks, problem=problem, freshness=fresh)


def _figures() -> tuple[dict[str, Result], str | None]:
    """The answered key figures by source; or, without marts, why there are none."""
    insight = registry()["key_figures"]
    try:
        first = answer(insight, {}, services().reader_pool)
    except Unavailable as error:
        return {}, error.message
    [choice] = first.choices
    sources = sorted(choice.allowed, key=lambda source: source != choice.value)
    answers = {source: answer(insight, {"source": source}, services().reader_pool) for source in sources}
    return (
        answers,
        None if answers else "Nothing is on file yet. Upload the school's files, and its figures stand here.",
    )


def _tile(row: Row, source_system: str, moves: Mapping[str, Movement], freshness: Freshness) -> Tile:
    name, unit = row["kpi_name"], row["kpi_unit"]
    seed_row = kpis()[name]
    parts = [_counted(row[part]) for part in ("numerator", "denominator") if row[part] is not None]
    return Tile(
        name=name,
        label=row["kpi_label"],
        value=_written(unit, row["value"]),
        course=_course(row, unit),
        better=seed_row["better"],
        spark=_spark(row["term_values"] or ()),
        movement=moves.get(name),
        url=_detail(name),
        definition=seed_row["definition"],
        thresholds=_thresholds(seed_row["definition"], source_system),
        source=seed_row["source"],
        fraction=" / ".join(parts) or "hidden",
        rejected_rate=freshness.rejected_of(datasets_of(name)),
    )


def _thresholds(definition: str, source_system: str) -> tuple[str, ...]:
    """The thresholds that a definition names, with their value and where it comes from."""
    return tuple(
        f"{row['threshold_value']} {row['unit']}, {row['rule']}: {row['source']}"
        for row in seed("kpi_threshold")
        if row["source_system"] == source_system
        and row["threshold_name"].replace("_", " ") in definition.replace("_", " ")
    )


def _detail(kpi_name: str) -> str:
    """The insight that tells more of it, among those that the reader may see."""
    names = [insight.name for insight in visible_to(account().role) if kpi_name in insight.kpis]
    return url_for("pages.insight", name=names[0] if names else "key_figures")


def _written(unit: str, value: float | None) -> str:
    """A figure as a person reads it; shares come as percentages."""
    if value is None:
        return "–"
    return in_words(unit, None, value / 100 if unit == "share" else value)[1]


def _counted(value: float | None) -> str:
    return shown(value, "integer" if value is not None and float(value).is_integer() else "number")


def _course(row: Row, unit: str) -> str:
    """This year, term by term: First 79.2%, Second 80.9%."""
    terms, values = row["terms"] or (), row["term_values"] or ()
    return ", ".join(f"{term.split()[0]} {_written(unit, value)}" for term, value in zip(terms, values, strict=True))


def _spark(values: Sequence[float]) -> str:
    """The points of a line through the values; none where there is no course. A small move looks small."""
    if len(values) < 2:
        return ""
    span = max(max(values) - min(values), LEAST_SPAN * max(map(abs, values))) or 1
    low = (max(values) + min(values) - span) / 2
    step = (WIDTH - 8) / (len(values) - 1)
    return " ".join(
        f"{4 + place * step:.1f},{HEIGHT - 5 - (value - low) / span * (HEIGHT - 10):.1f}"
        for place, value in enumerate(values)
    )
