"""Each promise of elt.predicting is broken on purpose here, and seen to be refused."""

from dataclasses import replace

import numpy as np
import pytest

from elt.predicting import drift, leakage, splits
from elt.predicting.candidates import best_of
from elt.predicting.evaluation import OutOfSample, evaluate, fit_all, labelled, without_leaks
from elt.predicting.frames import Frame
from elt.predicting.gate import Gate, held_segments, refusals
from elt.predicting.report import report
from elt.predicting.scoring import coming, scores
from elt.predicting.splits import Split, UnfairSplit
from elt.predicting.subgroups import subgroups
from elt.predicting.tasks import Feature, Folds, Forward
from elt.predicting.training import Trained, restored, train
from tests.unit.predicting.made_up import FEATURES, numbers_task, students, task

GATE = Gate.load({})


@pytest.fixture(scope="module")
def honest() -> Trained:
    """A model of students about whom something can be known."""
    trained = train(task(), students(), GATE)
    assert trained is not None
    return trained


def judged(tested: OutOfSample) -> list[str]:
    found = report(task(), tested)
    return refusals(task(), tested, found, subgroups(task(), tested, GATE["capacity_rate"]), GATE)


def changed(frame: Frame, **columns: object) -> Frame:
    return Frame({**frame.columns, **columns})  # type: ignore[dict-item]


def test_an_honest_model_passes_and_the_same_data_give_the_same_bytes(honest: Trained) -> None:
    assert honest.refusals == []
    assert honest.leaks == []
    again = best_of(fit_all(task(), FEATURES, labelled(task(), students())))
    assert replace(honest, fitted=again).artefact() == honest.artefact()
    asked = coming(students())
    fitted, held = restored(task(), honest.artefact())
    assert scores(task(), fitted, asked, held) == scores(task(), honest.fitted, asked, honest.held)


def test_a_shuffled_outcome_is_refused_as_a_whole() -> None:
    frame = students(seed=2)
    failed = frame["failed"].copy()
    known = ~np.isnan(failed)
    failed[known] = np.random.default_rng(3).permutation(failed[known])
    trained = train(replace(task(), score=None), changed(frame, failed=failed), GATE)
    assert trained is not None
    assert any("does not beat the baseline" in reason for reason in trained.refusals)


def test_parts_of_the_outcome_are_refused_by_name_and_training_goes_on_without_them() -> None:
    parts = Feature("test", "test score", unit="points"), Feature("exam", "exam score", unit="points")
    of = task(None, *parts)
    rows = labelled(of, students())
    features, leaks = without_leaks(of, rows)
    assert {leak.feature for leak in leaks} == {"test", "exam"}
    assert [feature.name for feature in features] == [feature.name for feature in FEATURES]


@pytest.mark.parametrize(
    ("feature", "because"),
    [
        (Feature("score", "total"), "is the outcome itself"),
        (Feature("copy", "a copy of the outcome"), "determines the outcome or follows from it"),
        (Feature("letter", "letter grade", "category"), "determines the outcome or follows from it"),
    ],
)
def test_what_gives_the_outcome_away_alone_is_refused(feature: Feature, because: str) -> None:
    rows = labelled(task(), students())
    letter = np.where(rows["score"] < 50, "F", "A").astype(object)
    rows = changed(rows, copy=rows["failed"] * -3 + 7, letter=letter)
    [leak] = leakage.find(task(None, feature), rows)
    assert leak.feature == feature.name
    assert because in leak.explanation


def test_what_follows_from_a_number_is_refused_too() -> None:
    rows = labelled(numbers_task(), students())
    rows = changed(rows, credit=np.where(rows["score"] >= 52, "Yes", "No").astype(object))
    found = leakage.find(numbers_task(Feature("credit", "credit", "category")), rows)
    assert [leak.feature for leak in found] == ["credit"]
    assert leakage.find(numbers_task(), rows) == []


