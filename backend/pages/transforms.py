"""What the page of the last transform shows."""

from collections.abc import Sequence

from psycopg2.extras import RealDictCursor

from backend.reporting.insight import Row
from elt.database import Pool


def last(pool: Pool) -> tuple[Row | None, Sequence[Row]]:
    """The last transform that ended (None: there was none yet), and one row per model, seed and test in it.

    What failed comes first, then what took longest; `seconds` are dbt's.
    """
    with pool.connection() as connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select transform_run_id, status, datasets, started_at, finished_at, error_message
            from catalog.publication
            where finished_at is not null
            order by transform_run_id desc
            limit 1
            """
        )
        run = cursor.fetchone()
        if run is None:
            return None, ()
        cursor.execute(
            """
            select
                node_id, split_part(node_id, '.', 3) as name, resource_type, status, seconds, row_count,
                failure_count, message,
                status in ('success', 'pass') as is_good
            from catalog.transform_node
            where transform_run_id = %s
            order by is_good, seconds desc, node_id
            """,
            [run["transform_run_id"]],
        )
        return run, cursor.fetchall()
