"""Sets a document on A4 pages with typst and the fonts it carries: the same document gives the same bytes."""

import json
import re
from collections.abc import Mapping
from functools import singledispatch
from pathlib import Path
from typing import Any, Literal

import typst

from backend.reporting import charts
from backend.reporting.document import Block, Chart, Document, Drawing, Facts, Lines, NewPage, Table, Tiles
from backend.reporting.reading import Version
from backend.reporting.report import FONT
from backend.reporting.values import shown

TEMPLATE = Path(__file__).with_name("document.typ").read_bytes()
DOTS_PER_INCH = 144
_SIZE = re.compile(r'<svg[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"')


def to_pdf(document: Document, version: Version) -> bytes:
    """The report as one PDF."""
    (pdf,) = _compiled(document, version, "pdf")
    return pdf


def to_pngs(document: Document, version: Version) -> list[bytes]:
    """The report as pictures, one per page, in order."""
    return _compiled(document, version, "png")


def _compiled(document: Document, version: Version, form: Literal["pdf", "png"]) -> list[bytes]:
    drawings: dict[str, str] = {}
    content = {
        "title": document.title,
        "subject": document.subject,
        "version": f"Data version {version.number} of {shown(version.published_at, 'time')}",
        "is_personal": document.is_personal,
        "blocks": [_content(block, drawings) for block in document.blocks],
    }
    compiled: bytes | list[bytes] = typst.compile(
        TEMPLATE,
        format=form,
        ppi=DOTS_PER_INCH,
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(content, ensure_ascii=False), **drawings},
        timestamp=0,
    )
    return [compiled] if isinstance(compiled, bytes) else compiled


@singledispatch
def _content(block: Block, drawings: dict[str, str]) -> dict[str, Any]:
    """What the template gets of a block; a chart's SVG goes into `drawings` under a name of its own."""
    raise TypeError(type(block).__name__)


@_content.register
def _(block: Tiles, drawings: dict[str, str]) -> dict[str, Any]:
    tiles = [{"label": tile.label, "value": tile.value, "note": tile.note} for tile in block.tiles]
    return {"kind": "tiles", "columns": block.columns, "tiles": tiles}


@_content.register
def _(block: Lines, drawings: dict[str, str]) -> dict[str, Any]:
    lines = [{"figure": line.figure, "words": line.words} for line in block.lines]
    return {"kind": "lines", "heading": block.heading, "lines": lines, "is_marked": block.is_marked}


@_content.register
def _(block: Chart, drawings: dict[str, str]) -> dict[str, Any]:
    result = block.result
    shown_rows = [{k: v for k, v in row.items() if k not in block.leaves_out} for row in result.rows]
    return {
        "kind": "chart",
        "heading": result.insight.title,
        "question": result.insight.question,
        "chosen": result.chosen,
        "headline": result.finding.headline,
        "unit": result.finding.unit,
        "sentence": result.finding.sentence,
        "caveats": list(result.insight.caveats),
        "is_told": block.is_told,
        "tallest": block.tallest,
        "drawing": _drawn(charts.spec(result.insight, shown_rows), drawings) if result.rows else None,
    }


@_content.register
def _(block: Drawing, drawings: dict[str, str]) -> dict[str, Any]:
    drawing = _drawn(block.spec, drawings)
    return {"kind": "drawing", "heading": block.heading, "shows": block.shows, "drawing": drawing}


def _drawn(spec: Mapping[str, Any], drawings: dict[str, str]) -> dict[str, Any]:
    """Where in `drawings` the chart is, and how large it is, in pixels."""
    name = f"chart-{len(drawings)}"
    drawings[name] = charts.svg(spec, font=FONT)
    size = _SIZE.search(drawings[name])
    if size is None:
        raise ValueError("a drawing does not say how large it is")
    return {"name": name, "width": float(size[1]), "height": float(size[2])}


@_content.register
def _(block: Table, drawings: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "table",
        "heading": block.heading,
        "header": [column.label for column in block.columns],
        "numeric": [column.kind not in ("text", "flag") for column in block.columns],
        "rows": [[shown(row[column.name], column.kind) for column in block.columns] for row in block.rows],
        "empty": block.empty,
    }


@_content.register
def _(block: Facts, drawings: dict[str, str]) -> dict[str, Any]:
    return {"kind": "facts", "heading": block.heading, "facts": [list(fact) for fact in block.facts]}


@_content.register
def _(block: NewPage, drawings: dict[str, str]) -> dict[str, Any]:
    return {"kind": "new page"}
