"""Corrected lines join their submission: matched by line number, checked like any line, together with the ledger.

A submission that is loaded anew (restored, or refused before) gets all its fixes again, in their order.
"""

import csv
import tempfile
from dataclasses import dataclass
from typing import TextIO

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt import locks
from elt.contracting.contract import Contract
from elt.database import only_row, transaction
from elt.errors import LaurelError, NotFound, Refused
from elt.fixing import fixes
from elt.fixing import joining_sql as fixing_sql
from elt.fixing import reading as fix_reading
from elt.fixing.comparing import hold_back
from elt.fixing.fixes import Fix
from elt.fixing.reading import FixReader, read_fix_front
from elt.loading import raw_tables
from elt.loading.copying import Tally
from elt.loading.error_groups import group_errors
from elt.loading.rejects import LineFormat
from elt.reading import header_mapping
from elt.reading.detecting import Stated, read_front
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv
from elt.store import ObjectStore


@dataclass(frozen=True)
class Target:
    """Where a submission's rows and refused lines are: in raw and the ledger, or in temporary copies of both."""

    contract: Contract
    submission_id: int
    header: list[str]
    format: LineFormat
    ledger_schema: str = "catalog"

    @property
    def rejects(self) -> sql.Identifier:
        """The table of the refused lines."""
        return sql.Identifier(self.ledger_schema, "rejected_line")


@dataclass(frozen=True)
class Applied:
    """Lines of one fix: those that joined, those still refused; the rest of `read` belongs to no refused line."""

    read: int
    fixed: int
    refused: int


def apply(
    connection: Connection, store: ObjectStore, contract: Contract, fix_id: int, submission_id: int
) -> Applied | None:
    """Apply one fix to rows in raw; None where somebody else has it or nothing is left to do.

    One that cannot apply ends as `rejected`. Whatever else goes wrong is ours: it is set to `failed`, to be tried again
    later, and the error is raised.
    """
    if not locks.try_load_lock(connection, submission_id):
        return None
    try:
        with transaction(connection):
            return _apply_claimed(connection, store, contract, fix_id, submission_id)
    except Refused as refusal:
        with transaction(connection):
            fixes.end_attempt(connection, fix_id, "rejected", refusal.code, refusal.in_words())
        return None
    except Exception as error:
        if not connection.closed:
            code = error.code if isinstance(error, LaurelError) else "internal_error"
            message = error.in_words() if isinstance(error, LaurelError) else "Laurel could not apply the fix."
            with transaction(connection):
                fixes.end_attempt(connection, fix_id, "failed", code, message)
        raise
    finally:
        if not connection.closed:
            connection.rollback()
            locks.unlock_load(connection, submission_id)


def _apply_claimed(
    connection: Connection, store: ObjectStore, contract: Contract, fix_id: int, submission_id: int
) -> Applied | None:
    # Every model of one transform sees the same rows of a submission: new ones wait for a running transform.
    locks.wait_for_removal_lock(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "select status, object_key, dialect from catalog.submission where submission_id = %s for update",
            [submission_id],
        )
        status, object_key, dialect = only_row(cursor)
    fix = fixes.get(connection, fix_id)
    if fix.status not in ("received", "failed"):
        return None
    if status not in ("loaded", "modelled"):
        raise Refused(
            "not_live",
            f"The submission is {status}: none of its rows are loaded.",
            remedy="Restore it or send it again, then its corrections.",
        )
    contract, header = fitted_to_original(connection, store, contract, submission_id, object_key)
    applied = apply_lines(connection, store, Target(contract, submission_id, header, LineFormat.of(dialect)), fix)
    _record(connection, submission_id, fix, applied)
    group_errors(connection, submission_id)
    _settle_submission(connection, contract, submission_id, applied)
    return applied


def _settle_submission(connection: Connection, contract: Contract, submission_id: int, applied: Applied) -> None:
    if not applied.fixed:
        return
    version = raw_tables.raise_version(connection, contract)
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.submission set rows_loaded = rows_loaded + %s, rows_rejected = rows_rejected - %s, "
            "raw_version = %s, status = 'loaded' where submission_id = %s "
            "returning lines_read = rows_loaded + rows_rejected",
            [applied.fixed, applied.fixed, version, submission_id],
        )
        (is_whole,) = only_row(cursor)
    if not is_whole:
        raise LaurelError("lines_unaccounted", "Not every line of the file is either loaded or refused.")


def has_fixes(connection: Connection, submission_id: int) -> bool:
    """Whether the submission is more than its file."""
    return bool(fixes.valid(connection, submission_id))


