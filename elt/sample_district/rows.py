"""What every row of the district's files has: an id, two times, whether it still stands, and metadata."""

import json
from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Final

Row = dict[str, str]
YEAR_BEGINS: Final = date(2025, 8, 4)  # the registers of the year are made


class Numbers:
    """The next id of a kind of row: letters, and digits enough to sort as text."""

    def __init__(self, prefix: str, digits: int) -> None:
        self._prefix, self._digits, self._next = prefix, digits, count(1)

    def __call__(self) -> str:
        return f"{self._prefix}-{next(self._next):0{self._digits}d}"


def row(id: str, made_on: date, metadata: Mapping[str, object] | None = None, **cells: object) -> Row:
    """A line: cells as text, empty where there is none; made and last changed on one day at noon."""
    at = moment(made_on, 12)
    written = {name: "" if value is None else str(value) for name, value in cells.items()}
    kept = json.dumps(metadata or {}, ensure_ascii=False)
    return {"id": id, **written, "created_at": at, "updated_at": at, "is_active": "true", "metadata": kept}


def moment(day: date, hour: int) -> str:
    """An hour of a day, as the files write times (UTC)."""
    return f"{day.isoformat()}T{hour:02d}:00:00Z"
