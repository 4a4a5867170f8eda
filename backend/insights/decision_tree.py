"""The small decision tree that is grown beside the model, drawn with names: for reading, not for scoring."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Row


def finding(rows: Sequence[Row]) -> Finding:
    """The leaf with the highest value, and how to get there."""
    if not rows:
        return predictions.none_yet("No tree has been grown.")
    leaves = [row for row in rows if not row["label"]]
    top = max(leaves, key=lambda row: row["value"])
    by_node = {row["node"]: row for row in rows}
    path, at = [], top
    while at["parent"] is not None:
        parent = by_node[at["parent"]]
        path.append(f"{parent['label'].rstrip('?')}: {at['answer']}")
        at = parent
    way = "; ".join(reversed(path)) or "everybody"
    return Finding(
        _told(top),
        f"in its highest leaf: {rows[0]['title']}",
        f"It is reached by: {way}. {top['row_count']:,} of {rows[0]['row_count']:,} rows get there.",
    )


def _told(row: Row) -> str:
    return f"{100 * row['value']:.0f}%" if row["kind"] == "classification" else f"{row['value']:.1f}"


INSIGHT = Insight(
    name="decision_tree",
    title="Decision tree",
    question="Which few questions tell most about the outcome?",
    definition=Definition(
        measure="A tree of depth three, on all rows with an outcome; each leaf tells the share with it or the mean.",
        numerator="Rows of the leaf with the outcome.",
        denominator="Rows of the leaf.",
        exclusions="Features that give the outcome away (see the model card).",
        threshold="None.",
        threshold_seeds=(),
    ),
    datasets=predictions.DATASETS,
    sql=rf"""
        with {predictions.STANDING}

        select
            standing.title,
            standing.kind,
            tree_node.node,
            tree_node.parent,
            tree_node.depth,
            tree_node.place,
            tree_node.label,
            tree_node.answer,
            tree_node.value,
            tree_node.row_count,
            above.place as parent_place,
            above.depth as parent_depth,
            case
                when tree_node.label <> '' then regexp_replace(tree_node.label, '((\S+\s+){{2}}\S+)\s+', '\1|', 'g')
                when standing.kind = 'classification' then round(100 * tree_node.value::numeric) || '%%'
                else round(tree_node.value::numeric, 1)::text
            end as shown
        from standing
        inner join predictions.tree_node as tree_node on standing.model_id = tree_node.model_id
        left join predictions.tree_node as above
            on standing.model_id = above.model_id and tree_node.parent = above.node
        order by tree_node.depth, tree_node.place
    """,  # noqa: S608 words of our own
    columns=(
        Column("depth", "Depth", "integer"),
        Column("answer", "Answer above", "text"),
        Column("label", "Question", "text"),
        Column("value", "Share, or mean", "number"),
        Column("row_count", "Rows", "integer"),
    ),
    chart={
        "width": "container",
        "height": 460,
        "encoding": {
            "x": {
                "field": "place",
                "type": "quantitative",
                "axis": None,
                "scale": {"zero": False, "nice": False, "padding": 58},
            },
            "y": {
                "field": "depth",
                "type": "quantitative",
                "title": "Questions asked",
                "axis": {"tickMinStep": 1, "grid": False},
                "scale": {"reverse": True, "padding": 30},
            },
        },
        "layer": [
            {
                "transform": [{"filter": "datum.parent_place != null"}],
                "mark": {"type": "rule"},
                "encoding": {"x2": {"field": "parent_place"}, "y2": {"field": "parent_depth"}},
            },
            {
                "transform": [
                    {"filter": "datum.parent_place != null"},
                    {"calculate": "(datum.place + datum.parent_place) / 2", "as": "middle"},
                    {"calculate": "(datum.depth + datum.parent_depth) / 2", "as": "height"},
                ],
                "mark": {"type": "text", "fontSize": 10, "dx": -10, "limit": 40},
                "encoding": {
                    "x": {"field": "middle", "type": "quantitative"},
                    "y": {"field": "height", "type": "quantitative"},
                    "text": {"field": "answer"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90},
                "encoding": {"color": {"field": "value", "type": "quantitative", "legend": None}},
            },
            {
                "transform": [{"filter": "datum.label != ''"}, {"calculate": "'' + datum.shown", "as": "words"}],
                "mark": {
                    "type": "text",
                    "baseline": "top",
                    "dy": -52,
                    "fontSize": 10,
                    "lineHeight": 11,
                    "limit": 112,
                    "lineBreak": "|",
                },
                "encoding": {"text": {"field": "words"}},
            },
            {
                "transform": [
                    {"filter": "datum.label == '' || !isString(datum.label)"},
                    {"calculate": "'' + datum.shown", "as": "words"},
                ],
                "mark": {
                    "type": "text",
                    "baseline": "top",
                    "dy": 8,
                    "fontSize": 10,
                    "lineHeight": 11,
                    "limit": 112,
                    "lineBreak": "|",
                },
                "encoding": {"text": {"field": "words"}},
            },
        ],
    },
    finding=finding,
    caveats=(
        "A small tree is easy to read and changes easily: other students might give other questions.",
        predictions.NOT_A_CAUSE,
    ),
    parameters=(predictions.OUTCOME,),
    related=("model_card",),
)