def replay(connection: Connection, store: ObjectStore, target: Target, tally: Tally) -> None:
    """Apply all fixes of a submission whose original lines have just been copied; `tally` counts what joins."""
    for fix in fixes.valid(connection, target.submission_id):
        try:
            applied = apply_lines(connection, store, target, fix)
        except Refused as refusal:  # the contract has changed since; raised before anything was written
            fixes.end_attempt(connection, fix.fix_id, "rejected", refusal.code, refusal.in_words())
            continue
        _record(connection, target.submission_id, fix, applied)
        tally.loaded += applied.fixed
        tally.rejected -= applied.fixed


def apply_lines(connection: Connection, store: ObjectStore, target: Target, fix: Fix) -> Applied:
    """Move the lines that now pass from the refused lines to the rows; the others get their new reasons and text.

    Raises Refused, before anything is written, where the file cannot be read as a fix of this dataset.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as rows,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as records,
    ):
        read = _spool(connection, store, target, fix, rows, records)
        columns = fix_reading.columns(target.contract, target.header)
        with connection.cursor() as cursor:
            for statement in fixing_sql.make_tables(target.contract):
                cursor.execute(statement)
            rows.seek(0)
            cursor.copy_expert(fixing_sql.copy_rows(columns).as_string(connection), rows)
            records.seek(0)
            cursor.copy_expert("copy pg_temp.fix_record from stdin (format csv)", records)
    key = ", ".join(target.contract.primary_key)
    parameters = {"submission": target.submission_id, "fix": fix.fix_id, "key": key}
    with connection.cursor() as cursor:
        for statement in fixing_sql.match(target.rejects):
            cursor.execute(statement, parameters)
        hold_back(connection, target.rejects, target.submission_id, target.contract, target.header, target.format)
        if target.contract.key_columns:
            cursor.execute(fixing_sql.refuse_duplicates(target.contract), parameters)
        cursor.execute(fixing_sql.refuse_again(target.rejects), parameters)
        refused = cursor.rowcount
        cursor.execute(fixing_sql.join(target.contract), parameters)
        fixed = cursor.rowcount
        cursor.execute(fixing_sql.forget_refused(target.rejects), parameters)
    return Applied(read, fixed, refused)


def _spool(connection: Connection, store: ObjectStore, target: Target, fix: Fix, rows: TextIO, records: TextIO) -> int:
    """The lines of a fix on disk, as COPY takes them; returns how many there were."""

    def is_unsplit(line_number: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(fixing_sql.is_unsplit(target.rejects), [target.submission_id, line_number])
            return bool(only_row(cursor)[0])

    writer, read = csv.writer(records), 0
    try:
        with store.open(fix.object_key) as body:
            source = Source(body)
            with open_csv(source) as (file, _):
                front = read_fix_front(file.sample(), target.contract)
                reader = FixReader(front, target.contract, target.header, target.format, is_unsplit)
                for record in reader.records(file.buffered()):
                    read += 1
                    writer.writerow(record.spooled())
                    if record.row is not None:
                        rows.write(f"{target.submission_id}\t{record.fix_line_number}\t{record.row}\n")
    except NotFound as error:
        raise _changed("object_lost", "The stored file with the corrections is gone.") from error
    if source.sha256 != fix.sha256:
        raise _changed("object_changed", "The stored corrections are not the ones that were sent.")
    return read


def _changed(code: str, message: str) -> LaurelError:
    return LaurelError(code, message, remedy="Send the same corrections again, and ask who writes to the bucket.")


def _record(connection: Connection, submission_id: int, fix: Fix, applied: Applied) -> None:
    """What became of each line of the fix, for its sender and for whoever asks where a row came from."""
    with connection.cursor() as cursor:
        cursor.execute("delete from catalog.fix_line where fix_id = %s", [fix.fix_id])
        cursor.execute(fixing_sql.KEEP_UNMATCHED, {"fix": fix.fix_id})
        cursor.execute(fixing_sql.KEEP_FIXED, {"fix": fix.fix_id, "submission": submission_id})
    fixes.settle(connection, fix, applied.read, applied.fixed, applied.refused)


def fitted_to_original(
    connection: Connection, store: ObjectStore, contract: Contract, submission_id: int, object_key: str
) -> tuple[Contract, list[str]]:
    """The contract as the submission's own file spells it, and that file's header in its order.

    Where the file is gone, the contract's own spelling and order.
    """
    with connection.cursor() as cursor:
        cursor.execute("select stated from catalog.submission where submission_id = %s", [submission_id])
        stated = Stated(**only_row(cursor)[0])
    try:
        with store.open(object_key) as body, open_csv(Source(body)) as (file, _):
            sample = file.sample()
    except NotFound:
        return contract, [field.name for field in contract.fields]
    contract = header_mapping.fitted(connection, contract, submission_id, sample, stated)
    return contract, read_front(sample, contract, stated).header
