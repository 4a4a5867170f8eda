"""Whether the chances that a model tells come true: of students told 30%, do three in ten?"""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """The largest gap, and how many tenths agree with what came."""
    if not rows:
        return predictions.none_yet(
            "There are no chances of a model to compare with outcomes; numbers have no such curve."
        )
    agree = sum(row["low"] <= row["mean_predicted"] <= row["high"] for row in rows)
    widest = max(rows, key=lambda row: abs(row["mean_predicted"] - row["observed"]))
    return Finding(
        f"{agree} of {len(rows)}",
        f"groups of predictions agree with what came: {rows[0]['title']}",
        f"Where it says {shown(widest['mean_predicted'], 'rate')}, {shown(widest['observed'], 'rate')} had the outcome "
        f"({shown(widest['low'], 'rate')} to {shown(widest['high'], 'rate')}): the widest gap. "
        + predictions.standing(rows),
    )


INSIGHT = Insight(
    name="calibration",
    title="Calibration of predictions",
    question="When a model says that so many of a hundred will fail, do so many?",
    definition=Definition(
        measure="Test rows sorted by the predicted chance, in ten groups of like size: the mean chance, and the share "
        "that had the outcome.",
        numerator="Rows of the group with the outcome.",
        denominator="Rows of the group.",
        exclusions="Rows that the model was trained on, and rows without an outcome.",
        threshold=predictions.GATE,
        threshold_seeds=(),
    ),
    datasets=predictions.DATASETS,
    sql=f"""
        with {predictions.STANDING}

        select
            standing.title,
            standing.status as model_status,
            calibration.bin + 1 as place,
            calibration.mean_predicted,
            calibration.observed,
            calibration.low,
            calibration.high,
            calibration.student_count,
            calibration.row_count
        from standing
        inner join predictions.calibration as calibration on standing.model_id = calibration.model_id
        order by calibration.bin
    """,  # noqa: S608 words of our own
    columns=(
        Column("place", "Group", "integer"),
        Column("mean_predicted", "Predicted", "rate"),
        Column("observed", "Came", "rate"),
        Column("low", "95% from", "rate"),
        Column("high", "to", "rate"),
        Column("student_count", "Students", "integer"),
        Column("row_count", "Rows", "integer"),
    ),
    chart={
        "width": "container",
        "height": 320,
        "layer": [
            {
                "mark": {"type": "line", "strokeDash": [4, 4], "tooltip": None},
                "encoding": {
                    "x": {
                        "field": "mean_predicted",
                        "type": "quantitative",
                        "title": "Predicted chance",
                        "axis": {"format": ".0%"},
                    },
                    "y": {"field": "mean_predicted", "type": "quantitative", "title": "Share that had the outcome"},
                },
            },
            {
                "mark": {"type": "rule"},
                "encoding": {
                    "x": {"field": "mean_predicted", "type": "quantitative"},
                    "y": {"field": "low", "type": "quantitative", "axis": {"format": ".0%"}},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {
                    "x": {"field": "mean_predicted", "type": "quantitative"},
                    "y": {"field": "observed", "type": "quantitative"},
                    "tooltip": [
                        {"field": "mean_predicted", "title": "Predicted", "format": ".1%"},
                        {"field": "observed", "title": "Came", "format": ".1%"},
                        {"field": "row_count", "title": "Rows", "format": ","},
                    ],
                },
            },
        ],
    },
    finding=finding,
    caveats=(predictions.INTERVALS, "A dot on the dashed line is a chance that came true."),
    parameters=(predictions.OUTCOME,),
    related=("model_card", "subgroup_errors"),
)
