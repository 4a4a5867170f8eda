"""Who gets no number, and why."""

from elt.predicting.frames import from_rows
from elt.predicting.scoring import _because
from elt.predicting.tasks import Feature
from tests.unit.predicting.made_up import task

LIBRARY, TUTOR = Feature("library", "library", "category", "text"), Feature("tutor", "tutor", "category", "text")


def test_answers_in_words_are_evidence_too() -> None:
    """A survey has no number at all: who answered most of it gets an estimate, who answered nothing gets none."""
    frame = from_rows(("segment", "library", "tutor"), [("", "yes", "no"), ("", "yes", None), ("", None, None)])
    because = _because(task(), (LIBRARY, TUTOR), frame, {})
    assert because[:2] == [None, None]
    assert because[2] is not None
    assert because[2].startswith("Not enough evidence")
