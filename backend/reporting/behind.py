"""What stands behind the answers of one snapshot: asked of the ledger once, however many insights want to tell it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from psycopg2.extensions import connection as Connection

from backend.reporting.freshness import Freshness, Publication, publication, status_of
from backend.reporting.insight import Insight, Row
from backend.reporting.movements import Movement, last_movements
from backend.reporting.passport import Passport, files_of
from elt.database import only_row

# What the policies ask of an account: two teachers have the same database role, and different rows.
# The database is named by its number: another one of the same name is another one.
READER_AND_VERSION = """
select
    (select oid from pg_database where datname = current_database()), current_setting('port'), current_user,
    row(
        access.own_systems(), access.known_systems(false), access.known_systems(true),
        access.own_schools(), access.known_schools(), access.own_teachers()
    )::text,
    (select max(transform_run_id) from catalog.publication where status = 'published')
"""


class Behind:
    """Of these insights, in the snapshot of which `connection` is. Nothing is asked before somebody wants it."""

    def __init__(self, connection: Connection, insights: Sequence[Insight]) -> None:
        self.connection = connection
        self._datasets = sorted({dataset for insight in insights for dataset in insight.datasets})
        self._kpis = sorted({name for insight in insights for name in insight.kpis})
        self._files: dict[frozenset[str], tuple[tuple[Row, ...], int]] = {}

    @cached_property
    def reader(self) -> tuple[Any, ...]:
        """Whose rows the session sees, and of which version of the data."""
        with self.connection.cursor() as cursor:
            cursor.execute(READER_AND_VERSION)
            return only_row(cursor)

    def freshness(self, datasets: Sequence[str]) -> Freshness:
        """How fresh these are, which are of the insights."""
        return Freshness(*self._publication, tuple(row for row in self._status if row["dataset_id"] in datasets))

    def passport(self, insight: Insight) -> Passport:
        """The files behind one of the insights, and what moved its KPIs last."""
        key = frozenset(insight.datasets)
        if key not in self._files:
            self._files[key] = files_of(self.connection, insight.datasets)
        moved = tuple(self._moves[name] for name in insight.kpis if name in self._moves)
        return Passport(*self._files[key], moved)

    @cached_property
    def _publication(self) -> Publication:
        return publication(self.connection)

    @cached_property
    def _status(self) -> tuple[Row, ...]:
        return status_of(self.connection, self._datasets)

    @cached_property
    def _moves(self) -> dict[str, Movement]:
        return last_movements(self.connection, self._kpis) if self._kpis else {}
