"""What two versions of a file differ in, row by row, also where the rows of one are no longer in raw, or not yet.

Such a version is read again from its stored bytes, with its corrections, into a temporary table through the loader's
own code, and under the contract as it is now. The temporary tables go with the connection; nothing else is written.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contracting.contract import Contract
from elt.database import connect, translated_errors
from elt.errors import Conflict, NotFound
from elt.fixing import fixes
from elt.fixing import joining as fixing
from elt.fixing.joining import Target
from elt.ledger import Submission
from elt.loading import raw_tables
from elt.loading.copying import Claim, copy_rows
from elt.loading.duplicates import reject_duplicates
from elt.loading.rejects import LineFormat
from elt.loading.submissions import check_unchanged
from elt.reading import header_mapping
from elt.reading.detecting import Stated, read_front
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv
from elt.settings import Settings
from elt.store import ObjectStore
from elt.versioning import comparing
from elt.versioning.comparing import Comparison, RowChange

TEMPORARY = "pg_temp"
IN_RAW = ("loaded", "modelled")
KINDS = ("new", "changed", "removed")


@dataclass(frozen=True)
class Diff:
    """Two versions side by side, while the connection behind them is open."""

    connection: Connection
    contract: Contract
    before: Submission
    after: Submission
    relation: sql.Composable

    def counts(self) -> Comparison:
        """Rows by what becomes of them, and changed cells by column."""
        return comparing.compare(self.connection, self.contract, *self._sides(), self.relation)

    def changes(self, kind: str | None = None, skip: int = 0, limit: int | None = None) -> Iterator[RowChange]:
        """Every row that is new, changed or removed, or only those of one kind, in the order of the lines."""
        found = comparing.changes(self.connection, self.contract, *self._sides(), self.relation)
        wanted = (change for change in found if kind in (None, change.kind))
        return islice(wanted, skip, None if limit is None else skip + limit)

    def _sides(self) -> tuple[list[int], list[int]]:
        return [self.before.submission_id], [self.after.submission_id]


def predecessor(connection: Connection, submission: Submission) -> Submission:
    """The version that this one replaced, or is to replace. Raises Conflict where it is the first one."""
    if submission.replaces_id is None:
        raise Conflict(
            "no_predecessor",
            "The submission replaces no other.",
            allowed="A new version of a submission, or any two submissions of one dataset.",
            remedy="Name the other one: ?against=ID.",
        )
    return ledger.get(connection, submission.replaces_id)


@contextmanager
def compared(
    settings: Settings, store: ObjectStore, contracts: Mapping[str, Contract], before: Submission, after: Submission
) -> Iterator[Diff]:
    """Both versions, ready to be compared, on a connection of their own. Raises Conflict where that cannot be."""
    if before.dataset_id != after.dataset_id:
        raise Conflict(
            "different_datasets",
            "The two submissions belong to different datasets.",
            allowed=f"Another submission of {after.dataset_id}.",
            remedy="GET …/versions lists the versions of a file.",
        )
    contract = contracts[after.dataset_id]
    with closing(connect(settings.database_url)) as connection, translated_errors():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
        relation = _relation(connection, store, contract, {before.submission_id: before, after.submission_id: after})
        yield Diff(connection, contract, before, after, relation)


def _relation(
    connection: Connection, store: ObjectStore, contract: Contract, versions: Mapping[int, Submission]
) -> sql.Composed:
    """The rows of both versions, wherever they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select submission_id from catalog.submission where submission_id = any(%s) and status in %s",
            [list(versions), IN_RAW],
        )
        in_raw = [submission_id for (submission_id,) in cursor.fetchall()]
        temporary = replace(contract, raw_schema=TEMPORARY)
        names = {
            "table": raw_tables.table(contract),
            "copy": raw_tables.table(temporary),
            "columns": raw_tables.columns(contract),
        }
        cursor.execute(sql.SQL("create temp table {copy} (like {table})").format(**names))
        cursor.execute("create temp table rejected_line (like catalog.rejected_line including indexes)")
    for number, submission in versions.items():
        if number not in in_raw:
            _read_again(connection, store, temporary, submission)
    return sql.SQL(
        "(select {columns} from {table} where _submission_id = any({in_raw}) union all select {columns} from {copy})"
        " as version"
    ).format(in_raw=sql.Literal(in_raw), **names)


def _read_again(connection: Connection, store: ObjectStore, contract: Contract, submission: Submission) -> None:
    """The rows that a version has, or had, into the temporary table."""
    stated = Stated(**submission.stated)
    number = submission.submission_id
    claim = Claim(number, str(submission.id), submission.object_key, submission.sha256, None, stated)
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as rejects:
        try:
            with store.open(submission.object_key) as body:
                source = Source(body)
                with open_csv(source) as (file, compression):
                    contract = header_mapping.fitted(connection, contract, number, file.sample(), stated)
                    front = read_front(file.sample(), contract, stated, compression)
                    tally = copy_rows(connection, file, front, contract, claim, rejects)
                    check_unchanged(source, claim)
            reject_duplicates(connection, store, contract, claim, front, tally, rejects)
        except NotFound as error:
            raise Conflict(
                "object_lost",
                "The stored file of one of the two versions is gone.",
                allowed="Versions whose files are in the store.",
                remedy="Ask the operator who removed it from the bucket.",
            ) from error
        rejects.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(
                "copy pg_temp.rejected_line (submission_id, line_number, errors, raw_text) from stdin (format csv)",
                rejects,
            )
    target = Target(contract, number, front.header, LineFormat(front.delimiter, front.quote_char), TEMPORARY)
    for fix in fixes.valid(connection, number):
        if fix.status == "applied":
            fixing.apply_lines(connection, store, target, fix)


def csv_lines(changes: Iterator[RowChange]) -> Iterator[list[object]]:
    """A header, then one line per new or removed row, and per changed cell."""
    yield ["change", "line_before", "line_after", "column", "before", "after"]
    for change in changes:
        lines = [change.before and change.before.line_number, change.after and change.after.line_number]
        for column, (before, after) in (change.values or {"": (None, None)}).items():
            yield [change.kind, *lines, column, before, after]
