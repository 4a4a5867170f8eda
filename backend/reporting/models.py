"""The models behind predictions, as the ledger keeps them: every one that was trained, with its card and figures."""

from collections.abc import Mapping, Sequence

from psycopg2.extensions import connection as Connection

from backend.reporting.insight import Row
from backend.reporting.querying import rows
from elt.errors import NotFound

COLUMNS = """
    model_id, task, title, family, kind, status, algorithm, trained_at, transform_run_id, refusals, artefact_key,
    artefact_sha256
"""
LARGEST = 2**31 - 1  # of a model's number
SHOWN = 200
PARTS = ("metric", "calibration", "subgroup", "capacity")


def listed(connection: Connection, dataset: str | None = None) -> Sequence[Row]:
    """The newest models, those in force first; `metric` with `value`, `low` and `high` is the main figure.

    `dataset` asks for those of one described data set.
    """
    return rows(
        connection,
        f"""
        select {COLUMNS}, metric.metric, metric.value, metric.low, metric.high
        from predictions.model
        left join lateral (
            select metric, value, low, high from predictions.metric as of_model
            where
                of_model.model_id = model.model_id and segment = 'all' and predictor = 'model'
                and metric in ('auc', 'mae')
        ) as metric on true
        where %(dataset)s is null or described_dataset_id = %(dataset)s
        order by status <> 'published', model_id desc limit {SHOWN}
        """,  # noqa: S608 words of our own
        {"dataset": dataset},
    )


def find(connection: Connection, model_id: int) -> tuple[Row, Mapping[str, Sequence[Row]]]:
    """One model with its card, and its figures by kind. Raises NotFound."""
    asked = {"id": min(model_id, LARGEST)}
    found = rows(connection, f"select {COLUMNS}, card from predictions.model where model_id = %(id)s", asked)  # noqa: S608
    if not found or found[0]["model_id"] != model_id:
        raise NotFound("unknown_model", "There is no such model.", remedy="GET /api/v1/predictions/models lists them.")
    figures = {
        part: rows(connection, f"select * from predictions.{part} where model_id = %(id)s order by 1, 2, 3, 4", asked)  # noqa: S608
        for part in PARTS
    }
    return found[0], figures
