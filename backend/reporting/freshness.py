"""How fresh and how complete the published data behind an answer are, as a snapshot's ledger says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg2.extensions import connection as Connection

from backend.reporting.insight import Row
from backend.reporting.querying import rows


@dataclass(frozen=True)
class Freshness:
    """When the marts last changed, and what of each dataset behind an insight is in them. One `datasets` row each.

    `failed_at` is when a later transform failed, so that these marts are the last good ones; None where none did.
    """

    published_at: datetime | None
    transform_run_id: int | None
    failed_at: datetime | None
    datasets: tuple[Row, ...]

    @property
    def rejected_rate(self) -> float | None:
        """The share of the source lines that were rejected; None where there are none."""
        return self.rejected_of([row["dataset_id"] for row in self.datasets])

    @property
    def waiting(self) -> int:
        """The number of files of these datasets that have arrived and are not loaded yet."""
        return sum(row["open_submissions"] for row in self.datasets)

    def rejected_of(self, datasets: Sequence[str]) -> float | None:
        """The share of the source lines of these datasets that were rejected; None where there are none."""
        mine = [row for row in self.datasets if row["dataset_id"] in datasets]
        lines_read = sum(row["lines_read"] or 0 for row in mine)
        return float(sum(row["rows_rejected"] or 0 for row in mine) / lines_read) if lines_read else None


class Publication(NamedTuple):
    """The last transform that was published; all None before the first."""

    published_at: datetime | None = None
    transform_run_id: int | None = None
    failed_at: datetime | None = None


def freshness_of(connection: Connection, datasets: Sequence[str]) -> Freshness:
    """What is in the published marts of these datasets."""
    return Freshness(*publication(connection), status_of(connection, datasets))


def publication(connection: Connection) -> Publication:
    """The one that the marts show; and when a later transform failed."""
    published = rows(
        connection,
        """
        select
            published_at, transform_run_id,
            (
                select max(later.finished_at) from catalog.publication as later
                where later.status = 'failed' and later.transform_run_id > publication.transform_run_id
            ) as failed_at
        from catalog.publication
        where status = 'published'
        order by transform_run_id desc
        limit 1
        """,
        {},
    )
    return Publication(**published[0]) if published else Publication()


def status_of(connection: Connection, datasets: Sequence[str]) -> tuple[Row, ...]:
    """One row for each of these datasets: its files and lines, and whether the marts hold all of them."""
    return rows(
        connection,
        """
        select
            dataset_id, title, live_submissions, open_submissions, lines_read, rows_loaded, rows_rejected,
            last_received_at, last_modelled_at, raw_version = modelled_version as is_current
        from catalog.dataset_status
        where dataset_id = any(%(datasets)s)
        order by dataset_id
        """,
        {"datasets": list(datasets)},
    )
