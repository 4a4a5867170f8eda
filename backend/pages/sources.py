"""The administrator's page about data: how fresh and how clean each dataset is, who sent what, and what failed."""

from collections.abc import Sequence

from flask import Blueprint, render_template
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.auth import require_role
from backend.pages import transforms
from backend.reporting.insight import Row
from backend.services import services
from elt.access.roles import ADMINISTRATOR, AUDITOR
from elt.transforming import failed_tests

_DATASETS = """
    with counted as (
        select
            dataset_id,
            count(*) filter (where status in ('loaded', 'modelled')) as live,
            count(*) filter (where status in ('received', 'loading', 'failed')) as waiting,
            count(*) filter (where status = 'held') as held,
            count(*) filter (where status = 'rejected') as refused,
            sum(lines_read) filter (where status in ('loaded', 'modelled')) as lines_read,
            sum(rows_rejected) filter (where status in ('loaded', 'modelled')) as rows_rejected,
            max(received_at) as last_received_at,
            max(modelled_at) as last_modelled_at
        from catalog.submission
        group by dataset_id
    )
    select
        counted.*, title, raw_version = modelled_version as is_current,
        rows_rejected::double precision / nullif(lines_read, 0) as rejected_rate
    from counted inner join catalog.dataset using (dataset_id)
    order by is_current, last_received_at
"""
_SENDERS = """
    select
        account.name, dataset_id, count(*) as files,
        count(*) filter (where status in ('loaded', 'modelled')) as live,
        count(*) filter (where status = 'rejected') as refused,
        sum(rows_loaded) filter (where status in ('loaded', 'modelled')) as rows_loaded,
        max(received_at) as last_received_at
    from catalog.submission left join catalog.account using (account_id)
    group by account.name, dataset_id
    order by account.name nulls last, last_received_at desc
"""


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their part about sources."""
    blueprint.add_url_rule("/data/sources", view_func=sources, methods=["GET"])


@require_role(ADMINISTRATOR, AUDITOR)
def sources() -> str:
    """Datasets, the oldest first; failing tests, each with the lines behind it; senders."""
    run, nodes = transforms.last(services().reader_pool)
    with services().pool.connection() as connection:
        behind = failed_tests.behind(connection, run["transform_run_id"]) if run else {}
        datasets, senders = _rows(connection, _DATASETS), _rows(connection, _SENDERS)
    return render_template(
        "sources.html",
        datasets=datasets,
        senders=senders,
        run=run,
        failing=[node for node in nodes if node["status"] in ("fail", "error", "runtime error")],
        warned=[node for node in nodes if node["status"] == "warn"],
        behind=behind,
    )


def _rows(connection: Connection, statement: str) -> Sequence[Row]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
