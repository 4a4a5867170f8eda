"""What somebody did for a flagged student, and later what came of it beside like students: not an experiment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from psycopg2.extensions import connection as Connection

from elt.access.roles import ADMINISTRATOR
from elt.database import only_row
from elt.errors import NotFound, Refused
from elt.predicting.frames import Frame
from elt.predicting.resampling import estimates
from elt.predicting.tasks import Task

ACTIONS = ("talk", "tutoring", "family", "attendance", "other")
CALIPER = 0.05  # of the predicted chance: who differs by no more is like
FEWEST = 10  # students with an action, and without: fewer could be known by name


def record(connection: Connection, role: str, account_id: int, task: str, student_id: str, action: str) -> int:
    """Enter an action for a student who has a current score. Raises NotFound for others, and for others' students."""
    if action not in ACTIONS:
        raise Refused("unknown_action", "There is no such action.", allowed=", ".join(ACTIONS) + ".")
    none = NotFound("no_prediction", "No student of yours with that number has a prediction of that outcome.")
    if not _is_published(connection):
        raise none
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct student_key, moment from predictions.score
            where task = %(task)s and student_id = %(student)s and is_current
                and (%(is_administrator)s or exists (
                    select from catalog.account_scope as scope
                    where scope.account_id = %(account)s and scope.source_system = score.source_system
                        and (scope.teacher_id is null or exists (
                            select from marts.fct_grade as grade
                            inner join marts.dim_teacher as teacher on grade.teacher_key = teacher.teacher_key
                            where grade.student_key = score.student_key and teacher.teacher_id = scope.teacher_id
                        ))
                ))
            """,
            {
                "task": task,
                "student": student_id,
                "account": account_id,
                "is_administrator": role == ADMINISTRATOR,
            },
        )
        found = cursor.fetchone()
        if found is None:
            raise none
        cursor.execute(
            """
            insert into predictions.action (task, student_key, student_id, moment, action, account_id)
            values (%s, %s, %s, %s, %s, %s)
            on conflict (task, student_key, moment, action) do update set recorded_at = predictions.action.recorded_at
            returning action_id
            """,
            [task, found[0], student_id, found[1], action, account_id],
        )
        return int((cursor.fetchone() or [0])[0])


def _is_published(connection: Connection) -> bool:
    """Whether there are marts to look somebody's students up in."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('marts.fct_grade') is not null")
        return bool(only_row(cursor)[0])


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
    """Each action's students beside those with like predictions at the same moment for whom nothing is recorded."""
    with connection.cursor() as cursor:
        cursor.execute("delete from predictions.action_comparison where task = %s", [task.name])
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
        rows = cursor.fetchall()
        for action in ACTIONS:
            if (found := compared(rows, action)) is not None:
                cursor.execute(
                    "insert into predictions.action_comparison values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [task.name, action, *found],
                )


def compared(rows: Sequence[tuple[str, str, float, float, list[str]]], action: str) -> tuple[float, ...] | None:
    """Students, like students, both mean outcomes, and the gap with its interval; None where there are too few.

    `rows` hold student, moment, mean prediction, mean outcome and actions. Each student is set beside the mean of those
    within the caliper; students, with those they are set beside, are what is resampled.
    """
    gaps, theirs, like, students = [], [], set(), []
    for student, moment, value, outcome, actions in rows:
        if action not in actions:
            continue
        near = [row for row in rows if row[1] == moment and not row[4] and abs(row[2] - value) <= CALIPER]
        if near:
            theirs.append(outcome)
            gaps.append(outcome - float(np.mean([row[3] for row in near])))
            like |= {row[0] for row in near}
            students.append(student)
    if len(set(students)) < FEWEST or len(like) < FEWEST:
        return None
    gap = np.array(gaps)
    place = np.unique(students, return_inverse=True)[1].astype(np.int64)
    found = estimates(place, {"gap": lambda weight: float((gap * weight).sum() / weight.sum())})["gap"]
    mean = float(np.mean(theirs))
    return len(set(students)), len(like), mean, mean - found.value, found.value, found.low, found.high
