"""The ledger in numbers, written as Prometheus reads them."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import connection as Connection


@dataclass(frozen=True)
class Metric:
    """One gauge and its samples: label values in the order of `labels`, then the number."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: tuple[tuple[tuple[str, ...], float], ...]


# name, help, labels; then the query, whose rows are the labels and the number. Ages are in seconds, as Prometheus asks.
QUERIES = (
    (
        "laurel_submissions",
        "Submissions in the ledger, by dataset and state.",
        ("dataset", "status"),
        "select dataset_id, status, count(*) from catalog.submission group by 1, 2 order by 1, 2",
    ),
    (
        "laurel_submission_bytes",
        "Bytes of the submissions, by dataset and state.",
        ("dataset", "status"),
        "select dataset_id, status, sum(byte_count) from catalog.submission group by 1, 2 order by 1, 2",
    ),
    (
        "laurel_rows_loaded",
        "Rows in raw, of submissions that are loaded or modelled.",
        ("dataset",),
        "select dataset_id, coalesce(sum(rows_loaded), 0) from catalog.submission "
        "where status in ('loaded', 'modelled') group by 1 order by 1",
    ),
    (
        "laurel_rows_rejected",
        "Refused lines of submissions that are loaded or modelled.",
        ("dataset",),
        "select dataset_id, coalesce(sum(rows_rejected), 0) from catalog.submission "
        "where status in ('loaded', 'modelled') group by 1 order by 1",
    ),
    (
        "laurel_dataset_unpublished_changes",
        "Changes of a dataset's raw table that the published marts do not show yet.",
        ("dataset",),
        "select dataset_id, raw_version - modelled_version from catalog.dataset order by 1",
    ),
    (
        "laurel_oldest_waiting_submission_seconds",
        "Age of the oldest submission that waits to be loaded; 0 where none waits.",
        (),
        "select coalesce(extract(epoch from now() - min(received_at)), 0) from catalog.submission "
        "where status in ('received', 'loading', 'failed')",
    ),
    (
        "laurel_transform_runs",
        "Transform runs, by state.",
        ("status",),
        "select status, count(*) from catalog.transform_run group by 1 order by 1",
    ),
    (
        "laurel_last_publication_age_seconds",
        "Time since the marts were last published; no sample before the first time.",
        (),
        "select extract(epoch from now() - max(finished_at)) from catalog.transform_run "
        "where status = 'published' having max(finished_at) is not null",
    ),
)


def read(connection: Connection) -> list[Metric]:
    """Every metric, as the ledger stands now."""
    metrics = []
    with connection.cursor() as cursor:
        for name, help_text, labels, query in QUERIES:
            cursor.execute(query)
            samples = tuple((tuple(row[:-1]), float(row[-1])) for row in cursor.fetchall())
            metrics.append(Metric(name, help_text, labels, samples))
    return metrics


def database_up(is_up: bool) -> Metric:
    """Whether Postgres answers; where not, there is nothing of the ledger to tell."""
    return Metric("laurel_database_up", "1 where Postgres answers.", (), (((), float(is_up)),))


def free_space(directory: Path) -> Metric:
    """Of the disk that holds `directory`, as far as this process may fill it; no sample where there is none."""
    help_text = "Free bytes on the disk of LAUREL_HOME, where the embedded Postgres and store keep their data."
    samples = (((), float(shutil.disk_usage(directory).free)),) if directory.exists() else ()
    return Metric("laurel_home_free_bytes", help_text, (), samples)


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics in Prometheus' text format 0.0.4."""
    lines = []
    for metric in metrics:
        lines.append(f"# HELP {metric.name} {metric.help}")
        lines.append(f"# TYPE {metric.name} gauge")
        for values, number in metric.samples:
            pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(metric.labels, values, strict=True))
            lines.append(f"{metric.name}{{{pairs}}} {number!r}" if pairs else f"{metric.name} {number!r}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
