"""Which KPIs a transform moved, and the submissions that did it: written in the transaction that publishes."""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from elt.database import only_row
from elt.transforming.mart_changes import changed_kpis


def record(connection: Connection, transform_run_id: int, came: Sequence[int], went: Sequence[int]) -> None:
    """Note the submissions that came into the marts or changed in them, those that went, and every KPI that moved.

    Call it once the marts are switched, in the same transaction.
    """
    _record_sources(connection, transform_run_id, came, went)
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('marts.rpt_kpi') is not null")
        if not only_row(cursor)[0]:
            return
        moved = changed_kpis(connection, ("catalog", "kpi_latest"), ("marts", "rpt_kpi"))
        execute_values(
            cursor,
            "insert into catalog.kpi_change "
            "(transform_run_id, source_system, kpi_name, kpi_label, unit, value_before, value_after) values %s",
            [(transform_run_id, *kpi) for kpi in map(_values, moved)],
        )


def _values(kpi: dict[str, object]) -> tuple[object, ...]:
    return tuple(kpi[name] for name in ("source_system", "name", "label", "unit", "before", "after"))


def _record_sources(connection: Connection, transform_run_id: int, came: Sequence[int], went: Sequence[int]) -> None:
    """A submission that had come before has been corrected since: a fix brought lines."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into catalog.transform_source (transform_run_id, submission_id, change, version)
            select
                %(run)s, submission_id,
                case
                    when submission_id = any(%(went)s::integer[]) then 'retracted'
                    when exists (
                        select from catalog.transform_source as earlier
                        where earlier.submission_id = submission.submission_id
                    ) then 'corrected'
                    when replaces_submission_id is not null then 'replaced'
                    else 'added'
                end,
                (
                    select count(*) from catalog.versions_of(submission.submission_id) as chain (submission_id)
                    where chain.submission_id <= submission.submission_id
                )
            from catalog.submission
            where submission_id = any(%(came)s::integer[] || %(went)s::integer[])
            """,
            {"run": transform_run_id, "came": list(came), "went": list(went)},
        )