def test_a_cut_outcome_without_its_number_still_tells_its_parts() -> None:
    parts = Feature("test", "test score", unit="points"), Feature("exam", "exam score", unit="points")
    found = leakage.find(replace(task(None, *parts), score=None), labelled(task(), students(600)))
    assert {leak.feature for leak in found} == {"test", "exam"}


def test_a_student_on_both_sides_is_refused() -> None:
    frame = labelled(task(), students())
    everybody = np.arange(len(frame))
    with pytest.raises(UnfairSplit, match="both the training and the test"):
        splits.check(Folds(), frame, Split("bad", everybody, everybody[:10]))


def test_training_on_later_terms_is_refused() -> None:
    frame = labelled(task(), students())
    numbers, half = frame.numbers("terms_ago"), frame.students % 2 == 0
    late, early = np.flatnonzero((numbers < 3) & half), np.flatnonzero((numbers >= 3) & ~half)
    with pytest.raises(UnfairSplit, match="not before"):
        splits.check(Forward(), frame, Split("bad", late, early))
    for split in splits.splits(Forward(), frame):
        assert numbers[split.train].min() > numbers[split.test].max()
        assert not set(frame.students[split.train]) & set(frame.students[split.test])


def test_a_miscalibrated_model_is_refused(honest: Trained) -> None:
    assert honest.tested is not None
    assert judged(honest.tested) == []
    said = honest.tested.predicted["model"]
    for wrong in (said**3, np.sqrt(said), np.clip(said + 0.12, 0, 1)):
        bent = replace(honest.tested, predicted={**honest.tested.predicted, "model": wrong})
        assert any("not calibrated" in reason for reason in judged(bent))


def test_a_model_that_is_much_worse_for_some_is_refused() -> None:
    frame = students(300, bias=14.0)
    tested = evaluate(task(), FEATURES, labelled(task(), frame))
    assert tested is not None
    assert any("much worse for gender" in reason for reason in judged(tested))


def test_a_school_may_ask_for_more_and_misspell_nothing(honest: Trained, tmp_path: object) -> None:
    assert honest.tested is not None
    assert honest.report is not None
    strict = Gate({**GATE.limits, "minimum": {"accuracy": 0.999}})
    found = refusals(task(), honest.tested, honest.report, [], strict)
    assert [reason for reason in found if "The school asks for accuracy" in reason] == found
    assert len(found) == 1


def test_who_has_no_history_and_who_is_in_a_silent_term_gets_no_number(honest: Trained) -> None:
    asked = coming(students())
    unknown = asked["earlier"].copy()
    unknown[:5] = np.nan
    attendance, noise = unknown * 0 + asked["attendance"], unknown * 0 + asked["noise"]
    asked = changed(asked, earlier=unknown, attendance=attendance, noise=noise)
    told = scores(task(), honest.fitted, asked, {})
    assert [one.value for one in told[:5]] == [None] * 5
    assert all(one.because and one.because.startswith("Not enough evidence") for one in told[:5])
    assert all(one.value is not None and one.reasons for one in told[5:])
    silent = scores(task(), honest.fitted, asked, {str(asked["segment"][0]): "It is noise."})
    assert {one.value for one in silent} == {None}


def test_a_term_without_signal_is_held_back() -> None:
    frame = students()
    failed, noisy = frame["failed"].copy(), frame["segment"] == "term 06"
    failed[noisy] = (np.random.default_rng(4).random(int(noisy.sum())) < 0.3).astype(float)
    trained = train(replace(task(), score=None), changed(frame, failed=failed), GATE)
    assert trained is not None
    assert trained.report is not None
    assert list(held_segments(task(), trained.report, GATE)) == ["term 06"]


def test_a_stale_feature_is_seen_to_have_drifted(honest: Trained) -> None:
    now = coming(students())
    assert max(drift.measure(FEATURES, honest.profile, now).values()) < drift.DRIFTED
    stale = changed(now, attendance=np.full(len(now), 0.9))
    assert drift.measure(FEATURES, honest.profile, stale)["attendance"] > drift.DRIFTED
