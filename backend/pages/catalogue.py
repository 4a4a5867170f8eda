"""Every insight with what it says at the moment, as a card."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template

from backend.api.insights import saved
from backend.auth import account, require_role
from backend.pages.themes import themed
from backend.reporting import charts
from backend.reporting.insight import Insight
from backend.reporting.registry import visible_to
from backend.reporting.result import Result, answers
from backend.services import services
from elt.errors import LaurelError, Unavailable

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
    cards = _cards(visible_to(account().role))
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


def _cards(insights: Sequence[Insight]) -> list[Card]:
    """All of one moment. Without marts there are cards all the same, which say so."""
    try:
        found = answers([(insight, {}) for insight in insights], services().reader_pool)
    except Unavailable as error:
        return [Card(insight, problem=error.message) for insight in insights]
    return [_card(insight, one) for insight, one in zip(insights, found, strict=True)]


def _card(insight: Insight, found: Result | LaurelError) -> Card:
    if isinstance(found, LaurelError):
        return Card(insight, problem=found.message)
    chart = themed(charts.preview(insight, found.rows)) if found.rows else None
    return Card(insight, result=found, chart=chart)
