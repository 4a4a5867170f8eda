"""The candidates, fitted by scikit-learn with fixed seeds, and tuned on the training rows alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from elt.predicting.encoding import Encoder
from elt.predicting.frames import Floats, Frame, Integers
from elt.predicting.metrics import calibrated, log_odds
from elt.predicting.models import Linear, Link, Model, Tree, Trees, predict
from elt.predicting.splits import inner_folds, student_folds
from elt.predicting.tasks import Feature, Kind, Presentations, Task

SEED = 20261121
INNER_FOLDS = 3
TUNING_ROWS = 12_000  # about; more would only make the choice slower
EDGE = 1e-6  # a probability is never nought: a leaf of a tree without failures has seen few students, not none for ever


@dataclass(frozen=True)
class Candidate:
    """A way to fit, and the settings that are tried."""

    name: str
    label: str
    fit: Callable[[Kind, Floats, Floats, Any], Model]
    settings: tuple[Any, ...]


@dataclass(frozen=True)
class Fitted:
    """A model with its encoder, and how it was chosen: mean loss on inner folds, by setting."""

    candidate: str
    setting: Any
    encoder: Encoder
    model: Model
    inner_loss: float

    def predict(self, frame: Frame) -> Floats:
        """Probabilities, or numbers."""
        return predict(self.model, self.encoder.matrix(frame))


def _link(kind: Kind) -> Link:
    return "logit" if kind == "classification" else "identity"


def fit_linear(kind: Kind, matrix: Floats, target: Floats, strength: float) -> Model:
    """Ridge or logistic regression on standardised columns; `strength` of the penalty per row."""
    with np.errstate(all="ignore"):
        median = np.nanmedian(matrix, axis=0) if len(matrix) else np.zeros(matrix.shape[1])
    filled = np.where(np.isnan(matrix), median, matrix)
    mean, spread = filled.mean(axis=0), filled.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = (filled - mean) / spread
    if kind == "classification":
        fitted = LogisticRegression(C=1 / (strength * len(target)), solver="newton-cholesky").fit(scaled, target)
        intercept, coefficient = float(fitted.intercept_[0]), fitted.coef_[0]
    else:
        fitted = Ridge(alpha=strength * len(target)).fit(scaled, target)
        intercept, coefficient = float(fitted.intercept_), fitted.coef_
    return Linear(_link(kind), intercept, coefficient / spread, median, mean)


def fit_boosted(kind: Kind, matrix: Floats, target: Floats, rounds: int) -> Model:
    """Gradient-boosted trees of depth three, whose contributions can be told exactly."""
    maker = HistGradientBoostingClassifier if kind == "classification" else HistGradientBoostingRegressor
    fitted = maker(
        max_iter=rounds,
        max_depth=3,
        learning_rate=0.1,
        min_samples_leaf=20,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    ).fit(matrix, target)
    # scikit-learn has no public way to the trees of this kind; tests hold these arrays to its own predictions.
    start = float(np.ravel(fitted._baseline_prediction)[0])
    return Trees(_link(kind), start, tuple(_of_histogram(stage[0].nodes) for stage in fitted._predictors))


def _of_histogram(nodes: Any) -> Tree:
    is_leaf = nodes["is_leaf"].astype(bool)
    here = np.arange(len(nodes))
    return Tree(
        column=np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int64),
        threshold=np.where(is_leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
        left=np.where(is_leaf, here, nodes["left"]).astype(np.int64),
        right=np.where(is_leaf, here, nodes["right"]).astype(np.int64),
        missing_left=nodes["missing_go_to_left"].astype(np.int64),
        value=nodes["value"].astype(np.float64),
        count=nodes["count"].astype(np.float64),
    )


def fit_small_tree(kind: Kind, matrix: Floats, target: Floats, leaf_rate: float) -> Model:
    """One tree of depth three, for reading; a leaf holds at least this share of the rows."""
    maker = DecisionTreeClassifier if kind == "classification" else DecisionTreeRegressor
    smallest = max(10, round(leaf_rate * len(target)))
    fitted = maker(max_depth=3, min_samples_leaf=smallest, random_state=SEED).fit(matrix, target).tree_
    is_leaf = fitted.children_left < 0
    here = np.arange(fitted.node_count)
    if kind == "classification":
        share = np.clip(fitted.value[:, 0, 1] / fitted.value[:, 0, :].sum(axis=1), EDGE, 1 - EDGE)
        value = np.log(share / (1 - share))
    else:
        value = fitted.value[:, 0, 0]
    tree = Tree(
        column=np.where(is_leaf, 0, fitted.feature).astype(np.int64),
        threshold=np.where(is_leaf, 0.0, fitted.threshold),
        left=np.where(is_leaf, here, fitted.children_left).astype(np.int64),
        right=np.where(is_leaf, here, fitted.children_right).astype(np.int64),
        missing_left=fitted.missing_go_to_left.astype(np.int64),
        value=value.astype(np.float64),
        count=fitted.n_node_samples.astype(np.float64),
    )
    return Trees(_link(kind), 0.0, (tree,))


CANDIDATES = (
    Candidate("linear", "Regularised linear model", fit_linear, (0.0003, 0.01)),
    Candidate("boosted", "Gradient-boosted trees", fit_boosted, (30, 80)),
    Candidate("small_tree", "Small decision tree", fit_small_tree, (0.02,)),
)


def loss(kind: Kind, target: Floats, predicted: Floats) -> float:
    """What tuning makes small: log loss, or the mean absolute error."""
    if kind == "regression":
        return float(np.abs(target - predicted).mean())
    predicted = np.clip(predicted, EDGE, 1 - EDGE)
    return float(-(target * np.log(predicted) + (1 - target) * np.log(1 - predicted)).mean())


def tune(candidate: Candidate, task: Task, features: Sequence[Feature], frame: Frame) -> Fitted:
    """The candidate with the setting that did best on rows left out, fitted to all of these rows.

    Where presentations are what is left out, the chances are then stretched or drawn in as those left out ask for
    (Platt's scaling on the log odds): a model is too sure of itself in a presentation that it has not seen.
    """
    target, students = frame.numbers(task.target), frame.students
    encoder = Encoder.fit(features, frame)
    matrix = encoder.matrix(frame)
    drawn = student_folds(students, max(1, round(len(target) / TUNING_ROWS)), SEED + 1) == 0
    folds = inner_folds(task.plan, frame.take(drawn), INNER_FOLDS, SEED)
    # One thread: sums then have one order, and a byte is a byte. On a busy machine threads only wait for each other.
    with threadpool_limits(1):
        said = [
            _left_out(candidate, task.kind, matrix[drawn], target[drawn], students[drawn], folds, setting)
            for setting in candidate.settings
        ]
        losses = [loss(task.kind, target[drawn], one) for one in said]
        best = int(np.argmin(losses))
        model = candidate.fit(task.kind, matrix, target, candidate.settings[best])
    if isinstance(task.plan, Presentations) and task.kind == "classification":
        found = calibrated(target[drawn], log_odds(said[best]), np.ones(int(drawn.sum())))
        if found is not None:
            model = model.recalibrated(*found)
    return Fitted(candidate.name, candidate.settings[best], encoder, model, losses[best])


def _left_out(
    candidate: Candidate,
    kind: Kind,
    matrix: Floats,
    target: Floats,
    students: Integers,
    folds: Integers,
    setting: Any,
) -> Floats:
    """What is said of each row by a model of the other folds, and of none of its own students."""
    predicted = np.full(len(target), target.mean())
    for fold in np.unique(folds):
        outside = folds == fold
        inside = ~outside & ~np.isin(students, students[outside])
        if not inside.any() or (kind == "classification" and len(np.unique(target[inside])) < 2):
            continue
        predicted[outside] = predict(candidate.fit(kind, matrix[inside], target[inside], setting), matrix[outside])
    return predicted


def best_of(fitted: Sequence[Fitted]) -> Fitted:
    """That with the smallest loss on inner folds; never looked at on test rows."""
    return min(fitted, key=lambda one: one.inner_loss)
