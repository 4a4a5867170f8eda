"""The column of a described data set that its owner wants predicted, and the column that says whom a line is about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract, Field
from elt.contracting.generic_views import staging_view
from elt.errors import NotFound, Refused
from elt.notifying import PREDICT_CHANNEL, notify
from elt.predicting import ending

NUMBERS = ("integer", "number", "year")
CATEGORIES = ("string", "boolean")
FEW = 2  # values of a column that is told in chances


@dataclass(frozen=True)
class Target:
    """What is predicted of one data set. `student` is None where nothing tells students apart: each line is one.

    `named` is what the owner said: the column, and the column that says whom a line is about, if any.
    """

    column: Field
    student: Field | None
    named: tuple[str, str | None]
    named_at: datetime


def find(connection: Connection, contract: Contract) -> Target | None:
    """The data set's target; None where there is none, or a later version has its columns no more, or as personal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select field, student_field, named_at from predictions.target where described_dataset_id = %s",
            [contract.name],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    column = next((one for one in predictable(contract) if one.name == row[0]), None)
    student = _student(contract, row[1])
    return None if column is None or (row[1] and student is None) else Target(column, student, row[:2], row[2])


def is_still_named(connection: Connection, dataset: str, named: tuple[str, str | None]) -> bool:
    """Whether this is what the owner wants predicted; until the transaction ends, nobody says otherwise."""
    return _held(connection, dataset) == named


def _held(connection: Connection, dataset: str) -> tuple[str, str | None] | None:
    """What is named now, and stays so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select field, student_field from predictions.target where described_dataset_id = %s for update", [dataset]
        )
        return cursor.fetchone()


def predictable(contract: Contract) -> list[Field]:
    """The columns that can be a target."""
    return [one for one in contract.fields if _unfit(contract, one) is None]


def _unfit(contract: Contract, column: Field) -> str | None:
    """What the contract says of the column that keeps it from being predicted, or from predicting."""
    if column.personal:
        return f"it is marked as personal ({column.personal})"
    if column.name in contract.primary_key:
        return "it is part of the key"
    return None if column.type in NUMBERS + CATEGORIES else f"it is of type {column.type}"


def name(connection: Connection, contract: Contract, field: str, student: str | None, account_id: int) -> None:
    """Let this column be predicted from now on; `student` is the column that says whom a line is about.

    Another target than before ends what was said of the old one. Raises NotFound, or Refused where it cannot be.
    """
    columns = {one.name: one for one in contract.fields}
    for place, said in (("column", field), ("student", student)):
        if said is not None and said not in columns:
            raise NotFound(
                "unknown_column", f"`{place}`: the data set has no such column.", allowed=", ".join(columns) + "."
            )
    if obstacle := _obstacle(connection, contract, columns[field], student):
        raise Refused(
            "bad_target",
            f"That column cannot be predicted: {obstacle}.",
            allowed="A number, or a text or flag with two values; not a personal column, not part of the key, and not "
            "the column that says whom a line is about.",
            remedy="Name another column.",
        )
    if _held(connection, contract.name) not in (None, (field, student)):
        end(connection, contract)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into predictions.target (described_dataset_id, field, student_field, account_id)
            values (%s, %s, %s, %s)
            on conflict (described_dataset_id) do update set field = excluded.field,
                student_field = excluded.student_field, account_id = excluded.account_id, named_at = now()
            """,
            [contract.name, field, student, account_id],
        )
    notify(connection, PREDICT_CHANNEL, "target")


def _obstacle(connection: Connection, contract: Contract, column: Field, student: str | None) -> str | None:
    """Why the column is no target; None where it can be one."""
    if column.name == student:
        return "it says whom a line is about"
    if unfit := _unfit(contract, column):
        return unfit
    many = column.type in CATEGORIES and len(values(connection, contract, column)) > FEW
    return "it is a text with more than two values" if many else None


def values(connection: Connection, contract: Contract, column: Field, most: int = FEW) -> list[str]:
    """The values of a text or flag in the current rows, in their order; at most one more than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("select distinct {}::text from {} where {} is not null order by 1 limit {}").format(
                sql.Identifier(column.column),
                staging_view(contract),
                sql.Identifier(column.column),
                sql.Literal(most + 1),
            )
        )
        return [value for (value,) in cursor.fetchall()]


def end(connection: Connection, contract: Contract) -> None:
    """Nothing of the data set is predicted any more, and what was said is taken back. Its models stay on record."""
    with connection.cursor() as cursor:
        cursor.execute("delete from predictions.target where described_dataset_id = %s", [contract.name])
    ending.end(connection, task_name(contract))


def hide(connection: Connection, dataset: str, personal: Sequence[Field]) -> None:
    """Cards that were made before say no values either of what is personal by now; scores with such reasons go."""
    with connection.cursor() as cursor:
        for field in personal:
            cursor.execute(
                "update predictions.model set card = card #- array['training_profile', %s] "
                "where described_dataset_id = %s",
                [feature_name(field), dataset],
            )
            cursor.execute(
                "delete from predictions.score using predictions.model where score.model_id = model.model_id "
                "and described_dataset_id = %s and score.reasons @> %s",
                [dataset, json.dumps([{"feature": feature_name(field)}])],
            )


def feature_name(field: Field) -> str:
    """What a column is called as a feature: it may be called as one of the columns beside the features."""
    return f"x_{field.column}"


def task_name(contract: Contract) -> str:
    """The outcome that is predicted of a described data set; there is one at a time."""
    return f"{contract.raw_table}_target"


def _student(contract: Contract, named: str | None) -> Field | None:
    """The column that says whom a line is about: the one named, or the only one marked as personal identifier."""
    found = [one for one in contract.fields if (one.name == named if named else one.personal == "identifier")]
    return found[0] if len(found) == 1 else None
