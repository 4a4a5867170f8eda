"""Every insight with what it says at the moment, as a card."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from backend.api.insights import saved
from backend.auth import account, require_role
from backend.pages.themes import themed
from backend.reporting import charts
from backend.reporting.insight import Insight
from backend.reporting.registry import visible_to
from backend.reporting.result import Result, answer
from backend.services import services
from elt.errors import Unavailable

FAMILIES = {
    "laurel": "The school",
    "factors": "Datasets that researchers brought",
    "oulad": "Open University (OULAD)",
    "district": "The district",
}  # in the order of the overview


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their catalogue."""
    blueprint.add_url_rule("/insights", "catalogue", view_func=catalogue, methods=["GET"])


@require_role()
def catalogue() -> str:
    """The insights by where their data come from; last, those without any."""
    cards = [_card(insight) for insight in visible_to(account().role)]
    shown = [card for card in cards if not card.is_missing]
    groups = {label: [card for card in shown if card.family == family] for family, label in FAMILIES.items()}
    missing = [card for card in cards if card.is_missing]
    filled = {label: of for label, of in groups.items() if of}
    return render_template("catalogue.html", groups=filled, missing=missing, questions=saved())


@dataclass(frozen=True)
class Card:
    """What the overview shows of an insight: its result, or why there is none."""

    insight: Insight
    problem: str | None = None
    result: Result | None = None
    chart: dict[str, object] | None = None

    @property
    def family(self) -> str:
        """The family of the datasets behind it."""
        return self.insight.datasets[0].partition("/")[0]

    @property
    def is_missing(self) -> bool:
        """Whether it has nothing to say because one of its datasets has no live file."""
        if self.result is None or self.result.rows:
            return False
        live = {row["dataset_id"] for row in self.result.freshness.datasets if row["live_submissions"]}
        return not live >= set(self.insight.datasets)


def _card(insight: Insight) -> Card:
    """Without marts there is a card all the same, which says so."""
    try:
        result = answer(insight, {}, services().reader_pool)
    except Unavailable as error:
        return Card(insight, problem=error.message)
    chart = themed(charts.preview(insight, result.rows)) if result.rows else None
    return Card(insight, result=result, chart=chart)
