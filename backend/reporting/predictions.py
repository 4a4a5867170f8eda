"""What the insights on predictions share: the choice of an outcome, the model that stands for it, and its words."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.reporting.insight import Finding, Parameter, Row

OUTCOME = Parameter(
    name="outcome",
    label="Outcome",
    values_sql="select title from predictions.model group by title order by min(model_id)",
    all_label="The first that is published",
)
# The model in force, or, where none ever passed the gate, the newest that was refused.
STANDING = """
    standing as (
        select * from predictions.model
        where title = coalesce(
            %(outcome)s,
            (select title from predictions.model order by status <> 'published', model_id limit 1)
        )
        order by status <> 'published', model_id desc
        limit 1
    )
"""
DATASETS = ("laurel/academic_history", "laurel/students")
NOT_A_CAUSE = (
    "What goes along with an outcome does not cause it: a reason says why the estimate is high, not what helps."
)
INTERVALS = "Intervals are 95%, from resampling students with all their rows."
GATE = (
    "Thresholds: `elt/predicting/gate.yaml`, and a school's own file, named in `LAUREL_PREDICTION_GATE`; the model "
    "card holds those in force."
)


def none_yet(what: str) -> Finding:
    """Where no model was ever trained, or this one has nothing of the kind."""
    return Finding(
        "–", "nothing to show yet", f"{what} Predictions follow the first marts by themselves, within some minutes."
    )


def standing(rows: Sequence[Row]) -> str:
    """Whether what is shown is in force, in a sentence."""
    if rows[0]["model_status"] == "published":
        return "The model passed the gate and is in force."
    return "The model did not pass the gate, so nobody gets a number from it."


def with_interval(value: Any, low: Any, high: Any, decimals: int = 2) -> str:
    """`0.80 (0.79 to 0.81)`."""
    if value is None:
        return "–"
    ends = f" ({low:.{decimals}f} to {high:.{decimals}f})" if low is not None else ""
    return f"{value:.{decimals}f}{ends}".replace("-", "−")


def interval_layers(point: str, axis: Mapping[str, Any], tooltip: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The layers of a chart that draws the field `point` of each row on its interval, `low` to `high`."""
    interval = {"x": {"field": "low", "type": "quantitative", **axis}, "x2": {"field": "high"}}
    middle = {"x": {"field": point, "type": "quantitative"}, "tooltip": list(tooltip)}
    return [
        {"mark": {"type": "rule"}, "encoding": interval},
        {"mark": {"type": "point", "filled": True, "size": 70}, "encoding": middle},
    ]
