"""The five truths, looked at from outside: by SQL, by listing the store, through the API. Names whatever is broken.

Each function returns sentences that start with the number of the truth; an empty list means that it holds.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import psycopg2
import requests
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from tests.faults.clients import Book, Promise
from tests.faults.parts import Parts

OPEN = ("received", "loading", "failed", "held")  # no version sent here gives reason to hold it
IN_RAW = ("loaded", "modelled")
GONE = ("rejected", "replaced", "retracted")
WITNESS = "witness"  # a schema with a view of somebody's own on a mart


def broken(parts: Parts, book: Book, *, recent: Iterable[str] | None = None, settled: bool = False) -> list[str]:
    """Everything that is not as the five truths say; empty where all hold. All parts must run.

    `recent`: the promises whose bytes and rows are compared one by one (default: all of them). `settled`: nothing may
    wait any more either.
    """
    connection = psycopg2.connect(parts.settings.database_url, options="-c statement_timeout=60s")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            return broken_in(connection, parts, book, recent=recent, settled=settled)
    finally:
        connection.close()


def broken_in(
    connection: Connection,
    parts: Parts,
    book: Book,
    *,
    recent: Iterable[str] | None = None,
    settled: bool = False,
) -> list[str]:
    """The same, as the transaction of this connection sees the warehouse."""
    promises = [book.promises[id] for id in (book.promises.keys() if recent is None else recent)]
    look = Look(connection)
    return [
        *a_201_is_a_promise(parts, book, promises, look),
        *rows_are_there_once_or_not_at_all(book, promises, look),
        *every_line_is_accounted_for(book, look),
        *what_was_taken_back_is_gone(book, look, settled),
        *marts_change_all_at_once(look),
        *(nothing_waits(look) if settled else []),
    ]


class Look:
    """One snapshot of the ledger and of raw."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.submissions = {
            row["id"]: row
            for row in self.rows(
                "select submission_id, id::text as id, dataset_id, status, object_key, sha256, byte_count, lines_read, "
                "rows_loaded, rows_rejected, removed_at, error_code, "
                "(select count(*) from catalog.rejected_line as line "
                "where line.submission_id = submission.submission_id) as rejects from catalog.submission"
            )
        }
        self.by_number = {row["submission_id"]: row for row in self.submissions.values()}
        self.raw: dict[tuple[str, int], tuple[int, int]] = {}
        for dataset in self.rows("select dataset_id, raw_table from catalog.dataset"):
            counts = sql.SQL("select _submission_id, count(*), count(distinct _line_number) from raw.{} group by 1")
            for number, count, lines in self.tuples(counts.format(sql.Identifier(dataset["raw_table"]))):
                self.raw[dataset["dataset_id"], number] = (count, lines)

    def tuples(self, statement: str | sql.Composed, parameters: Any = None) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def a_201_is_a_promise(parts: Parts, book: Book, promises: list[Promise], look: Look) -> list[str]:
    """Known to the ledger, its bytes in the store; and nothing lies in the store that nobody knows."""
    found = []
    keys = set(parts.store.keys("submissions/"))
    for id in book.promises:
        row = look.submissions.get(id)
        if row is None:
            found.append(f"1: submission {id} was promised, and the ledger does not know it")
        elif row["object_key"] not in keys:
            found.append(f"1: submission {id} was promised, and its object is not in the store")
    for promise in promises:
        if promise.id in look.submissions:
            found += _bytes_are_those_sent(parts, promise)
    incoming = {key for (key,) in look.tuples("select object_key from catalog.incoming_object")}
    entered = {row["object_key"] for row in look.submissions.values()}
    found += [f"1: object {key} is in the store, and nobody knows it" for key in keys - incoming - entered]
    found += [f"1: object {key} is entered, and would be swept" for key in incoming & entered]
    return found


def _bytes_are_those_sent(parts: Parts, promise: Promise) -> list[str]:
    headers = {"Authorization": f"Bearer {parts.key}"}
    try:
        with requests.get(f"{parts.api}/submissions/{promise.id}/file", headers=headers, timeout=60) as answer:
            answer.raise_for_status()
    except requests.RequestException as error:  # also where fewer bytes came than were announced
        return [f"1: the file of submission {promise.id} cannot be had ({type(error).__name__})"]
    if hashlib.sha256(answer.content).hexdigest() != promise.file.sha256:
        return [f"1: the stored bytes of submission {promise.id} are not those that were sent"]
    return []


def rows_are_there_once_or_not_at_all(book: Book, promises: list[Promise], look: Look) -> list[str]:
    """As many rows as the ledger says, each line once, with the content that was sent; none of anybody else."""
    found = []
    for row in look.submissions.values():
        count, lines = look.raw.get((row["dataset_id"], row["submission_id"]), (0, 0))
        waits = row["status"] == "retracting" and row["removed_at"] is None
        expected = row["rows_loaded"] if row["status"] in IN_RAW else 0
        if count != expected and not waits:
            found.append(f"2: submission {row['id']} is {row['status']} and has {count} rows in raw, not {expected}")
        if count != lines:
            found.append(f"2: submission {row['id']} has {count} rows in raw of {lines} lines")
    for dataset, number in look.raw:
        if number not in look.by_number or look.by_number[number]["dataset_id"] != dataset:
            found.append(f"2: raw of {dataset} has rows of {number}, which is no submission of it")
    numbers = [
        row["submission_id"]
        for promise in promises
        if (row := look.submissions.get(promise.id)) and row["status"] in IN_RAW
    ]
    digests = look.tuples(
        "select _submission_id, md5(string_agg(_line_number || ':' || student_id, ',' order by _line_number)) "
        "from raw.laurel_students where _submission_id = any(%s) group by 1",
        [numbers],
    )
    for number, digest in digests:
        row = look.by_number[number]
        if digest != book.files[row["sha256"]].digest:
            found.append(f"2: the rows of submission {row['id']} in raw are not those of its file")
    return found


