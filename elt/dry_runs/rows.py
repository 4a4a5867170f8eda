"""The rows of a file that is only looked at: loaded where nobody sees them, counted against what is there."""

import tempfile
from dataclasses import asdict, replace
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contracting.contract import Contract
from elt.database import only_row
from elt.dry_runs import ledger as dry_run_ledger
from elt.dry_runs import schemas as dry_run_schemas
from elt.dry_runs.ledger import DryRun
from elt.errors import Conflict, LaurelError, Refused
from elt.ledger import Incoming
from elt.loading import guarding, raw_tables, rejects
from elt.loading.copying import Claim, Tally, copy_rows
from elt.loading.duplicates import reject_duplicates
from elt.loading.error_groups import count_errors
from elt.loading.settling import refusal_of
from elt.loading.submissions import check_unchanged
from elt.reading import header_mapping
from elt.reading.detecting import Stated, read_front
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv
from elt.receiving.whole_files import check_own_content
from elt.store import ObjectStore
from elt.versioning import comparing


def check(connection: Connection, store: ObjectStore, contract: Contract, run: DryRun) -> dict[str, Any] | None:
    """Load the file where nobody sees it, and compare; None where it is rejected as a whole, which is settled then."""
    _refuse_known(connection, run, run.sha256)
    trial = replace(contract, raw_schema=dry_run_schemas.FILE)
    _make_table(connection, contract, trial)
    stated = Stated(**run.stated)
    claim = Claim(run.dry_run_id, str(run.id), str(run.object_key), run.sha256, run.replaces_submission_id, stated)
    with store.open(claim.object_key) as body, tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spooled:
        source = Source(body)
        with open_csv(source) as (csv, compression):
            fitted, _ = header_mapping.matched(trial, run.header_mapping or {}, csv.sample(), stated)
            front = read_front(csv.sample(), fitted, stated, compression)
            tally = copy_rows(connection, csv, front, fitted, claim, spooled)
            check_unchanged(source, claim)
        _refuse_known(connection, run, csv.sha256)
        reject_duplicates(connection, store, fitted, claim, front, tally, spooled)
        rejects.store(connection, rejects.OF_DRY_RUNS, spooled)
    read = {"encoding": front.encoding, "dialect": front.dialect, "header": front.header, **_counts(tally)}
    receipt: dict[str, Any] = {
        "error_groups": [group.as_json() for group in count_errors(connection, rejects.OF_DRY_RUNS, run.dry_run_id)]
    }
    if refusal := refusal_of(contract, tally):
        dry_run_ledger.advance(
            connection,
            run,
            "rejected",
            error_code=refusal.code,
            error_message=refusal.in_words(),
            receipt=receipt,
            **read,
        )
        return None
    receipt |= _compare(connection, contract, claim, run)
    dry_run_ledger.advance(connection, run, "modelling", receipt=receipt, **read)
    return receipt


def _refuse_known(connection: Connection, run: DryRun, sha256: str) -> None:
    """Raises Refused where the same data are live: with what sending them would answer, or that it changes nothing."""
    live = ledger.find_live(connection, run.dataset_id, sha256)
    if live is None:
        return
    replaced = ledger.get(connection, run.replaces_id) if run.replaces_id else None
    owner = replaced.account_id if replaced else run.account_id
    try:
        check_own_content(
            Incoming(run.dataset_id, owner, run.filename, replaces=replaced, stated=Stated(**run.stated)), live
        )
    except Conflict as conflict:
        raise Refused(conflict.code, conflict.message, allowed=conflict.allowed, remedy=conflict.remedy) from conflict
    raise Refused("duplicate_content", "The same data are live in this dataset, so sending them changes nothing.")


def _counts(tally: Tally) -> dict[str, int]:
    if tally.read != tally.loaded + tally.rejected:
        raise LaurelError("lines_unaccounted", "Not every line of the file was either accepted or refused.")
    return {"lines_read": tally.read, "rows_accepted": tally.loaded, "rows_rejected": tally.rejected}


def _make_table(connection: Connection, contract: Contract, trial: Contract) -> None:
    """Unlogged: whatever happens to Postgres, these rows may go."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(dry_run_schemas.FILE)))
        cursor.execute(
            sql.SQL("create unlogged table {} (like {})").format(raw_tables.table(trial), raw_tables.table(contract))
        )


def _compare(connection: Connection, contract: Contract, claim: Claim, run: DryRun) -> dict[str, Any]:
    """`rows`, with the file's rows beside those of raw in one relation, and for what a new version would be `held`."""
    _show_rows(connection, contract)
    before, after = live_before_and_after(connection, run)
    relation = sql.SQL("{}").format(sql.Identifier(dry_run_schemas.RAW, contract.raw_table))
    removal = guarding.removal(connection, contract, claim, relation)
    return {
        "rows": asdict(comparing.compare(connection, contract, before, after, relation)),
        "held_for": asdict(removal) if removal and removal.is_too_much else None,
    }


def _show_rows(connection: Connection, contract: Contract) -> None:
    """Make `dry_run_raw`: every raw table as it is, but for the one that the file's rows stand beside."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(dry_run_schemas.RAW)))
        cursor.execute("select raw_table from catalog.dataset")
        for (table,) in cursor.fetchall():
            parts: dict[str, sql.Composable] = {
                "view": sql.Identifier(dry_run_schemas.RAW, table),
                "raw": sql.Identifier("raw", table),
                "file": sql.Identifier(dry_run_schemas.FILE, table),
            }
            statement = "create view {view} as select * from {raw}"
            if table == contract.raw_table:
                parts["raw"] = raw_tables.table(contract)
                statement += " union all select * from {file}"
                cursor.execute(sql.SQL("analyze {file}").format(**parts))
            cursor.execute(sql.SQL(statement).format(**parts))


def live_before_and_after(connection: Connection, run: DryRun) -> tuple[set[int], set[int]]:
    """The dataset's live submissions as they are, and as they were with the file loaded.

    As in elt.loading.settling, a new version takes the place of the one it replaces, and of those before it that never
    got to take theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with recursive replaced (submission_id) as (
                select %(replaces)s::integer
                union
                select submission.replaces_submission_id
                from replaced inner join catalog.submission using (submission_id)
                where submission.loaded_at is null and submission.replaces_submission_id is not null
            )
            select
                array_agg(submission_id),
                array_agg(submission_id) filter (
                    where submission_id not in (select submission_id from replaced where submission_id is not null)
                )
            from catalog.submission
            where dataset_id = %(dataset)s and status in ('loaded', 'modelled')
            """,
            {"replaces": run.replaces_submission_id, "dataset": run.dataset_id},
        )
        before, after = only_row(cursor)
    return set(before or ()), {*(after or ()), run.dry_run_id}
