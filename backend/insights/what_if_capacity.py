"""With room for so many students: how many of those who will fail are among them, by the model and by the rules."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """What a tenth of the students would catch, beside the best baseline."""
    if not rows:
        return predictions.none_yet("No outcome has been told in chances, so there is no list to cut.")
    at = [row for row in rows if abs(row["capacity_rate"] - 0.1) < 1e-9]
    model = next(row for row in at if row["predictor"] == "model")
    other = max((row for row in at if row["predictor"] != "model"), key=lambda row: row["recall"])
    return Finding(
        shown(model["recall"], "rate"),
        f"of the outcomes are found with room for a tenth of the students: {model['title']}",
        f"Between {shown(model['low'], 'rate')} and {shown(model['high'], 'rate')}; the best baseline "
        f"({other['predictor'].replace('_', ' ')}) finds {shown(other['recall'], 'rate')}, between "
        f"{shown(other['low'], 'rate')} and {shown(other['high'], 'rate')}. {_overlap(model, other)}"
        + predictions.standing(rows),
    )


def _overlap(model: Row, other: Row) -> str:
    if model["low"] > other["high"]:
        return ""
    return "The intervals overlap: for a list of this length the model may be no better. "


INSIGHT = Insight(
    name="what_if_capacity",
    title="What more room would find",
    question="If we could see so many students before the term, how many of the failures to come would we meet?",
    definition=Definition(
        measure="Recall at capacity: the share of the outcomes that came which belong to the students on the list.",
        numerator="Outcomes of the listed students, on rows that the model was not trained on.",
        denominator="All outcomes of the test rows.",
        exclusions="Rows that the model was trained on, and rows without an outcome.",
        threshold="None: the list is cut at each share of the students.",
        threshold_seeds=(),
    ),
    datasets=predictions.DATASETS,
    sql=f"""
        with {predictions.STANDING}

        select
            standing.title,
            standing.status as model_status,
            capacity.capacity_rate,
            capacity.predictor,
            capacity.recall,
            capacity.low,
            capacity.high,
            capacity.precision_rate
        from standing
        inner join predictions.capacity as capacity on standing.model_id = capacity.model_id
        order by capacity.predictor = 'model' desc, capacity.predictor, capacity.capacity_rate
    """,  # noqa: S608 words of our own
    columns=(
        Column("capacity_rate", "Room for", "rate"),
        Column("predictor", "Listed by", "text"),
        Column("recall", "Outcomes found", "rate"),
        Column("low", "95% from", "rate"),
        Column("high", "to", "rate"),
        Column("precision_rate", "Of the listed, had the outcome", "rate"),
    ),
    chart={
        "width": "container",
        "height": 300,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "capacity_rate",
                "type": "quantitative",
                "title": "Room for this share of the students",
                "axis": {"format": ".0%"},
            },
            "y": {
                "field": "recall",
                "type": "quantitative",
                "title": "Outcomes found",
                "axis": {"format": ".0%"},
            },
            "color": {
                "field": "predictor",
                "type": "nominal",
                "title": None,
                "legend": {"columns": 1, "labelLimit": 240},
            },
            "tooltip": [
                {"field": "predictor", "title": "Listed by"},
                {"field": "capacity_rate", "title": "Room for", "format": ".0%"},
                {"field": "recall", "title": "Outcomes found", "format": ".1%"},
                {"field": "precision_rate", "title": "Of the listed, had the outcome", "format": ".1%"},
            ],
        },
    },
    finding=finding,
    caveats=(predictions.INTERVALS, predictions.NOT_A_CAUSE),
    parameters=(predictions.OUTCOME,),
    related=("at_risk", "model_card"),
)
