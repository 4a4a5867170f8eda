"""The rows of a task, read in one snapshot: numbers as floats (NaN where missing), everything else as objects."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg2.extensions import connection as Connection

from elt.predicting.tasks import Task

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
KEYS = ("student_key", "student_id", "source_system", "unit", "moment", "segment", "is_coming")


@dataclass(frozen=True)
class Frame:
    """Columns of equal length; `students` numbers the students from 0 in the order of their keys."""

    columns: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def numbers(self, name: str) -> Floats:
        """A column of numbers."""
        column: Floats = self.columns[name].astype(np.float64)
        return column

    @property
    def students(self) -> Integers:
        """The student of each row."""
        return np.unique(self.columns["student_key"].astype(str), return_inverse=True)[1].astype(np.int64)

    def take(self, rows: npt.NDArray[Any]) -> "Frame":
        """Those rows, by position or by flag."""
        return Frame({name: column[rows] for name, column in self.columns.items()})

    def fingerprint(self) -> str:
        """Changes with any value of any row."""
        digest = hashlib.sha256()
        for name, column in sorted(self.columns.items()):
            digest.update(name.encode() + b"\0")
            if column.dtype == np.float64:
                digest.update(column.tobytes())
            else:
                digest.update("\x1f".join(map(str, column)).encode())
        return digest.hexdigest()


def load(connection: Connection, task: Task) -> Frame:
    """The task's rows, ordered by student, unit and moment: the same data give the same frame, to the byte."""
    names = [*KEYS, *(name for name in task.columns if name not in KEYS)]
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {columns} from ({task.sql}) as task_row "  # noqa: S608 the task's own words
            'order by student_key, unit collate "C", moment collate "C"'
        )
        rows = cursor.fetchall()
    return from_rows(names, rows)


def from_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Frame:
    """A frame of tuples as a database gives them."""
    values = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return Frame({name: _column(name, column) for name, column in zip(names, values, strict=True)})


def _column(name: str, values: Sequence[Any]) -> npt.NDArray[Any]:
    if name not in KEYS and all(isinstance(value, (int, float, Decimal, type(None))) for value in values):
        return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    if values and all(isinstance(value, date) for value in values):
        return np.array([float(value.toordinal()) for value in values], dtype=np.float64)
    column = np.empty(len(values), dtype=np.object_)
    column[:] = values
    return column
