"""The small tree as nodes with places, so that a chart can draw it with the features' names."""

from dataclasses import dataclass, replace

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
    tree = _trees(fitted).trees[0]
    leaves = 0
    found: list[Node] = []

    def walk(node: int, parent: int | None, depth: int, answer: str) -> float:
        """The node's place, counted in leaves from the left."""
        nonlocal leaves
        at = len(found)
        value, count = _value(fitted, node), int(tree.count[node])
        found.append(Node(node, parent, depth, 0.0, "", answer, value, count))
        if tree.left[node] == node:
            place, label = float(leaves), ""
            leaves += 1
        else:
            children = (int(tree.left[node]), int(tree.right[node]))
            said = [_answer(fitted, node, is_left) for is_left in (True, False)]
            places = [walk(child, node, depth + 1, word) for child, word in zip(children, said, strict=True)]
            place, label = sum(places) / 2, _question(fitted, node)
        found[at] = Node(node, parent, depth, place, label, answer, value, count)
        return place

    walk(0, None, 0, "")
    return [replace(one, place=one.place / max(leaves - 1, 1)) for one in found]


def _trees(fitted: Fitted) -> Trees:
    if not isinstance(fitted.model, Trees):
        raise TypeError("only a tree can be drawn")
    return fitted.model


def _value(fitted: Fitted, node: int) -> float:
    """The mean of what the leaves below say, by their rows."""
    model = _trees(fitted)
    tree = model.trees[0]
    if tree.left[node] == node:
        return _shown(model, float(tree.value[node]))
    below = (int(tree.left[node]), int(tree.right[node]))
    return sum(_value(fitted, child) * float(tree.count[child]) for child in below) / float(tree.count[node])


def _shown(model: Trees, margin: float) -> float:
    margin += model.start
    return round(float(1 / (1 + np.exp(-margin))) if model.link == "logit" else margin, 4)


def _question(fitted: Fitted, node: int) -> str:
    model = _trees(fitted)
    position = int(model.trees[0].column[node])
    index, level = fitted.encoder.columns[position]
    feature = fitted.encoder.features[index]
    if level is not None:
        return f"{fitted.encoder.column_name(position)}?"
    return f"{feature.label} up to {feature.shown(round(float(model.trees[0].threshold[node]), 4))}?"


def _answer(fitted: Fitted, node: int, left: bool) -> str:
    """A category's question is whether it is the level: the left side (column 0) is no; a number's left side is yes."""
    model = _trees(fitted)
    _, level = fitted.encoder.columns[int(model.trees[0].column[node])]
    return "yes" if left == (level is None) else "no"
