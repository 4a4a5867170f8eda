"""Lines of a file whose key an earlier line of it has: refused, the earlier one stays."""

from collections.abc import Iterator
from typing import TextIO

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from elt.contracting.contract import Contract
from elt.database import only_row
from elt.loading import key_sql, raw_tables
from elt.loading.copying import Claim, Tally
from elt.loading.rejects import spool
from elt.reading.detecting import Front
from elt.reading.records import read_records
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv
from elt.store import ObjectStore

FETCHED_AT_ONCE = 10_000


def reject_duplicates(
    connection: Connection,
    store: ObjectStore,
    contract: Contract,
    claim: Claim,
    front: Front,
    tally: Tally,
    rejects: TextIO,
) -> None:
    """Take lines with the key of an earlier line back out of raw. Postgres finds them: on disk, if need be."""
    if not contract.key_columns:
        return
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '64MB'")
        if not _has_duplicates(cursor, contract, claim):
            return
        count = _take_out(cursor, contract, claim)
    tally.loaded -= count
    tally.rejected += count
    _spool_again(connection, store, contract, claim, front, rejects)


def _has_duplicates(cursor: Cursor, contract: Contract, claim: Claim) -> bool:
    """Hashing tells whether there is any at a fraction of the price of the sort that says which."""
    statement = sql.SQL(
        "select exists (select from {table} where _submission_id = %s group by {key} having count(*) > 1)"
    ).format(table=raw_tables.table(contract), key=_key(contract))
    cursor.execute(statement, [claim.submission_id])
    return bool(only_row(cursor)[0])


def _take_out(cursor: Cursor, contract: Contract, claim: Claim) -> int:
    statement = sql.SQL(
        """
        create temporary table duplicate_line (line_number integer, first_line integer) on commit drop;
        with numbered as (
            select ctid, _line_number, first_value(_line_number) over by_key as first_line from {table}
            where _submission_id = %(submission)s window by_key as (partition by {key} order by _line_number)
        ),

        removed as (
            delete from {table} using numbered
            where {table}.ctid = numbered.ctid and numbered._line_number > numbered.first_line
            returning numbered._line_number, numbered.first_line
        )

        insert into duplicate_line select _line_number, first_line from removed
        """
    ).format(table=raw_tables.table(contract), key=_key(contract))
    cursor.execute(statement, {"submission": claim.submission_id})
    return cursor.rowcount


def _spool_again(
    connection: Connection, store: ObjectStore, contract: Contract, claim: Claim, front: Front, rejects: TextIO
) -> None:
    """The file is read once more, for the text of these lines; both come in the order of the lines."""
    key, column = ", ".join(contract.primary_key), contract.primary_key[0]
    duplicates = _duplicates(connection)
    line_number, first_line = next(duplicates)
    with store.open(claim.object_key) as body, open_csv(Source(body)) as (again, _):
        for record in read_records(again.buffered(), front):
            if record.line_number == line_number:
                message = f"the same {key} as line {first_line}"
                spool(
                    rejects,
                    claim.submission_id,
                    record,
                    [{"column": column, "code": "duplicate_key", "message": message}],
                )
                line_number, first_line = next(duplicates, (0, 0))


def _duplicates(connection: Connection) -> Iterator[tuple[int, int]]:
    with connection.cursor("duplicate_lines") as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute("select line_number, first_line from duplicate_line order by line_number")
        yield from cursor


def _key(contract: Contract) -> sql.Composed:
    """What makes a line the same as another. In files of Laurel's own, staging finds what white space hides."""
    if contract.is_described:
        return sql.SQL(", ").join(key_sql.tidied(contract).values())
    return sql.SQL(", ").join(map(sql.Identifier, contract.key_columns))
