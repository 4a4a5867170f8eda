"""Saved questions as insights: the same page and forms, answered under the role and limits of Ask."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from backend.reporting.behind import Behind
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.result import Result, snapshot
from backend.reporting.values import shown
from elt.access.roles import ADMINISTRATOR
from elt.asking.questions import PREFIX, Chart, Question
from elt.asking.session import session
from elt.database import Pool
from elt.transforming.lineage import datasets_behind

MOST_ROWS = 5_000
SECONDS = 15
MARKS: Mapping[str, Mapping[str, Any]] = {
    "bar": {"type": "bar", "cornerRadiusEnd": 3},
    "line": {"type": "line", "point": True},
    "point": {"type": "point", "filled": True, "size": 60},
}
_MART = re.compile(r"\bmarts\s*\.\s*\"?([a-z_][a-z0-9_]*)", re.IGNORECASE)


def is_name(name: str) -> bool:
    """Whether an insight of this name is a saved question."""
    return name.startswith(PREFIX)


def insight_of(question: Question) -> Insight:
    """The question as an insight. What is counted, and what is left out, its SQL says."""
    datasets = sorted(
        {dataset for mart in _MART.findall(question.sql_text) for dataset in datasets_behind(mart.lower())}
    )
    return Insight(
        name=question.name,
        title=question.title,
        question=question.question,
        definition=Definition(
            measure=f"As its SQL says, saved by {question.account_name or 'an account that is no more'}.",
            numerator="As its SQL says.",
            denominator="As its SQL says.",
            exclusions="As its SQL says.",
            threshold="As its SQL says.",
            threshold_seeds=(),
        ),
        datasets=tuple(datasets),
        sql=question.sql_text,
        columns=tuple(Column(column.name, column.name.replace("_", " "), column.kind) for column in question.columns),
        chart=_spec(question.chart, {column.name: column.kind for column in question.columns}),
        finding=_finding,
        caveats=("A saved question: nobody but who saved it has checked what it counts.",),
        audience=frozenset({ADMINISTRATOR}),
    )


def answered(question: Question, url: str, readers: Pool) -> Result:
    """The question asked now, under the role of `url`. Raises what Ask raises."""
    insight = insight_of(question)
    with session(url, uuid4(), SECONDS) as asking:
        answer = asking.answer(question.sql_text, MOST_ROWS)
    names = [column.name for column in answer.columns]
    missing: Row = {column.name: None for column in insight.columns}  # the marts may have changed since
    rows = tuple({**missing, **dict(zip(names, row, strict=True))} for row in answer.rows)
    with snapshot(readers) as connection:
        behind = Behind(connection, [insight])
        fresh, passport = behind.freshness(insight.datasets), behind.passport(insight)
    finding = _finding(rows)
    if answer.is_cut:
        finding = Finding(f"{MOST_ROWS:,}", "rows, the first of more", finding.sentence)
    return Result(insight, (), rows, finding, fresh, passport)


def _finding(rows: Sequence[Row]) -> Finding:
    return Finding(
        shown(len(rows), "integer"), f"row{'s' if len(rows) != 1 else ''}", "Somebody's own question; its SQL is below."
    )


def _spec(chart: Chart | None, kinds: Mapping[str, str]) -> Mapping[str, Any]:
    if chart is None:
        return {}
    along, up = _channel(chart.x, kinds), _channel(chart.y, kinds)
    lies_down = chart.kind == "bar" and along["type"] == "nominal" and up["type"] == "quantitative"
    encoding = {"x": up, "y": along} if lies_down else {"x": along, "y": up}  # names are read level
    if chart.color:
        encoding["color"] = _channel(chart.color, kinds)
    height: Any = {"step": 24} if lies_down else 320
    return {"width": "container", "height": height, "mark": MARKS[chart.kind], "encoding": encoding}


def _channel(name: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """A column as Vega-Lite has it; what is no number stays in the order of the rows."""
    field = re.sub(r"([\\\\.\[\]])", r"\\\1", name)  # to Vega-Lite, dots and brackets lead into objects
    title = name.replace("_", " ")
    if kinds[name] in ("integer", "number"):
        return {"field": field, "type": "quantitative", "title": title}
    return {"field": field, "type": "nominal", "title": title, "sort": None}
