"""Files with planted damage: every good record is in raw as it was sent, every other line is among the refused."""

import csv
import io
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract, parse_contract
from elt.database import connect
from elt.loading import copying, raw_tables
from elt.loading.copying import Claim, Tally, copy_rows
from elt.reading import blocks
from elt.reading.detecting import Stated, read_front
from elt.receiving.streams import Source
from tests.integration.conftest import Database

HEADER = ("name", "count", "choice")
CONTRACT = parse_contract(
    {
        "name": "test/damage", "title": "", "description": "", "version": 1, "missingValues": ["", "?"],
        "fields": [
            {"name": "name", "column": "name", "type": "string", "description": "", "example": ""},
            {
                "name": "count", "column": "count", "type": "integer", "description": "", "example": "",
                "constraints": {"required": True, "minimum": -5, "maximum": 120},
            },
            {
                "name": "choice", "column": "choice", "type": "string", "description": "", "example": "",
                "constraints": {"enum": ["yes", "no", "a, b"]},
            },
        ],
    }
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(
        ["Ada", "Ọlá", "O'Neil", "two words", "a,b", 'say "hi"', "back\\slash", "tab\there", "\\N", "\\.", "?x"]
    ),
    st.sampled_from(["two\nlines", "two\r\nlines", "a\n1,2,yes\nb"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=6).filter(
        lambda text: text != "?"
    ),
)
GOOD = st.tuples(WORDS, st.integers(-5, 120).map(str), st.sampled_from(["yes", "no", "a, b"]))
# No damage here opens a quote that a good record could close: what that costs has its own test, with its own rule.
DAMAGE = st.sampled_from(
    [
        "x,many,yes",
        "x,121,no",
        "x,5",
        "x,5,yes,more",
        "x,,yes",
        "x,5,maybe",
        'x"y"z,"5"6,yes',
        "x,5,yes\x00",
        "x,\udcff5,no",
    ]
)


@pytest.fixture(scope="module")
def connection(module_database: Database) -> Iterator[Connection]:
    connection = connect(module_database.url)
    raw_tables.register(connection, [CONTRACT])
    connection.commit()
    yield connection
    connection.close()


def loaded(connection: Connection, data: bytes) -> tuple[Tally, list[tuple[Any, ...]], list[list[str]]]:
    """What comes of a file: its counts, its rows in raw with their lines, its refused lines."""
    stated = Stated(encoding="utf-8")  # a few null bytes among so few others would look like UTF-16
    front = read_front(data, CONTRACT, stated)
    claim = Claim(1, "", "", "", None, stated)
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as rejects, connection.cursor() as cursor:
        tally = copy_rows(connection, Source(io.BytesIO(data)), front, CONTRACT, claim, rejects)
        cursor.execute("select _line_number, name, count, choice from raw.test_damage order by 1")
        rows = cursor.fetchall()
        rejects.seek(0)
        refused = sorted(csv.reader(rejects), key=lambda line: int(line[1]))
    connection.rollback()
    return tally, rows, refused


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(st.one_of(GOOD, DAMAGE), min_size=1, max_size=25),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    block_bytes=st.sampled_from([7, 40, 150, 2**19]),
)
def test_good_records_are_loaded_and_all_others_refused(
    connection: Connection, records: list[Any], quoting: Any, ending: str, block_bytes: int
) -> None:
    text = io.StringIO(newline="")
    # Python leaves the other kind of line end in a cell unquoted where its own is \r.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if ending == "\r" else quoting, lineterminator=ending)
    writer.writerow(HEADER)
    good: list[tuple[Any, ...]] = []
    for record in records:
        if isinstance(record, str):
            text.write(record + ending)
        else:
            name, count, choice = record
            good.append((name, int(count), choice))
            writer.writerow(record)
    data = text.getvalue().encode("utf-8", "surrogateescape")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        tally, rows, refused = loaded(connection, data)
        patch.setattr(copying, "choose_format", _without_proof)
        judged = loaded(connection, data)
    assert (tally.read, tally.loaded, tally.rejected) == (len(records), len(good), len(records) - len(good))
    assert [row[1:] for row in rows] == good
    assert len(refused) == tally.rejected
    assert (tally, rows, refused) == judged


def _without_proof(first: Any, front: Any, contract: Contract, null: str) -> copying.CopyFormat:
    return copying.CopyFormat(None, null, front.delimiter, front.quote_char, is_text=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from(['x,5,yes', '"x","5","no"', '"x,5,yes', 'x,5,"yes', 'x",5,yes', '"a""b",5,yes', '",",",']),
            st.sampled_from(['"', '""', "", " "]),
            st.text(st.sampled_from('x5",\n\r;'), max_size=12),
        ),
        max_size=12,
    ),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    block_bytes=st.sampled_from([3, 11, 64, 2**19]),
)  # fmt: skip
def test_whatever_the_quotes_the_proof_changes_nothing(
    connection: Connection, lines: list[str], ending: str, block_bytes: int
) -> None:
    data = ending.join([",".join(HEADER), *lines, "last,1,yes"]).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "choose_format", _without_proof)
        judged = loaded(connection, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        proven = loaded(connection, data)
    assert proven == judged
    tally = proven[0]
    assert tally.read == tally.loaded + tally.rejected == len(proven[1]) + len(proven[2])
