"""The card of a model: how good it is beside the baselines, what it was made of, and why it is shown or not."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from backend.reporting.values import shown, signed
from elt.predicting.drift import DRIFTED

MEASURES = {
    "auc": "Ranking (AUC)",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "accuracy": "Accuracy",
    "calibration_slope": "Calibration slope",
    "calibration_gap": "Predicted minus observed",
    "calibration_error": "Calibration error",
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "r2": "R²",
    "bias": "Predicted minus observed",
    "auc_gain": "Gain in AUC",
    "brier_gain": "Gain in Brier score",
    "mae_gain": "Gain in mean absolute error",
    "rmse_gain": "Gain in root mean squared error",
}


def finding(rows: Sequence[Row]) -> Finding:
    """Whether it is shown, with its main figure, and the card in sentences."""
    if not rows:
        return predictions.none_yet("No model has been trained.")
    first = rows[0]
    main = next((row for row in rows if row["predictor"] == "model" and row["metric"] in ("auc", "mae")), None)
    headline = predictions.with_interval(main["value"], main["low"], main["high"]) if main else first["model_status"]
    unit = MEASURES[main["metric"]] if main else "nothing could be tested"
    said = "It passed the gate and is in force." if first["model_status"] == "published" else (
        "It is refused, and nobody gets a number from it: " + " ".join(first["refusals"])
    )  # fmt: skip
    return Finding(headline, f"{unit}: {first['title']}", said, _details(first))


def _details(card: Row) -> tuple[str, ...]:
    refused = [f"{leak['feature']} is refused: {leak['explanation']}" for leak in card["refused_features"]]
    held = list(card["held_segments"].values())
    data = ", ".join(f"{one['dataset']} (version {one['version']})" for one in card["data_versions"])
    worst = card["worst_rows"]
    carried = (
        [
            f"{worst[0]['rows']} rows (1%) carry {shown(worst[0]['share_of_squared_error'], 'rate')} of the squared "
            "error, first of all "
            + ", ".join(f"{one['unit']} ({signed(one['outcome'] - one['predicted'])})" for one in worst[1:6])
            + ": what came beyond what was said."
        ]
        if worst
        else []
    )
    return (
        f"{card['algorithm']}, trained {shown(card['trained_at'], 'time')} on {shown(card['rows'], 'integer')} rows of "
        f"{shown(card['students'], 'integer')} students.",
        card["split"],
        "It looks at: " + ", ".join(card["features"]) + ".",
        *refused,
        *held,
        *carried,
        *_moved(card),
        *card["limits"],
        f"Data: {data or 'none'}. dbt project {card['dbt_project']}. Model {card['model_id']}.",
    )


def _moved(card: Row) -> list[str]:
    """How far features and chances have drifted since, as far as can be told."""
    told = []
    if card["drift"]:
        name, index = max(card["drift"].items(), key=lambda item: item[1])
        told.append(f"Of the features {name} has drifted most: stability index {index:.2f}; above {DRIFTED} it trains.")
    if since := card["calibration"]:
        gap = predictions.with_interval(since["gap"], since["low"], since["high"], 3)
        told.append(f"Chances said beyond what has come since: {gap}, on {shown(since['rows'], 'integer')} outcomes.")
    return told


INSIGHT = Insight(
    name="model_card",
    title="Model card",
    question="How good is the model that makes the predictions, and may it be trusted?",
    definition=Definition(
        measure="Figures of the model and of the baselines on rows that it was not trained on.",
        numerator="AUC: pairs of students of whom one has the outcome, ranked rightly. Mean absolute error: the "
        "distance between predicted and real number.",
        denominator="Test rows: later in time than the training rows, and of other students.",
        exclusions="Rows without an outcome, and without an earlier result.",
        threshold=predictions.GATE,
        threshold_seeds=(),
    ),
    datasets=predictions.DATASETS,
    sql="""
        with newest as (
            select * from predictions.model
            where title = coalesce(
                %(outcome)s,
                (select title from predictions.model order by status <> 'published', model_id limit 1)
            )
            order by model_id desc
            limit 1
        )

        select
            newest.model_id,
            newest.title,
            newest.status as model_status,
            newest.refusals,
            newest.algorithm,
            newest.trained_at,
            (newest.card ->> 'rows')::integer as rows,
            (newest.card ->> 'students')::integer as students,
            newest.card ->> 'split' as split,
            jsonb_path_query_array(newest.card, '$.features[*].label') as features,
            newest.card -> 'refused_features' as refused_features,
            newest.card -> 'held_segments' as held_segments,
            newest.card -> 'worst_rows' as worst_rows,
            newest.card -> 'limits' as limits,
            newest.card -> 'data' as data_versions,
            newest.card #>> '{made_with,dbt_project}' as dbt_project,
            run.drift,
            run.calibration,
            metric.predictor,
            metric.metric,
            coalesce(metric.metric in ('auc', 'mae'), false)::integer as is_main,
            metric.value,
            metric.low,
            metric.high,
            metric.student_count,
            metric.row_count
        from newest
        left join predictions.run as run on newest.task = run.task
        left join predictions.metric on metric.model_id = newest.model_id and metric.segment = 'all'
        order by metric.predictor = 'model' desc, metric.predictor, metric.metric
    """,
    columns=(
        Column("predictor", "Predictor", "text"),
        Column("metric", "Measure", "text"),
        Column("value", "Value", "number"),
        Column("low", "95% from", "number"),
        Column("high", "to", "number"),
        Column("student_count", "Students", "integer"),
        Column("row_count", "Test rows", "integer"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "transform": [{"filter": "datum.is_main"}],
        "encoding": {"y": {"field": "predictor", "type": "nominal", "title": None, "sort": "-x"}},
        "layer": predictions.interval_layers(
            "value",
            {"title": "AUC, or mean absolute error, with its interval", "scale": {"zero": False}},
            [
                {"field": "predictor", "title": "Predictor"},
                {"field": "value", "title": "Value", "format": ".3f"},
                {"field": "low", "title": "95% from", "format": ".3f"},
                {"field": "high", "title": "to", "format": ".3f"},
            ],
        ),
    },
    finding=finding,
    caveats=(
        predictions.INTERVALS,
        "An AUC of 0.5 is a coin, 1 is never wrong. The figures are of the whole procedure, with tuning and the "
        "choice of the model.",
        "A model that is refused takes nobody's place: an earlier one that passed stays in force.",
    ),
    parameters=(predictions.OUTCOME,),
    related=("calibration", "subgroup_errors", "what_if_capacity"),
)
