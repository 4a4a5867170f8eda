"""From raw to marts: one dbt build of what lies downstream of the changed datasets, published if all tests passed."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from elt import dbt_docs, locks, merging, profiling
from elt.database import connect, only_row, transaction
from elt.dbt_build import PROJECT, NodeResult, build, modelled_datasets
from elt.errors import LaurelError
from elt.publishing import publish
from elt.registry import open_registry
from elt.settings import Settings
from elt.store import ObjectStore

log = logging.getLogger(__name__)


class TransformFailed(LaurelError):
    """dbt did not build or test everything; the marts are still the last good ones."""


@dataclass(frozen=True)
class TransformReport:
    """What one transform did: for which datasets, and how many models it published."""

    transform_run_id: int
    datasets: tuple[str, ...]
    published_models: int
    tests_passed: int
    warnings: int


@dataclass(frozen=True)
class _Plan:
    """What a transform is about to do, and the raw versions that its scope holds."""

    transform_run_id: int
    changed: tuple[str, ...]
    everything: bool
    raw_versions: Mapping[str, int]


def transform(settings: Settings) -> TransformReport | None:
    """Build, test and publish what is due; None where nothing is, or another transform is at it.

    Raises TransformFailed where a model or test failed, Unavailable where Postgres went away: then nothing is
    published.
    """
    connection = connect(settings.database_url)
    try:
        if not locks.try_transform_lock(connection):
            return None
        bury_dead(connection)
        plan = _plan(connection, project_fingerprint())
        if plan is None:
            return None
        log.info("transform %d: %s", plan.transform_run_id, ", ".join(plan.changed) or "the dbt project changed")
        try:
            report = _run(connection, settings, plan)
        except BaseException as error:
            if not connection.closed:
                _record_failure(connection, plan, error)
            raise
        _document(settings)
        _profile(connection, settings)
        return report
    finally:
        connection.close()


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


def project_fingerprint() -> str:
    """Changes with any file of the dbt project that decides what is built."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT.rglob("*")):
        relative = path.relative_to(PROJECT)
        if path.suffix in (".sql", ".yml", ".csv") and relative.parts[0] not in ("target", "logs"):
            digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _plan(connection: Connection, fingerprint: str) -> _Plan | None:
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
    return _Plan(run_id, changed, everything, raw_versions)


def _files_wait(cursor: Cursor) -> bool:
    """Whether something is about to be loaded: then the first build of an empty warehouse would only hold it up."""
    cursor.execute("select exists (select from catalog.submission where status in ('received', 'loading'))")
    return bool(only_row(cursor)[0])


def _refresh_statistics(connection: Connection, datasets: Sequence[str]) -> None:
    """A raw table that has just been filled has none, and the planner would take ten million rows for one."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("set local default_statistics_target = 10")
        cursor.execute("select raw_table from catalog.dataset where dataset_id = any(%s)", [list(datasets)])
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", name)))


def _run(connection: Connection, settings: Settings, plan: _Plan) -> TransformReport:
    _refresh_statistics(connection, plan.changed)
    # A dataset that a researcher described has no model, unless dbt names it as a source.
    changed = [dataset for dataset in plan.changed if dataset in modelled_datasets()]
    nothing_to_build = not plan.everything and not changed
    results = [] if nothing_to_build else build(settings, None if plan.everything else changed)
    _record_results(connection, plan, results)
    for result in results:
        log.info("%-9s %6.2f s  %s", result.status, result.seconds, result.node_id)
    bad = [result for result in results if result.failed]
    if bad or not (results or nothing_to_build):
        raise _failure(bad)
    built = [result.built for result in results if result.built]
    publish(connection, built, plan.everything, lambda same: _settle(same, plan))
    warnings = [result for result in results if result.status == "warn"]
    for result in warnings:
        log.warning("%s: %s rows; see marts.data_quality_issue", result.node_id, result.failures)
    passed = sum(result.resource_type == "test" and result.status == "pass" for result in results)
    return TransformReport(plan.transform_run_id, plan.changed, len(built), passed, len(warnings))


def _document(settings: Settings) -> None:
    """Bring the models' pages up to date. The marts are published by now, so trouble here is told, not raised."""
    try:
        dbt_docs.bring_up_to_date(settings, ObjectStore(settings), project_fingerprint())
    except Exception as error:
        log.error("the models' documentation is out of date: %s", type(error).__name__)


def _profile(connection: Connection, settings: Settings) -> None:
    """Count what is in described datasets; here too the marts are published, so that trouble is told, not raised."""
    try:
        with open_registry(settings) as contracts:
            profiling.bring_up_to_date(connection, list(contracts.values()))
    except Exception as error:
        log.error("the profiles of described datasets are out of date: %s", type(error).__name__)


def _failure(bad: Sequence[NodeResult]) -> TransformFailed:
    if not bad:
        return TransformFailed(
            "nothing_selected", "dbt found nothing to build for the changed datasets.", remedy="Check dbt/models."
        )
    for result in bad:
        log.error("%s: %s %s", result.node_id, result.status, result.message)
    names = ", ".join(result.node_id for result in bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
    return TransformFailed(
        "build_failed",
        f"{len(bad)} of the models and tests failed: {names}. The marts still show the last good state.",
        remedy="catalog.transform_result says why; mend the model, or retract the submission that broke the test.",
    )


def _record_results(connection: Connection, plan: _Plan, results: Sequence[NodeResult]) -> None:
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


def _record_failure(connection: Connection, plan: _Plan, error: BaseException) -> None:
    message = error.message if isinstance(error, LaurelError) else f"{type(error).__name__}; see the task's log."
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "update catalog.transform_run set status = 'failed', finished_at = now(), error_message = %s "
            "where transform_run_id = %s",
            [message, plan.transform_run_id],
        )


def _settle(connection: Connection, plan: _Plan) -> None:
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
            """
        )
        cursor.execute(
            """
            update catalog.submission set status = 'retracted', settled_at = now()
            from catalog.dataset
            where dataset.dataset_id = submission.dataset_id and submission.status = 'retracting'
              and submission.removed_at is not null and submission.raw_version <= dataset.modelled_version
            """
        )
        cursor.execute(
            "update catalog.transform_run set status = 'published', finished_at = now() where transform_run_id = %s",
            [plan.transform_run_id],
        )
