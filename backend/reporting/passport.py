"""What stands behind an answer besides its definition: the files, what moved its KPIs last, and whose thresholds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.reporting.insight import Definition, Row
from backend.reporting.movements import Movement
from backend.reporting.seeds import seed
from backend.reporting.values import plain

FILES = 20  # that are listed; the newest


@dataclass(frozen=True)
class Passport:
    """`files`: the newest submissions whose rows are in the answer, `file_count` how many there are in all.

    A file's name is None where the reader may not know it.
    """

    files: tuple[Row, ...] = ()
    file_count: int = 0
    movements: tuple[Movement, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For JSON, and for what goes along with a CSV."""
        return {
            "files": [{name: plain(value) for name, value in file.items()} for file in self.files],
            "file_count": self.file_count,
            "moved": [
                {
                    "kpi": moved.kpi_name,
                    "text": moved.text,
                    "before": moved.value_before,
                    "after": moved.value_after,
                    "moved_at": plain(moved.moved_at),
                    "cause": moved.cause,
                }
                for moved in self.movements
            ],
        }


EMPTY = Passport()


def files_of(connection: Connection, datasets: Sequence[str]) -> tuple[tuple[Row, ...], int]:
    """The newest submissions of these datasets in the published marts, and how many there are in all."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select
                submission_id, dataset_id, filename, lines_read, rows_loaded, rows_rejected, received_at, modelled_at,
                count(*) over () as file_count
            from catalog.submission_status
            where dataset_id = any(%s) and status = 'modelled'
            order by submission_number desc
            limit %s
            """,
            [list(datasets), FILES],
        )
        found = cursor.fetchall()
    count = found[0]["file_count"] if found else 0
    return tuple({name: value for name, value in row.items() if name != "file_count"} for row in found), count


def threshold_sources(definition: Definition) -> tuple[str, ...]:
    """Where the thresholds come from, as their seeds say: of those whose numbers the definition names."""
    named = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", definition.threshold)}
    told = [
        row["source"]
        for name in definition.threshold_seeds
        for row in seed(name)
        if row.get("source") and named & _numbers(row)
    ]
    return tuple(dict.fromkeys(told))


def _numbers(row: Row) -> set[float]:
    """The numbers of a seed's row, and as percentages."""
    found = {float(value) for value in row.values() if value and re.fullmatch(r"\d+(\.\d+)?", value)}
    return found | {round(100 * number, 6) for number in found}
