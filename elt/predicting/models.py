"""Fitted models as plain numbers: what was judged, what is kept in the store and what scores are one and the same.

scikit-learn fits them (elt.predicting.candidates); from there on they are arrays, which JSON holds exactly, which no
version of a library can change, and whose contributions are exact.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from elt.predicting.frames import Floats
from elt.predicting.shapley import tree_contributions, tree_expectation

Link = Literal["logit", "identity"]
Ints = npt.NDArray[np.int64]


class Model(Protocol):
    """What scores: a sum of contributions, through a link."""

    @property
    def link(self) -> Link:
        """How a margin becomes what is said."""
        ...

    def margin(self, matrix: Floats) -> Floats:
        """Before the link: log odds, or the number itself."""
        ...

    def contributions(self, matrix: Floats) -> tuple[float, Floats]:
        """A usual margin, and what each column adds to it: their sum is the margin."""
        ...

    def recalibrated(self, shift: float, slope: float) -> "Model":
        """The model whose margin is shift + slope × this one's."""
        ...

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        ...


def predict(model: Model, matrix: Floats) -> Floats:
    """Probabilities, or numbers; rounded so that no last bit of an addition is ever read."""
    margin = model.margin(matrix)
    return np.round(_logistic(margin) if model.link == "logit" else margin, 9)


def _logistic(margin: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(margin, -40, 40)))


@dataclass(frozen=True)
class Linear:
    """Missing numbers count as the training rows' median; `mean` is where a column's contribution is nought."""

    link: Link
    intercept: float
    coefficient: Floats
    median: Floats
    mean: Floats

    def _filled(self, matrix: Floats) -> Floats:
        return np.where(np.isnan(matrix), self.median, matrix)

    def margin(self, matrix: Floats) -> Floats:
        """The intercept is the margin of the mean row."""
        margin: Floats = self.intercept + (self._filled(matrix) - self.mean) @ self.coefficient
        return margin

    def contributions(self, matrix: Floats) -> tuple[float, Floats]:
        """Exact: coefficient times the distance from the mean."""
        return self.intercept, (self._filled(matrix) - self.mean) * self.coefficient

    def recalibrated(self, shift: float, slope: float) -> "Linear":
        """Contributions are stretched with the margin."""
        return replace(self, intercept=shift + slope * self.intercept, coefficient=slope * self.coefficient)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "form": "linear",
            "link": self.link,
            "intercept": self.intercept,
            "coefficient": self.coefficient.tolist(),
            "median": self.median.tolist(),
            "mean": self.mean.tolist(),
        }


@dataclass(frozen=True)
class Tree:
    """Arrays by node; a leaf is its own child. `value` is what a leaf adds, `count` the training rows there."""

    column: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: Ints
    value: Floats
    count: Floats

    def margin(self, matrix: Floats) -> Floats:
        """Rows fall from the root to their leaves, all a step at a time."""
        node = np.zeros(len(matrix), dtype=np.int64)
        rows = np.arange(len(matrix))
        while True:
            cell = matrix[rows, self.column[node]]
            goes_left = np.where(np.isnan(cell), self.missing_left[node] == 1, cell <= self.threshold[node])
            below = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(below, node):
                return self.value[node]
            node = below

    def as_json(self) -> dict[str, Any]:
        """All of it; no tree has an infinite threshold but in its leaves, which hold 0."""
        return {name: getattr(self, name).tolist() for name in Tree.__dataclass_fields__}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Tree":
        """The way back."""
        whole = ("column", "left", "right", "missing_left")
        arrays: dict[str, Any] = {name: np.array(told[name], np.int64 if name in whole else float) for name in told}
        return cls(**arrays)


@dataclass(frozen=True)
class Trees:
    """A start, and what each tree adds."""

    link: Link
    start: float
    trees: tuple[Tree, ...]

    def margin(self, matrix: Floats) -> Floats:
        """The start and what each tree adds, in their order."""
        margin = np.full(len(matrix), self.start)
        for tree in self.trees:
            margin += tree.margin(matrix)
        return margin

    def contributions(self, matrix: Floats) -> tuple[float, Floats]:
        """SHAP values: exact Shapley values of the tree-path-dependent game (Lundberg and others 2020)."""
        usual = self.start + sum(tree_expectation(tree) for tree in self.trees)
        total = np.zeros(matrix.shape)
        for tree in self.trees:
            tree_contributions(tree, matrix, total)
        return usual, total

    def recalibrated(self, shift: float, slope: float) -> "Trees":
        """Contributions are stretched with the margin."""
        stretched = tuple(replace(tree, value=slope * tree.value) for tree in self.trees)
        return Trees(self.link, shift + slope * self.start, stretched)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        trees = [tree.as_json() for tree in self.trees]
        return {"form": "trees", "link": self.link, "start": self.start, "trees": trees}


def from_json(told: dict[str, Any]) -> Model:
    """The model that `as_json` wrote."""
    if told["form"] == "linear":
        arrays = {name: np.array(told[name], np.float64) for name in ("coefficient", "median", "mean")}
        return Linear(told["link"], told["intercept"], **arrays)
    return Trees(told["link"], told["start"], tuple(Tree.from_json(tree) for tree in told["trees"]))
