"""Which lines of which files made a test of the marts fail, found while what dbt built is still there.

A test says what is wrong (a key that is there twice, a rule that is broken), not where it came from. The rows of the
tested model do: they carry their submission, and their lines or the key by which raw has them.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor, execute_values

from elt.contracting.contract import Contract
from elt.database import transaction
from elt.transforming.dbt_build import FailedTest
from elt.transforming.provenance import origin

MOST_ROWS = 100  # of the tested model, per test
TIMEOUT = "30s"
# The first relation that one of our generic tests reads is the model it is attached to.
_MODEL = re.compile(r'\bfrom\s+"[^"]+"\."([^"]+)"\."([^"]+)"', re.IGNORECASE)

log = logging.getLogger(__name__)


def record_lines(
    connection: Connection, contracts: Mapping[str, Contract], transform_run_id: int, tests: Sequence[FailedTest]
) -> None:
    """Keep the lines behind these tests. Where they cannot be found, the failure stands without them."""
    for test in tests:
        try:
            with transaction(connection):
                found = _lines(connection, contracts, test)
                if found:
                    _keep(connection, transform_run_id, test, found)
        except psycopg2.Error as error:
            log.warning("%s: the lines behind it were not found: %s", test.node_id, type(error).__name__)


def _keep(connection: Connection, transform_run_id: int, test: FailedTest, found: set[tuple[int, int | None]]) -> None:
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "insert into catalog.failed_test_line (transform_run_id, node_id, submission_id, line_number) values %s",
            [(transform_run_id, test.node_id, *line) for line in sorted(found, key=str)],
        )


def _lines(connection: Connection, contracts: Mapping[str, Contract], test: FailedTest) -> set[tuple[int, int | None]]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("set local statement_timeout = %s", [TIMEOUT])
        cursor.execute(_rows_behind(connection, test))
        # In staging, where a row came from stands in names that begin with an underscore.
        rows = [{name.removeprefix("_"): value for name, value in row.items()} for row in cursor.fetchall()]
    found: set[tuple[int, int | None]] = set()
    for row in rows:
        if row.get("submission_id") is not None:
            came_from = origin(connection, contracts, row)
            found |= {(came_from.submission_id, line) for line in came_from.lines or (None,)}
    return found


def _rows_behind(connection: Connection, test: FailedTest) -> sql.Composed:
    """The rows that the test is about: of its model, or, of a test that stands alone, those that it gives."""
    failing, model = sql.SQL(test.query), _MODEL.search(test.query)
    limit = sql.Literal(MOST_ROWS)
    if test.generic is None or model is None:
        return sql.SQL("select * from ({}) as failing limit {}").format(failing, limit)
    tested = sql.Identifier(*model.groups())
    if test.generic == "accepts":
        broken = sql.SQL(" or ").join(sql.SQL("not ({})").format(sql.SQL(rule)) for rule in test.arguments["rules"])
        return sql.SQL("select * from {} where {} limit {}").format(tested, broken, limit)
    if test.generic == "refers_to":
        meant = sql.SQL(" or ").join(
            sql.SQL("(column_name = {} and missing_key = tested.{})").format(sql.Literal(key), sql.Identifier(key))
            for key in test.arguments["keys"]
        )
    else:  # whatever columns both have say which rows are meant
        meant = sql.SQL(" and ").join(
            sql.SQL("failing.{0} is not distinct from tested.{0}").format(sql.Identifier(name))
            for name in _key_columns(test)
        )
    return sql.SQL(
        "select tested.* from {} as tested where exists (select from ({}) as failing where {}) limit {}"
    ).format(tested, failing, meant, limit)


def _key_columns(test: FailedTest) -> list[str]:
    if test.generic == "periods":
        return ["source_system", test.arguments["entity"]]
    return list(test.arguments["columns"])


def behind(connection: Connection, transform_run_id: int) -> dict[str, list[dict[str, Any]]]:
    """By test: each file behind its failure, with its first lines, its sender, and how many lines there are."""
    return _grouped(connection, "transform_run_id = %s", transform_run_id)


def of_submission(connection: Connection, submission_id: int) -> list[dict[str, Any]]:
    """The tests that the last transform failed because of this submission; none once a later one was published."""
    found = _grouped(
        connection,
        "submission_id = %s and transform_run_id = (select max(transform_run_id) from catalog.transform_run "
        "where finished_at is not null)",
        submission_id,
    )
    return [entry for entries in found.values() for entry in entries]


def _grouped(connection: Connection, where: str, value: int) -> dict[str, list[dict[str, Any]]]:
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            f"""
            select node_id, split_part(node_id, '.', 3) as test, submission.id, submission.filename,
                submission.dataset_id, account.name as account_name, count(line_number) as line_count,
                coalesce((array_agg(line_number order by line_number) filter (where line_number is not null))[1:20],
                    '{{}}') as lines
            from catalog.failed_test_line
            inner join catalog.submission using (submission_id)
            left join catalog.account using (account_id)
            where {where}
            group by node_id, submission.submission_id, account.name
            order by node_id, submission.submission_id
            """,  # noqa: S608 - our own words
            [value],
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for row in cursor.fetchall():
            found.setdefault(row["node_id"], []).append(dict(row))
        return found
