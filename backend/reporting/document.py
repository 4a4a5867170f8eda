"""What a report is made of: blocks, in the order in which they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.reporting.insight import Column, Row
from backend.reporting.result import Result


@dataclass(frozen=True)
class Tile:
    """One figure to be seen first: what it is, its value as people read it, and what it is counted of."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """Figures side by side, as many in a row as `columns`."""

    tiles: tuple[Tile, ...]
    columns: int = 4


@dataclass(frozen=True)
class Line:
    """One thing to know: its figure in bold, then the rest of the sentence."""

    figure: str
    words: str


@dataclass(frozen=True)
class Lines:
    """What matters, under a heading, a line each."""

    heading: str
    lines: tuple[Line, ...]
    is_marked: bool = False  # on a ground of its own: to be read before the rest


@dataclass(frozen=True)
class Chart:
    """An insight: its question, its finding, its chart. `tallest` is in millimetres of the page."""

    result: Result
    tallest: int = 80
    is_told: bool = True  # its finding and caveats stand beside it; not where another block has told them
    leaves_out: frozenset[str] = frozenset()  # columns that the report must not carry, not even inside a chart


@dataclass(frozen=True)
class Drawing:
    """A chart of the report's own: a whole Vega-Lite spec, and in words what it shows."""

    heading: str
    spec: Mapping[str, Any]
    shows: str


@dataclass(frozen=True)
class Table:
    """Rows under a heading; `columns` name what is shown of them."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = "There is nothing to list."


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what it means, in small type."""

    heading: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NewPage:
    """What follows begins on a page of its own."""


Block = Tiles | Lines | Chart | Drawing | Table | Facts | NewPage


@dataclass(frozen=True)
class Document:
    """A report ready to be set. One that `is_personal` names students, and says so on each page."""

    title: str
    subject: str
    blocks: tuple[Block, ...]
    is_personal: bool = False
