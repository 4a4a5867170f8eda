"""What somebody did for a flagged student, and later what came of it beside like students: not an experiment."""

from typing import Any

import numpy as np
from psycopg2.extensions import connection as Connection

from elt.database import only_row
from elt.errors import NotFound, Refused
from elt.predicting.comparison import Case, compared
from elt.predicting.frames import Frame
from elt.predicting.tasks import Task

ACTIONS = {
    "talk": "talked with the student",
    "tutoring": "arranged tutoring",
    "family": "spoke with the family",
    "attendance": "agreed on attendance",
    "other": "something else",
}
ANY = "any"


def record(connection: Connection, account_id: int, task: str, student_key: str, action: str) -> tuple[int, str]:
    """Enter an action for a student who has a current score; gives its number, and the student's source system.

    Whether the account may see that student is for the caller to have asked. Raises Refused for an action that there is
    not, NotFound where nothing is predicted of the student any more.
    """
    if action not in ACTIONS:
        raise Refused("unknown_action", "There is no such action.", allowed=", ".join(ACTIONS) + ".")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with flagged as (
                select student_key, student_id, source_system, moment from predictions.score
                where task = %(task)s and student_key = %(student)s and is_current
                order by moment limit 1
            ),

            entered as (
                insert into predictions.action (
                    task, source_system, student_key, student_id, moment, action, account_id
                )
                select %(task)s, source_system, student_key, student_id, moment, %(action)s, %(account)s from flagged
                on conflict (task, student_key, moment, action) do update
                    set recorded_at = predictions.action.recorded_at
                returning action_id
            )

            select entered.action_id, flagged.source_system from entered cross join flagged
            """,
            {"task": task, "student": student_key, "action": action, "account": account_id},
        )
        found: tuple[int, str] | None = cursor.fetchone()
    if found is None:
        raise NotFound("no_prediction", "Nothing is predicted of that student any more.")
    return found


def note_outcomes(connection: Connection, task: Task, frame: Frame) -> None:
    """Outcomes that have become known are noted beside what had been predicted."""
    known = frame.take(~np.isnan(frame.numbers(task.target)))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update predictions.score set outcome = told.outcome
            from unnest(%s::uuid[], %s::text[], %s::text[], %s::double precision[])
                as told (student_key, unit, moment, outcome)
            where score.task = %s and score.student_key = told.student_key and score.unit = told.unit
                and score.moment = told.moment and score.outcome is distinct from told.outcome
            """,
            [
                *([_plain(value) for value in known[name]] for name in ("student_key", "unit", "moment", task.target)),
                task.name,
            ],
        )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, float) else str(value)


def compare(connection: Connection, task: Task) -> None:
    """Each action's students, and those of any, beside like students at the same moment with nothing on record."""
    with connection.cursor() as cursor:
        cursor.execute("delete from predictions.action_comparison where task = %s", [task.name])
        cursor.execute("select exists (select from predictions.action where task = %s)", [task.name])
        if not only_row(cursor)[0]:
            return
        cursor.execute(
            """
            select score.student_key::text, score.moment, avg(score.value), avg(score.outcome),
                array(select action.action from predictions.action as action
                      where action.task = score.task and action.student_key = score.student_key
                          and action.moment = score.moment order by 1)
            from predictions.score
            where score.task = %s and score.outcome is not null and score.value is not null
            group by score.task, score.student_key, score.moment order by 1, 2
            """,
            [task.name],
        )
        cases = [Case(*row) for row in cursor.fetchall()]
        for action in (ANY, *ACTIONS):
            if (found := compared(cases, None if action == ANY else action)) is not None:
                cursor.execute(
                    "insert into predictions.action_comparison values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [
                        task.name,
                        action,
                        found.student_count,
                        found.similar_count,
                        found.predicted,
                        found.similar_predicted,
                        found.outcome,
                        found.similar_outcome,
                        found.gap.value,
                        found.gap.low,
                        found.gap.high,
                    ],
                )
