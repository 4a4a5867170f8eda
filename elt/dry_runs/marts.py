"""What the marts and KPIs would be with a file loaded: dbt builds what lies downstream of it, beside the real ones."""

import logging
import shutil
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.errors import QueryCanceled
from psycopg2.extensions import connection as Connection

from elt import locks
from elt.contracting.contract import Contract
from elt.database import connect, transaction
from elt.dry_runs import schemas as dry_run_schemas
from elt.dry_runs.giving_way import giving_way
from elt.dry_runs.ledger import DryRun
from elt.dry_runs.rows import live_before_and_after
from elt.dry_runs.schemas import APPLICATION, PREFIX
from elt.errors import LaurelError
from elt.settings import Settings
from elt.transforming.dbt_build import BUILD, directories, invoke, modelled_datasets, project_fingerprint
from elt.transforming.mart_changes import changed_kpis, changed_rows
from elt.transforming.publishing import LAYERS

log = logging.getLogger(__name__)
HOME = "dry_run"  # dbt's folder, below the stack's own
ROUNDS = 5  # a transform that comes in between costs one
LOOK_SECONDS = 0.5
FAILED = ("error", "fail", "runtime error", "skipped", "partial success")


@dataclass(frozen=True)
class _Built:
    """What came of dbt's build: each mart, as (build schema, name), with the columns of its grain; and what failed."""

    grains: dict[tuple[str, str], tuple[str, ...]]
    failures: list[dict[str, Any]]


def model(
    connection: Connection, settings: Settings, run: DryRun, contract: Contract, patience: float
) -> dict[str, Any]:
    """`marts` and `kpis` of the receipt. Where they cannot be told, `marts` says why, and the row counts stand."""
    if contract.name not in modelled_datasets():
        return {"marts": {"status": "compared", "changed": [], "unchanged": []}, "kpis": []}
    for _ in range(ROUNDS):
        last_run = _wait_for_marts(connection, patience)
        if isinstance(last_run, str):
            return _not_compared(last_run)
        with transaction(connection):
            _show_ledger(connection, run)
        with giving_way(settings, last_run) as gave_way:
            try:
                found = _build_and_compare(settings, contract, last_run)
            except (psycopg2.Error, LaurelError):  # dbt could not even begin, or what it had built was taken away
                if not gave_way.is_set():
                    raise
                found = None
        with transaction(connection):
            dry_run_schemas.drop_built(connection)
        if found is not None and not gave_way.is_set():
            return found
        log.info("dry run %s gives way to a transform", run.id)
    return _not_compared("The marts changed again and again while this was worked out; try again at a quieter time.")


def _not_compared(reason: str) -> dict[str, Any]:
    return {"marts": {"status": "not_compared", "reason": reason}, "kpis": None}


def _wait_for_marts(connection: Connection, patience: float) -> int | str:
    """The number of the last transform once the marts show all that is in raw; or why they do not, in the end.

    `patience`, in seconds, does not run out while a transform is at work.
    """
    fingerprint = project_fingerprint()
    deadline = time.monotonic() + patience
    while True:
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(
                """
                select transform_run_id, status, project_fingerprint = %s,
                    exists (select from catalog.dataset where raw_version > modelled_version),
                    exists (
                        select from pg_locks
                        where locktype = 'advisory' and mode = 'ExclusiveLock' and granted
                            and database = (select oid from pg_database where datname = current_database())
                            and (classid, objid, objsubid) = (0, %s, 1)
                    )
                from catalog.transform_run order by transform_run_id desc limit 1
                """,
                [fingerprint, locks.REMOVAL],
            )
            row = cursor.fetchone()
        if row is None:
            return "Nothing has been published yet, so there are no marts to compare with."
        last_run, status, is_same_project, is_due, is_at_work = row
        if status == "published" and is_same_project and not is_due:
            return int(last_run)
        if is_at_work:
            deadline = time.monotonic() + patience
        elif time.monotonic() >= deadline:
            if status == "failed":
                return "The last transform failed, so the marts do not show all that is loaded."
            return "The marts do not show all that is loaded yet; try again when they do."
        time.sleep(LOOK_SECONDS)


def _show_ledger(connection: Connection, run: DryRun) -> None:
    """Make `dry_run_catalog`: the ledger as dbt reads it, with the file as a submission that is live."""
    before, after = live_before_and_after(connection, run)
    names = {"catalog": sql.Identifier(dry_run_schemas.CATALOG), "id": sql.Literal(run.dry_run_id)}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("drop schema if exists {catalog} cascade").format(**names))
        cursor.execute(sql.SQL("create schema {catalog}").format(**names))
        cursor.execute(
            sql.SQL(
                """
                create view {catalog}.submission as
                select * from catalog.submission
                union all
                select (jsonb_populate_record(
                    null::catalog.submission, to_jsonb(dry_run) || jsonb_build_object('submission_id', dry_run_id)
                )).*
                from catalog.dry_run where dry_run_id = {id}
                """
            ).format(**names)
        )
        cursor.execute(
            sql.SQL(
                """
                create table {catalog}.transform_scope as
                select (jsonb_populate_record(scope, '{{"is_new": false}}')).*
                from catalog.transform_scope as scope where submission_id <> all(%s)
                union all
                select (jsonb_populate_record(
                    null::catalog.transform_scope, '{{"submission_id": {id}, "raw_version": 0, "is_new": true}}'
                )).*
                """
            ).format(**names),
            [sorted(before - after)],
        )


