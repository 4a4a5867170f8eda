"""What the pages make of words and of answers without rows."""

from dataclasses import replace

import pytest

from backend.pages.catalogue import Card
from backend.pages.prose import prose
from backend.reporting.freshness import Freshness
from backend.reporting.registry import registry
from backend.reporting.result import Result


def test_backticks_are_code_and_everything_else_is_text() -> None:
    assert prose("Run `./start.sh load oulad DIR` & <wait>.") == (
        "Run <code>./start.sh load oulad DIR</code> &amp; &lt;wait&gt;."
    )


@pytest.mark.parametrize(
    ("files", "waits"), [((1, 1, 0), True), ((0, 0, 0), True), ((1, 1), True), ((), True), ((1, 1, 1), False)]
)
def test_an_insight_waits_while_one_of_its_datasets_has_no_file(files: tuple[int, ...], waits: bool) -> None:
    insight = registry()["engagement_by_week"]
    named = zip(insight.datasets, files, strict=False)  # the catalog lists what is described, which may be less
    sources = tuple({"dataset_id": name, "live_submissions": count} for name, count in named)
    result = Result(insight, (), (), insight.finding([]), Freshness(None, None, None, sources))
    assert Card(insight, result=result).is_missing is waits
    assert not Card(insight, result=replace(result, rows=({"click_count": 1},))).is_missing