def every_line_is_accounted_for(book: Book, look: Look) -> list[str]:
    """Loaded + rejected = lines read = lines of the file, and every refused line is kept."""
    found = []
    for row in look.submissions.values():
        if row["status"] not in IN_RAW:
            continue
        read, loaded, rejected = row["lines_read"], row["rows_loaded"], row["rows_rejected"]
        if read != loaded + rejected:
            found.append(f"3: submission {row['id']}: {read} lines read, {loaded} loaded, {rejected} rejected")
        if row["rejects"] != rejected:
            found.append(f"3: submission {row['id']}: {rejected} lines rejected, {row['rejects']} kept")
        file = book.files.get(row["sha256"])
        if file and (read, loaded) != (file.lines, file.good_rows):
            found.append(
                f"3: submission {row['id']}: {read} lines read, {loaded} loaded of {file.lines}, {file.good_rows}"
            )
    return found


def what_was_taken_back_is_gone(book: Book, look: Look, settled: bool) -> list[str]:
    """A retraction that was promised is kept; a predecessor gives way to its loaded successor."""
    found = []
    for promise in book.promises.values():
        row = look.submissions.get(promise.id)
        if row is None:
            continue
        if promise.retraction and row["status"] not in ("retracting", "retracted"):
            found.append(f"4: submission {promise.id} was taken back, and is {row['status']}")
        if promise.retraction and settled and (row["dataset_id"], row["submission_id"]) in look.raw:
            found.append(f"4: submission {promise.id} was taken back, and its rows are still in raw")
        old = look.submissions.get(promise.replaces or "")
        if old and row["status"] in IN_RAW and old["status"] not in GONE:
            found.append(f"4: submission {promise.id} took the place of {old['id']}, which is still {old['status']}")
    return found


def marts_change_all_at_once(look: Look) -> list[str]:
    """Every mart is of one publication, shows what the ledger calls modelled, and no other; views on marts live on."""
    found = []
    unmatched = look.tuples(
        """
        with mart as (select oid, relname, relnamespace::regnamespace::text as layer from pg_class
                      where relkind = 'v' and relnamespace in ('marts'::regnamespace, 'marts_private'::regnamespace)),
             kept as (select oid, relname, relnamespace::regnamespace::text as layer from pg_class
                      where relkind = 'r' and relnamespace::regnamespace::text like 'marts%_store'),
             reads as (select distinct ev_class as mart, refobjid as source from pg_rewrite
                       join pg_depend on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
                           and refclassid = 'pg_class'::regclass and refobjid <> ev_class)
        select layer, relname, 'reads something that was not published' from mart
        where not exists (select from reads where reads.mart = mart.oid)
            or exists (select from reads where reads.mart = mart.oid and source not in (select oid from kept))
        union all
        select layer, relname, 'is published, and no view shows it' from kept
        where layer <> 'marts_part_store' and oid not in (select source from reads)
        """
    )
    found += [f"5: {layer}.{name} {trouble}" for layer, name, trouble in unmatched]
    if not look.tuples("select 1 from pg_views where schemaname = 'marts' and viewname = 'dim_student'"):
        return [*found, "5: the marts are gone"]
    if not look.tuples("select 1 from pg_views where schemaname = %s", [WITNESS]):
        found.append("5: a view that somebody built on a mart is gone")
    [(shown, private)] = look.tuples(
        "select (select count(distinct student_id) from marts.dim_student), "
        "(select count(*) from marts_private.student_identity)"
    )
    if shown != private:
        found.append(f"5: one mart shows {shown} students, another of the same publication {private}")
    return found + _marts_show_what_is_modelled(look)


def _marts_show_what_is_modelled(look: Look) -> list[str]:
    [(missing,)] = look.tuples(
        "select count(*) from raw.laurel_students as loaded join catalog.submission on submission_id = _submission_id "
        "where status = 'modelled' "
        "and not exists (select from marts.dim_student where dim_student.student_id = loaded.student_id)"
    )
    found = [f"5: {missing} rows are called modelled, and no mart shows them"] if missing else []
    [(due,)] = look.tuples("select count(*) from catalog.dataset where raw_version > modelled_version")
    if not due:
        [(strange,)] = look.tuples(
            "select count(*) from marts.dim_student as shown "
            "where not exists (select from raw.laurel_students as loaded where loaded.student_id = shown.student_id)"
        )
        found += [f"4: a mart still shows {strange} students whose rows are gone"] if strange else []
    return found


def nothing_waits(look: Look) -> list[str]:
    """Every promise was kept, and nothing stands still."""
    return [
        f"1: submission {row['id']} is still {row['status']} ({row['error_code']})"
        for row in look.submissions.values()
        if row["status"] in OPEN or (row["status"] == "retracting" and row["removed_at"] is None)
    ]
