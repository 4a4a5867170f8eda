"""Whether a model is worse for some students: errors and calibration of each subgroup beside everybody else's."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Row

WORDS = {
    "missed_rate": "missed",
    "false_alarm_rate": "falsely flagged",
    "calibration_gap": "predicted minus observed",
    "mae": "mean absolute error",
    "bias": "predicted minus observed",
}


def finding(rows: Sequence[Row]) -> Finding:
    """How many subgroups the model is clearly worse for, and for whom most; then how many gaps are clear at all."""
    if not rows:
        return predictions.none_yet("No subgroup is large enough to be compared with everybody else.")
    clear = [row for row in rows if row["low"] is not None and (row["low"] > 0 or row["high"] < 0)]
    worse = [row for row in clear if _is_worse(row)]
    if not clear:
        said = "No gap between a subgroup and everybody else is clear of nought."
    else:
        first = max(worse or clear, key=lambda row: max(row["low"], -row["high"]))
        said = (
            f"{'Worst' if worse else 'The clearest'}: {first['attribute']} = {first['level']}, "
            f"{WORDS[first['metric']]}, {predictions.with_interval(first['gap'], first['low'], first['high'])} against "
            f"everybody else. {len(clear)} gaps are clear of nought in either direction; of {len(rows)} comparisons "
            f"about {max(1, round(len(rows) / 20))} would be by chance alone."
        )
    unit = f"comparisons find the model worse for a subgroup: {rows[0]['title']}"
    return Finding(f"{len(worse)} of {len(rows)}", unit, f"{said} {predictions.standing(rows)}")


def _is_worse(row: Row) -> bool:
    """More errors are worse; a prediction may stray in both directions."""
    return bool(row["gap"] > 0 or row["metric"] in ("calibration_gap", "bias"))


INSIGHT = Insight(
    name="subgroup_errors",
    title="Errors of predictions by subgroup",
    question="Is the model worse for some students than for others?",
    definition=Definition(
        measure="With room for a tenth of the students: the share of later failures missed, and of passes "
        "falsely flagged; predicted minus observed; for numbers the mean absolute error.",
        numerator="Missed: failures of students who are not flagged. Falsely flagged: passes of students who are.",
        denominator="Failures, and passes, of the subgroup.",
        exclusions="Subgroups with too few students or outcomes for an interval, and those of whom nothing is known.",
        threshold=predictions.GATE,
        threshold_seeds=(),
    ),
    datasets=predictions.DATASETS,
    sql=f"""
        with {predictions.STANDING}

        select
            standing.title,
            standing.status as model_status,
            subgroup.attribute,
            subgroup.level,
            subgroup.attribute || ': ' || subgroup.level as subgroup_name,
            subgroup.metric,
            (subgroup.metric in ('missed_rate', 'mae'))::integer as is_main,
            subgroup.value,
            subgroup.rest,
            subgroup.gap,
            subgroup.low,
            subgroup.high,
            subgroup.student_count
        from standing
        inner join predictions.subgroup as subgroup on standing.model_id = subgroup.model_id
        order by subgroup.metric desc, subgroup.attribute, subgroup.level
    """,  # noqa: S608 words of our own
    columns=(
        Column("attribute", "Attribute", "text"),
        Column("level", "Subgroup", "text"),
        Column("metric", "Measure", "text"),
        Column("value", "Subgroup's", "number"),
        Column("rest", "Everybody else's", "number"),
        Column("gap", "Gap", "number"),
        Column("low", "95% from", "number"),
        Column("high", "to", "number"),
        Column("student_count", "Students", "integer"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "transform": [{"filter": "datum.is_main"}],
        "encoding": {"y": {"field": "subgroup_name", "type": "nominal", "title": None}},
        "layer": predictions.interval_layers(
            "gap",
            {"title": "Gap to everybody else: share missed, or mean absolute error"},
            [
                {"field": "subgroup_name", "title": "Subgroup"},
                {"field": "gap", "title": "Gap", "format": ".3f"},
                {"field": "student_count", "title": "Students", "format": ","},
            ],
        ),
    },
    finding=finding,
    caveats=(
        predictions.INTERVALS,
        "A subgroup that fails less often is missed more often at the same bar: a gap is a reason to look, no verdict.",
    ),
    parameters=(predictions.OUTCOME,),
    related=("model_card", "calibration"),
)
