"""Exact Shapley values of a tree: no sampling, and no package that compiles itself (docs/decisions/0022).

The game is that of TreeSHAP's `tree_path_dependent` (Lundberg and others, Nature Machine Intelligence 2, 2020): a
column that is not known sends a row both ways, by the share of training rows. It splits into games per leaf, products
over the columns on the leaf's path: known, a column says whether the row keeps to the path; unknown, which share does.
A path has few columns, so the sum over their subsets is short.
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from elt.predicting.frames import Flags, Floats

if TYPE_CHECKING:
    from elt.predicting.models import Tree

Step = tuple[int, int, bool]  # node, column, whether the path goes left there


def tree_expectation(tree: "Tree") -> float:
    """The mean value over the training rows."""
    leaves = tree.left == np.arange(len(tree.left))
    return float((tree.value * tree.count)[leaves].sum() / tree.count[0])


def tree_contributions(tree: "Tree", matrix: Floats, total: Floats) -> None:
    """Adds the tree's Shapley values to `total` (rows × columns)."""
    keeps: dict[int, Flags] = {}
    for node in np.flatnonzero(tree.left != np.arange(len(tree.left))).tolist():
        cell = matrix[:, tree.column[node]]
        keeps[node] = np.where(np.isnan(cell), tree.missing_left[node] == 1, cell <= tree.threshold[node])
    for leaf, path in _paths(tree):
        columns = sorted({column for _, column, _ in path})
        known = np.ones((len(columns), len(matrix)), dtype=np.bool_)
        share = np.ones(len(columns))
        for step, column, left in path:
            place = columns.index(column)
            known[place] &= keeps[step] if left else ~keeps[step]
            child = tree.left[step] if left else tree.right[step]
            share[place] *= tree.count[child] / tree.count[step]
        value = tree.value[leaf]
        for place, column in enumerate(columns):
            total[:, column] += value * _shapley(place, known, share)


def _shapley(player: int, known: Flags, share: Floats) -> Floats:
    """The player's value in a product game: of each coalition of the others, what the player changes, weighted."""
    others = [place for place in range(len(share)) if place != player]
    worth = np.zeros(known.shape[1])
    for size in range(len(others) + 1):
        for coalition in combinations(others, size):
            inside = known[list(coalition)].all(axis=0)
            outside = float(np.prod([share[place] for place in others if place not in coalition]))
            worth += _weight(size, len(share)) * outside * inside
    change: Floats = worth * (known[player] - share[player])
    return change


@cache
def _weight(size: int, players: int) -> float:
    return factorial(size) * factorial(players - size - 1) / factorial(players)


def _paths(tree: "Tree") -> Iterator[tuple[int, list[Step]]]:
    """Each leaf with its path from the root."""
    waiting: list[tuple[int, list[Step]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if tree.left[node] == node:
            yield node, path
        else:
            column = int(tree.column[node])
            waiting.append((int(tree.left[node]), [*path, (node, column, True)]))
            waiting.append((int(tree.right[node]), [*path, (node, column, False)]))
