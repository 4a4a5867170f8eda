"""What ends a model's word: its place in force, and what it said of students. Light, for the backend needs it too."""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection


def retire(connection: Connection, task: str) -> None:
    """No model of the task is in force any more: it cannot be read, say, or it is another question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update predictions.model set status = 'superseded' where task = %s and status = 'published'", [task]
        )


def _forget(connection: Connection, task: str) -> None:
    """Nothing is on file of the task's students any more, or it is another question: nothing is said of them.

    Nor is it known any more what was looked at: asked again, the same question on the same rows is a new one.
    """
    with connection.cursor() as cursor:
        cursor.execute("delete from predictions.score where task = %s", [task])
        cursor.execute("delete from predictions.run where task = %s", [task])


def end(connection: Connection, task: str) -> None:
    """Both: nothing of the task lives on but the record of its models."""
    retire(connection, task)
    _forget(connection, task)


def end_all_but(connection: Connection, tasks: Sequence[str]) -> None:
    """Of described data sets these are predicted. Nothing is said of others: their column went, or its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct task from predictions.model where described_dataset_id is not null and task <> all(%s)",
            [list(tasks)],
        )
        for (task,) in cursor.fetchall():
            end(connection, task)
