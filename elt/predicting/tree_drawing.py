"""The small tree as nodes with places, so that a chart can draw it with the features' names."""

from dataclasses import dataclass

import numpy as np

from elt.predicting.candidates import Fitted
from elt.predicting.models import Trees


@dataclass(frozen=True)
class Node:
    """A question, or a leaf's answer. `place` is from 0 (left) to 1 (right), `value` a probability or a number."""

    node: int
    parent: int | None
    depth: int
    place: float
    label: str
    answer: str
    value: float
    row_count: int


def nodes(fitted: Fitted) -> list[Node]:
    """Every node of the tree, from the root down; leaves are spread evenly, a question stands over its answers."""
    model = fitted.model
    if not isinstance(model, Trees):
        raise TypeError("only a tree can be drawn")
    tree = model.trees[0]
    leaves = [0]
    found: list[Node] = []

    def walk(node: int, parent: int | None, depth: int, answer: str) -> tuple[float, float]:
        """The node's place (in leaves) and its value before the link."""
        at = len(found)
        found.append(Node(node, parent, depth, 0.0, "", answer, 0.0, int(tree.count[node])))
        if tree.left[node] == node:
            place, margin = float(leaves[0]), float(tree.value[node])
            leaves[0] += 1
            label = ""
        else:
            left_place, left = walk(int(tree.left[node]), node, depth + 1, _answer(fitted, node, True))
            right_place, right = walk(int(tree.right[node]), node, depth + 1, _answer(fitted, node, False))
            place = (left_place + right_place) / 2
            margin, label = 0.0, _question(fitted, node)
        value = _value(fitted, node) if tree.left[node] != node else _shown(model, margin)
        found[at] = Node(node, parent, depth, place, label, answer, value, int(tree.count[node]))
        return place, margin

    walk(0, None, 0, "")
    widest = max(leaves[0] - 1, 1)
    return [
        Node(one.node, one.parent, one.depth, one.place / widest, one.label, one.answer, one.value, one.row_count)
        for one in found
    ]


def _value(fitted: Fitted, node: int) -> float:
    """The mean of what the leaves below say, by their rows."""
    model = fitted.model
    if not isinstance(model, Trees):
        raise TypeError("only a tree can be drawn")
    tree = model.trees[0]
    if tree.left[node] == node:
        return _shown(model, float(tree.value[node]))
    below = (int(tree.left[node]), int(tree.right[node]))
    return sum(_value(fitted, child) * float(tree.count[child]) for child in below) / float(tree.count[node])


def _shown(model: Trees, margin: float) -> float:
    margin += model.start
    return round(float(1 / (1 + np.exp(-margin))) if model.link == "logit" else margin, 4)


def _question(fitted: Fitted, node: int) -> str:
    model = fitted.model
    if not isinstance(model, Trees):
        raise TypeError("only a tree can be drawn")
    position = int(model.trees[0].column[node])
    index, level = fitted.encoder.columns[position]
    feature = fitted.encoder.features[index]
    if level is not None:
        return f"{fitted.encoder.column_name(position)}?"
    return f"{feature.label} up to {feature.shown(round(float(model.trees[0].threshold[node]), 4))}?"


def _answer(fitted: Fitted, node: int, left: bool) -> str:
    """A category's question is whether it is the level: the left side (column 0) is no; a number's left side is yes."""
    model = fitted.model
    if not isinstance(model, Trees):
        raise TypeError("only a tree can be drawn")
    _, level = fitted.encoder.columns[int(model.trees[0].column[node])]
    return "yes" if left == (level is None) else "no"
