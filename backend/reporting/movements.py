"""How KPIs moved, and because of what: "81.0% → 78.0%: academic_history, version 3 replaced version 2"."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.reporting.insight import Row
from backend.reporting.seeds import seed
from elt.transforming.mart_changes import in_words

MODELS_CHANGED = "the models changed, not the data"


@dataclass(frozen=True)
class Movement:
    """A KPI's last move: both values as people read them (`before` is None for its first value), when, and why."""

    kpi_name: str
    label: str
    before: str | None
    after: str
    value_before: float | None
    value_after: float | None
    moved_at: datetime
    transform_run_id: int
    cause: str

    @property
    def text(self) -> str:
        """One line of it."""
        if self.before is None:
            return f"{self.label}: {self.after} since its first data: {self.cause}"
        return f"{self.label}: {self.before} → {self.after}: {self.cause}"


def last_movements(connection: Connection, kpi_names: Sequence[str] | None = None) -> dict[str, Movement]:
    """The last move of each KPI by its name; of these KPIs, or of all."""
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select distinct on (kpi_name)
                kpi_name, kpi_label, unit, value_before, value_after, moved_at, transform_run_id
            from catalog.kpi_movement
            where %(names)s::text[] is null or kpi_name = any(%(names)s)
            order by kpi_name, transform_run_id desc
            """,
            {"names": None if kpi_names is None else list(kpi_names)},
        )
        moves = cursor.fetchall()
        cursor.execute(
            "select transform_run_id, dataset_id, change, version from catalog.transform_cause "
            "where transform_run_id = any(%s) order by dataset_id, submission_number",
            [sorted({move["transform_run_id"] for move in moves})],
        )
        causes = cursor.fetchall()
    return {move["kpi_name"]: _movement(move, causes) for move in moves}


def _movement(move: Row, causes: Sequence[Row]) -> Movement:
    behind = datasets_of(move["kpi_name"])
    mine = [
        cause
        for cause in causes
        if cause["transform_run_id"] == move["transform_run_id"] and cause["dataset_id"] in behind
    ]
    before, after = in_words(move["unit"], move["value_before"], move["value_after"])
    return Movement(
        kpi_name=move["kpi_name"],
        label=move["kpi_label"],
        before=None if move["value_before"] is None else before,
        after=after,
        value_before=move["value_before"],
        value_after=move["value_after"],
        moved_at=move["moved_at"],
        transform_run_id=move["transform_run_id"],
        cause=_in_words(mine),
    )


def _in_words(causes: Sequence[Row]) -> str:
    """What came, changed or went, with the files of one dataset that only came counted together."""
    added = Counter(cause["dataset_id"] for cause in causes if cause["change"] == "added")
    said = [
        f"{'a file' if count == 1 else f'{count} files'} of {_table(dataset)} came" for dataset, count in added.items()
    ]
    for cause in causes:
        table, version = _table(cause["dataset_id"]), cause["version"]
        if cause["change"] == "replaced":
            said.append(f"{table}, version {version} replaced version {version - 1}")
        elif cause["change"] == "corrected":
            said.append(f"lines of {table} were corrected")
        elif cause["change"] == "retracted":
            said.append(f"a file of {table} was retracted")
    return "; ".join(dict.fromkeys(said)) or MODELS_CHANGED


def _table(dataset_id: str) -> str:
    return dataset_id.partition("/")[2]


@cache
def kpis() -> Mapping[str, Mapping[str, str]]:
    """The seed kpi by name."""
    return {row["kpi_name"]: row for row in seed("kpi")}


def datasets_of(kpi_name: str) -> tuple[str, ...]:
    """The datasets that a KPI is computed from."""
    return tuple(kpis()[kpi_name]["datasets"].split()) if kpi_name in kpis() else ()