def _build_and_compare(settings: Settings, contract: Contract, last_run: int) -> dict[str, Any] | None:
    """None where the ground moved meanwhile."""
    built = _build(settings, contract)
    if built.failures:
        return {"marts": {"status": "would_fail", "failures": built.failures}, "kpis": None}
    with closing(connect(settings.database_url)) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        try:
            with transaction(connection), connection.cursor() as cursor:
                cursor.execute("select set_config('application_name', %s, false)", [APPLICATION])
                if _moved(connection, last_run):
                    return None
                return _changes(connection, built.grains)
        except QueryCanceled:
            return None


def _moved(connection: Connection, last_run: int) -> bool:
    """Whether a transform has begun since, or rows of the scope have left raw."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from catalog.transform_run where transform_run_id > %s) or exists ("
            "select from catalog.transform_scope inner join catalog.submission using (submission_id) "
            "where status not in ('loaded', 'modelled'))",
            [last_run],
        )
        row = cursor.fetchone()
    return row is None or bool(row[0])


def _changes(connection: Connection, grains: dict[tuple[str, str], tuple[str, ...]]) -> dict[str, Any]:
    changed, unchanged = [], []
    for (schema, name), grain in sorted(grains.items(), key=lambda item: item[0][1]):
        counts = changed_rows(connection, (str(LAYERS[schema].public), name), (PREFIX + schema, name), grain)
        if counts.any:
            changed.append({"name": name, **counts.as_dict()})
        else:
            unchanged.append(name)
    kpis: list[dict[str, Any]] = []
    if ("build", "rpt_kpi") in grains:
        kpis = changed_kpis(connection, ("marts", "rpt_kpi"), (PREFIX + "build", "rpt_kpi"))
    return {"marts": {"status": "compared", "changed": changed, "unchanged": unchanged}, "kpis": kpis}


# ---- dbt


def _build(settings: Settings, contract: Contract) -> _Built:
    """Build and test what lies downstream of the dataset; what does not is read where the last transform left it."""
    state = _state(settings)
    arguments = [*BUILD, "--target", "dry_run", *directories(settings, HOME), "--defer", "--state", str(state)]
    arguments += ["--select", f"source:{contract.name.replace('/', '.')}+"]
    result = invoke(settings, arguments)
    if result.result is None:
        raise LaurelError(
            "dbt_did_not_run", f"dbt could not run: {type(result.exception).__name__}."
        ) from result.exception
    return _built(result.result.results)


def _built(results: Iterable[Any]) -> _Built:
    failures: list[dict[str, Any]] = []
    marts: dict[str, tuple[str, str]] = {}
    grains: dict[str, tuple[str, ...]] = {}
    for result in results:
        node = result.node
        if str(getattr(result.status, "value", result.status)) in FAILED:
            failures.append({"name": node.name, "description": node.description, "rows": result.failures})
        kind = str(getattr(node.resource_type, "value", node.resource_type))
        schema = node.schema.removeprefix(PREFIX) if kind == "model" else ""
        if schema in LAYERS and LAYERS[schema].public:
            marts[node.unique_id] = (schema, node.alias)
            if "grain" in node.config.meta:  # of a view, whose parts are tested in its place
                grains[node.unique_id] = tuple(node.config.meta["grain"])
        test = getattr(node, "test_metadata", None)
        if test is not None and test.name == "grain":
            grains[node.attached_node] = tuple(test.kwargs["columns"])
    return _Built({mart: grains.get(node, ()) for node, mart in marts.items()}, failures)


def _state(settings: Settings) -> Path:
    """The folder with the manifest of the real target, which says where everything that is not built here stands."""
    states = settings.home / HOME / "state"
    state = states / project_fingerprint()
    target = state / "target"
    if not (target / "manifest.json").exists():
        shutil.rmtree(states, ignore_errors=True)  # of earlier versions of the project
        arguments = ["parse", *directories(settings, str(state.relative_to(settings.home)))]
        if (parsed := settings.home / "dbt" / "target" / "partial_parse.msgpack").exists():
            arguments += ["--partial-parse-file-path", str(parsed)]  # by the last transform: seconds less
        result = invoke(settings, arguments)
        if not result.success:
            raise LaurelError("dbt_did_not_run", "dbt could not read its project.")
    return target
