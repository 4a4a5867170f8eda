"""Transforms in the ledger: what each one is to build, what dbt said, and what became of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from elt import locks
from elt.database import only_row, transaction
from elt.errors import LaurelError
from elt.notifying import PREDICT_CHANNEL, notify
from elt.transforming import kpi_history, merging
from elt.transforming.dbt_build import NodeResult


@dataclass(frozen=True)
class Plan:
    """What a transform is about to do, and the raw versions that its scope holds: 0 where nothing ever came."""

    transform_run_id: int
    changed: tuple[str, ...]
    everything: bool
    raw_versions: Mapping[str, int]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Those to build and test from: the changed ones, or all that ever held something."""
        if not self.everything:
            return self.changed
        return tuple(name for name, version in self.raw_versions.items() if version)


def bury_dead(connection: Connection) -> None:
    """Say of a transform that died that it did. One that lives holds the lock, on a connection of its own."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            update catalog.transform_run
            set status = 'failed', finished_at = now(), error_message = 'The process died before it was done.'
            where status = 'running' and not exists (
                select from pg_locks
                where locktype = 'advisory' and mode = 'ExclusiveLock' and granted and pid <> pg_backend_pid()
                    and database = (select oid from pg_database where datname = current_database())
                    and (classid, objid, objsubid) = (0, %s, 1)
            )
            """,
            [locks.REMOVAL],
        )


def plan(connection: Connection, fingerprint: str) -> Plan | None:
    """Fix what this run sees; None where raw is what the marts already show."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute(
            "select project_fingerprint from catalog.transform_run where status = 'published' "
            "order by transform_run_id desc limit 1"
        )
        row = cursor.fetchone()
        everything = row is None or row[0] != fingerprint
        cursor.execute("select dataset_id, raw_version, modelled_version from catalog.dataset order by dataset_id")
        versions = cursor.fetchall()
        changed = tuple(dataset_id for dataset_id, raw, modelled in versions if raw > modelled)
        if not changed and (not everything or (row is None and _files_wait(cursor))):
            return None
        cursor.execute("delete from catalog.transform_scope")
        cursor.execute(
            """
            insert into catalog.transform_scope (submission_id, raw_version, is_new)
            select submission_id, submission.raw_version, %s or merged.submission_id is null
            from catalog.submission
            left join catalog.merged_submission as merged using (submission_id, raw_version)
            where submission.status in ('loaded', 'modelled')
            """,
            [everything],
        )
        cursor.execute(
            "insert into catalog.transform_run (datasets, project_fingerprint) values (%s, %s) "
            "returning transform_run_id",
            [list(changed), fingerprint],
        )
        (run_id,) = only_row(cursor)
        raw_versions = {dataset_id: raw for dataset_id, raw, _ in versions}
    return Plan(run_id, changed, everything, raw_versions)


def _files_wait(cursor: Cursor) -> bool:
    """Whether something is about to be loaded: then the first build of an empty warehouse would only hold it up."""
    cursor.execute("select exists (select from catalog.submission where status in ('received', 'loading'))")
    return bool(only_row(cursor)[0])


def record_results(connection: Connection, plan: Plan, results: Sequence[NodeResult]) -> None:
    """What dbt did, model by model and test by test, whether it is published or not."""
    with transaction(connection), connection.cursor() as cursor:
        for result in results:
            cursor.execute(
                "insert into catalog.transform_result values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    plan.transform_run_id,
                    result.node_id,
                    result.resource_type,
                    result.status,
                    result.seconds,
                    result.rows,
                    result.failures,
                    result.message,
                ],
            )


def settle(connection: Connection, plan: Plan) -> None:
    """In the transaction of the switch: what the marts now contain, the ledger says so."""
    merging.settle(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.dataset set modelled_version = (%(versions)s::jsonb ->> dataset_id)::bigint "
            "where %(versions)s::jsonb ? dataset_id",
            {"versions": json.dumps(plan.raw_versions)},
        )
        cursor.execute(
            """
            update catalog.submission set status = 'modelled', modelled_at = now()
            where status = 'loaded' and submission_id in (select submission_id from catalog.transform_scope)
            returning submission_id
            """
        )
        came = [submission_id for (submission_id,) in cursor.fetchall()]
        cursor.execute(
            """
            update catalog.submission set status = 'retracted', settled_at = now()
            from catalog.dataset
            where dataset.dataset_id = submission.dataset_id and submission.status = 'retracting'
              and submission.removed_at is not null and submission.raw_version <= dataset.modelled_version
            returning submission.submission_id
            """
        )
        went = [submission_id for (submission_id,) in cursor.fetchall()]
        cursor.execute(
            "update catalog.transform_run set status = 'published', finished_at = now() where transform_run_id = %s",
            [plan.transform_run_id],
        )
    kpi_history.record(connection, plan.transform_run_id, came, went)
    notify(connection, PREDICT_CHANNEL, "")


def record_failure(connection: Connection, plan: Plan, error: BaseException) -> None:
    """Nothing is published; of errors that are not ours, only the kind is told."""
    message = error.message if isinstance(error, LaurelError) else f"{type(error).__name__}; see the task's log."
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "update catalog.transform_run set status = 'failed', finished_at = now(), error_message = %s "
            "where transform_run_id = %s",
            [message, plan.transform_run_id],
        )
