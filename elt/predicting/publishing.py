"""Scores go into predictions.score all at once, in the transaction that enters their models."""

import json
from collections.abc import Sequence

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from elt.predicting.frames import Frame
from elt.predicting.scoring import Score
from elt.predicting.tasks import Task


def publish(connection: Connection, task: Task, model_id: int, scores: Sequence[Score], frame: Frame) -> None:
    """Take the place of the task's current scores. Earlier moments stay as history, but of students who are gone."""
    withdraw(connection, task)
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            """
            insert into predictions.score (
                task, student_key, unit, moment, model_id, source_system, student_id, status, value, because, reasons,
                risk_tier
            ) values %s
            on conflict (task, student_key, unit, moment) do update set
                model_id = excluded.model_id, status = excluded.status, value = excluded.value,
                because = excluded.because, reasons = excluded.reasons, risk_tier = excluded.risk_tier,
                is_current = true, scored_at = now()
            """,
            [
                (
                    task.name, one.student_key, one.unit, one.moment, model_id, one.source_system, one.student_id,
                    one.status, one.value, one.because, json.dumps(one.reasons), one.risk_tier,
                )
                for one in scores
            ],
            page_size=1000,
        )  # fmt: skip
        cursor.execute(
            "delete from predictions.score where task = %s and not is_current and student_key <> all(%s::uuid[])",
            [task.name, sorted({str(key) for key in frame["student_key"]})],
        )


def withdraw(connection: Connection, task: Task) -> None:
    """No score of the task is current; those of moments that have passed are its history."""
    with connection.cursor() as cursor:
        cursor.execute("update predictions.score set is_current = false where task = %s and is_current", [task.name])
