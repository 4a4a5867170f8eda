"""Lineage: from data set through models to insight, as a picture and as a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for

from backend.auth import require_role
from backend.reporting.registry import registry
from backend.services import services
from elt.access.roles import ADMINISTRATOR, AUDITOR
from elt.errors import NotFound
from elt.transforming.lineage import Node, around, direct

COLUMNS = ("dataset", "model", "mart", "insight")  # of the picture, from left to right
LABELS = ("Data sets", "Models between", "Tables", "Insights")
BOX_WIDTH, BOX_HEIGHT = 228, 26
COLUMN_STEP, ROW_STEP = 300, 34
TOP = 30  # below the columns' labels
LONGEST_LABEL = 34


@dataclass(frozen=True)
class Box:
    """One place in the picture."""

    node: Node
    label: str
    url: str
    x: int
    y: int


@dataclass(frozen=True)
class Picture:
    """Boxes, and a curve for each place that reads one of another column."""

    boxes: Sequence[Box]
    curves: Sequence[str]
    width: int
    height: int


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their lineage."""
    blueprint.add_url_rule("/data/lineage", view_func=lineage, methods=["GET"])


@require_role(ADMINISTRATOR, AUDITOR)
def lineage() -> str:
    """What is made from a dataset, or what an insight is made from: `?of=laurel/students`, `?of=pass_rate`."""
    datasets = sorted({node.name for read in direct().values() for node in read if node.kind == "dataset"})
    insights = {node.name: _title(node) for node in sorted(direct()) if node.kind == "insight"}
    chosen = request.args.get("of") or datasets[0]
    node = Node("insight" if chosen in insights else "dataset", chosen)
    if node.kind == "dataset" and chosen not in datasets and chosen not in services().contracts:
        raise NotFound(
            "unknown_node",
            "There is no data set and no insight of that name.",
            allowed=", ".join([*datasets, *insights]),
        )
    nodes = around(node)
    return render_template(
        "lineage.html",
        chosen=node,
        datasets=datasets,
        insights=insights,
        picture=_picture(nodes),
        labels=LABELS,
        places=[(label, _entries(nodes, kind)) for kind, label in zip(COLUMNS, LABELS, strict=True)],
        step=COLUMN_STEP,
        box=(BOX_WIDTH, BOX_HEIGHT),
    )


def _entries(nodes: frozenset[Node], kind: str) -> list[dict[str, object]]:
    """The list: each place with what it reads itself."""
    return [
        {
            "title": _title(node),
            "url": _url(node),
            "reads": [(_title(read), _url(read)) for read in sorted(direct().get(node, frozenset()) & nodes)],
        }
        for node in sorted(nodes)
        if node.kind == kind
    ]


def _picture(nodes: frozenset[Node]) -> Picture:
    places: dict[Node, Box] = {}
    for column, kind in enumerate(COLUMNS):
        members = sorted(
            (node for node in nodes if node.kind == kind), key=lambda node: (_height_of(node, places), node)
        )
        for row, node in enumerate(members):
            title = _title(node)
            label = title if len(title) <= LONGEST_LABEL else title[: LONGEST_LABEL - 1] + "…"
            places[node] = Box(node, label, _url(node), column * COLUMN_STEP, TOP + row * ROW_STEP)
    height = max((box.y for box in places.values()), default=TOP) + ROW_STEP
    curves = [
        _curve(places[read], box)
        for node, box in places.items()
        for read in sorted(direct().get(node, frozenset()) & nodes)
        if read.kind != node.kind
    ]
    return Picture(list(places.values()), curves, (len(COLUMNS) - 1) * COLUMN_STEP + BOX_WIDTH, height)


def _height_of(node: Node, places: Mapping[Node, Box]) -> float:
    """In the middle of what it reads, so that curves cross little."""
    heights = [places[read].y for read in direct().get(node, frozenset()) if read in places]
    return sum(heights) / len(heights) if heights else 1e9


def _curve(start: Box, end: Box) -> str:
    x1, y1, x2, y2 = start.x + BOX_WIDTH, start.y + BOX_HEIGHT // 2, end.x, end.y + BOX_HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"


def _title(node: Node) -> str:
    found = registry().get(node.name) if node.kind == "insight" else None
    return found.title if found else node.name


def _url(node: Node) -> str:
    if node.kind == "dataset":
        return url_for("pages.dataset", name=node.name)
    if node.kind == "insight":
        return url_for("pages.insight", name=node.name)
    return f"/docs/models#!/model/model.laurel.{node.name}"
