"""From raw to marts: one dbt build of what lies downstream of the changed datasets, published if all tests passed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt import locks
from elt.contracting.registry import open_registry
from elt.database import connect, transaction
from elt.errors import LaurelError
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming import dbt_docs, failed_tests, profiling, seed_tables
from elt.transforming import ledger as transform_ledger
from elt.transforming.dbt_build import NodeResult, build, modelled_datasets, project_fingerprint
from elt.transforming.ledger import Plan
from elt.transforming.publishing import publish

log = logging.getLogger(__name__)
NO_ROOM = "No space left on device"  # as the C library says it, and Postgres with it


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


def transform(settings: Settings) -> TransformReport | None:
    """Build, test and publish what is due; None where nothing is, or another transform is at it.

    Raises TransformFailed where a model or test failed, Unavailable where Postgres went away: then nothing is
    published.
    """
    connection = connect(settings.database_url)
    try:
        if not locks.try_transform_lock(connection):
            return None
        transform_ledger.bury_dead(connection)
        plan = transform_ledger.plan(connection, project_fingerprint())
        if plan is None:
            return None
        log.info("transform %d: %s", plan.transform_run_id, ", ".join(plan.changed) or "the dbt project changed")
        try:
            report = _run(connection, settings, plan)
        except BaseException as error:
            if not connection.closed:
                transform_ledger.record_failure(connection, plan, error)
            raise
        _document(settings)
        _profile(connection, settings)
        return report
    finally:
        locks.close(connection)


def _run(connection: Connection, settings: Settings, plan: Plan) -> TransformReport:
    _refresh_statistics(connection, plan.changed)
    # A dataset that a researcher described has no model, unless dbt names it as a source.
    datasets = [dataset for dataset in plan.datasets if dataset in modelled_datasets()]
    nothing_to_build = not plan.everything and not datasets
    if plan.everything and (dropped := seed_tables.drop_outdated(connection)):
        log.info("seeds with other columns are made anew: %s", ", ".join(dropped))
    results = [] if nothing_to_build else build(settings, datasets, plan.everything)
    transform_ledger.record_results(connection, plan, results)
    for result in results:
        log.info("%-9s %6.2f s  %s", result.status, result.seconds, result.node_id)
    bad = [result for result in results if result.failed]
    if bad or not (results or nothing_to_build):
        _find_lines(connection, settings, plan, results)
        raise _failure(bad)
    built = [result.built for result in results if result.built]
    publish(connection, built, plan.everything, lambda same: transform_ledger.settle(same, plan))
    warnings = [result for result in results if result.status == "warn"]
    for result in warnings:
        log.warning("%s: %s rows; see marts.data_quality_issue", result.node_id, result.failures)
    passed = sum(result.resource_type == "test" and result.status == "pass" for result in results)
    return TransformReport(plan.transform_run_id, plan.changed, len(built), passed, len(warnings))


def _find_lines(connection: Connection, settings: Settings, plan: Plan, results: Sequence[NodeResult]) -> None:
    tests = [result.failed_test for result in results if result.failed_test]
    with open_registry(settings) as contracts:
        failed_tests.record_lines(connection, contracts, plan.transform_run_id, tests)


def _refresh_statistics(connection: Connection, datasets: Sequence[str]) -> None:
    """A raw table that has just been filled has none, and the planner would take ten million rows for one."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("set local default_statistics_target = 10")
        cursor.execute("select raw_table from catalog.dataset where dataset_id = any(%s)", [list(datasets)])
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", name)))


def _failure(bad: Sequence[NodeResult]) -> TransformFailed:
    if not bad:
        return TransformFailed(
            "nothing_selected", "dbt found nothing to build for the changed datasets.", remedy="Check dbt/models."
        )
    for result in bad:
        log.error("%s: %s %s", result.node_id, result.status, result.message)
    failed = [result for result in bad if result.status != "skipped"] or list(bad)
    names = ", ".join(result.node_id for result in failed[:5])
    names += f" and {len(failed) - 5} more" if len(failed) > 5 else ""
    behind = f"; {len(bad) - len(failed)} behind them were left out" if len(bad) > len(failed) else ""
    said = f"{len(failed)} of the models and tests failed: {names}{behind}. The marts still show the last good state."
    if any(NO_ROOM in (result.message or "") for result in failed):
        return TransformFailed(
            "no_room", f"Postgres found no room on its disk. {said}", remedy="Make room; the next transform goes on."
        )
    return TransformFailed(
        "build_failed",
        said,
        remedy="catalog.transform_result says why; mend the model, or retract the submission that broke the test.",
    )


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
