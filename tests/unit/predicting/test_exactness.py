"""What scores is what scikit-learn fitted, and contributions are what their definitions say."""

from collections.abc import Iterator
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from threadpoolctl import threadpool_limits

from elt.predicting import metrics
from elt.predicting.candidates import SEED, fit_boosted, fit_linear, fit_small_tree
from elt.predicting.metrics import Ranking
from elt.predicting.models import Tree, Trees, from_json, predict
from elt.predicting.resampling import estimates

GENERATOR = np.random.default_rng(0)
MATRIX = GENERATOR.normal(size=(400, 5))
MATRIX[GENERATOR.random(MATRIX.shape) < 0.1] = np.nan
TARGET = (np.nansum(MATRIX[:, :3], axis=1) + GENERATOR.normal(size=400) > 0).astype(np.float64)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As in training: for a few rows threads only wait for each other."""
    with threadpool_limits(1):
        yield


def test_trees_say_what_scikit_learn_says() -> None:
    fitted = fit_boosted("classification", MATRIX, TARGET, 30)
    theirs = HistGradientBoostingClassifier(
        max_iter=30, max_depth=3, learning_rate=0.1, min_samples_leaf=20, l2_regularization=1.0, early_stopping=False,
        random_state=SEED,
    ).fit(MATRIX, TARGET)  # fmt: skip
    assert predict(fitted, MATRIX) == pytest.approx(theirs.predict_proba(MATRIX)[:, 1], abs=1e-8)


@pytest.mark.parametrize("fit", [fit_linear, fit_boosted, fit_small_tree])
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_contributions_add_up_and_json_is_the_model(fit: object, kind: str) -> None:
    target = TARGET if kind == "classification" else np.nansum(MATRIX, axis=1)
    setting = {fit_linear: 0.01, fit_boosted: 20, fit_small_tree: 0.05}[fit]  # type: ignore[index]
    model = fit(kind, MATRIX, target, setting)  # type: ignore[operator]
    usual, contributions = model.contributions(MATRIX)
    assert usual + contributions.sum(axis=1) == pytest.approx(model.margin(MATRIX), abs=1e-9)
    assert np.array_equal(predict(from_json(model.as_json()), MATRIX), predict(model, MATRIX))


def expected(tree: Tree, row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
    """TreeSHAP's game by its definition: unknown columns send the row both ways."""
    left, right = int(tree.left[node]), int(tree.right[node])
    if left == node:
        return float(tree.value[node])
    column = int(tree.column[node])
    if column in known:
        cell = row[column]
        goes_left = tree.missing_left[node] == 1 if np.isnan(cell) else cell <= tree.threshold[node]
        return expected(tree, row, known, left if goes_left else right)
    share = tree.count[left] / tree.count[node]
    return float(share * expected(tree, row, known, left) + (1 - share) * expected(tree, row, known, right))


def test_tree_contributions_are_shapley_values_by_definition() -> None:
    model = fit_boosted("classification", MATRIX, TARGET, 3)
    assert isinstance(model, Trees)
    _, contributions = model.contributions(MATRIX[:5])
    for row, told in zip(MATRIX[:5], contributions, strict=True):
        for player in range(5):
            others = [column for column in range(5) if column != player]
            value = sum(
                factorial(size) * factorial(4 - size) / factorial(5)
                * sum(
                    expected(tree, row, frozenset({*coalition, player})) - expected(tree, row, frozenset(coalition))
                    for tree in model.trees
                )
                for size in range(5)
                for coalition in combinations(others, size)
            )  # fmt: skip
            assert told[player] == pytest.approx(value, abs=1e-10)


def test_measures_agree_with_scikit_learn_under_weights() -> None:
    said = np.round(GENERATOR.random(400), 2)
    weight = GENERATOR.integers(0, 4, 400).astype(np.float64)
    ranking = Ranking(TARGET, said)
    assert ranking.auc(weight) == pytest.approx(roc_auc_score(TARGET, said, sample_weight=weight))
    area = average_precision_score(TARGET, said, sample_weight=weight)
    assert ranking.average_precision(weight) == pytest.approx(area)


def test_intervals_take_students_whole() -> None:
    """Ten equal rows of each student are ten times the rows, and not a bit more certain."""
    values = GENERATOR.normal(size=60)
    once = estimates(np.arange(60), {"mean": lambda weight: metrics.mean(values, weight)})["mean"]
    tenfold = np.repeat(values, 10)
    again = estimates(np.repeat(np.arange(60), 10), {"mean": lambda weight: metrics.mean(tenfold, weight)})["mean"]
    assert (again.low, again.high) == pytest.approx((once.low, once.high))
