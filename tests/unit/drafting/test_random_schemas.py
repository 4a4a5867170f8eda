"""Whatever a file holds: its draft is a sound contract, and takes every line of the file it was drafted from."""

import csv
import io
import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from elt.contracting.contract import Contract, parse_contract
from elt.contracting.document import checked
from elt.drafting import Draft, draft
from elt.loading.checking import RowChecker
from elt.reading.detecting import DELIMITERS, Stated, read_front
from elt.reading.records import read_records

GAPS = ["", " ", "?", "NA", "N/A", "..", "-", "NULL", "None", "nan"]
# Without control characters: a file full of them is taken for a picture.
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t")
CELLS = {
    "integer": st.integers(-(10**20), 10**20).map(str),
    "small": st.integers(-3, 300).map(str),
    "signed": st.integers(0, 99).map(lambda number: f"+{number}"),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    "float": st.floats(allow_nan=False, allow_infinity=False).map(str),
    "boolean": st.sampled_from(["true", "False", "TRUE"]),
    "flag": st.sampled_from(["0", "1"]),
    "date": st.dates(date(1000, 1, 1)).map(str),
    "datetime": st.datetimes(datetime(1000, 1, 1)).map(datetime.isoformat),  # noqa: DTZ001 - as files have them
    "slashed": st.dates(date(1900, 1, 1)).map(lambda day: day.strftime("%d/%m/%Y")),
    "year": st.integers(1990, 2030).map(str),
    "digits": st.text("0123456789", min_size=1, max_size=22),
    "category": st.sampled_from(["Low", "High", "low ", "Medium"]),
    "code": st.from_regex(r"\A[A-Z]{1,3}-?[0-9]{1,4}\Z"),
    "exponent": st.from_regex(r"\A[0-9]{1,3}[eE][0-9]{1,2}\Z"),
    "words": st.text(CHARACTERS, max_size=30),
}
HEADERS = st.one_of(
    st.sampled_from(["id", "is_late", "Year", "Score", "Phone", "Date of Birth", "name", "total", "école"]),
    st.text(CHARACTERS.filter(lambda character: character != "\n"), max_size=12).map("h{}".format),
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, int, Stated]:
    """A CSV as text, how many records it has, and its dialect: how that is detected is another test's matter."""
    headers = draw(st.lists(HEADERS, min_size=1, max_size=6, unique_by=lambda header: " ".join(header.split())))
    kinds = [draw(st.sampled_from(sorted(CELLS))) for _ in headers]
    gap = draw(st.sampled_from(GAPS))
    cells = [st.one_of(CELLS[kind], CELLS[kind], CELLS[kind], st.just(gap)) for kind in kinds]
    written = st.tuples(*cells).filter(lambda row: "".join(row).strip())  # a line of nothing is refused
    rows = draw(st.lists(written, min_size=1, max_size=40))
    text = io.StringIO()
    # Every cell is quoted: a record of nothing but blanks is a blank line otherwise, and no record.
    delimiter = draw(st.sampled_from(sorted(DELIMITERS)))
    writer = csv.writer(text, delimiter=DELIMITERS[delimiter], quoting=csv.QUOTE_ALL)
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue(), len(rows), Stated("utf-8", delimiter, "double")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example(('"id"\r\n"9.000000000000001e+18"\r\n', 1, Stated(encoding="utf-8", delimiter="comma", quote="double")))
@given(files())
def test_a_draft_takes_every_line_of_its_own_file(file: tuple[str, int, Stated]) -> None:
    text, row_count, stated = file
    data = text.encode()
    found = draft(lambda: io.BytesIO(data), "test/random", stated)
    contract = parse_contract(checked(found.contract, "test/random", 1))
    assert found.lines_read == row_count
    json.dumps(asdict(found))
    loaded, rejected = _load(data, contract, stated)
    assert rejected == []
    assert len(loaded) == row_count
    _assert_keys_are_keys(found, contract, loaded)
    for column, cells in zip(found.columns, zip(*loaded, strict=True), strict=True):
        there = [cell for cell in cells if cell.strip() not in contract.missing_values]
        assert column.missing_count == row_count - len(there)
        assert column.distinct_count == len(set(there))


def _load(data: bytes, contract: Contract, stated: Stated) -> tuple[list[list[str]], list[Any]]:
    """The cells of the lines that the loader's own checker takes, and what it says of the others."""
    front = read_front(data, contract, stated)
    checker = RowChecker(contract, front.match.positions, len(front.header))
    loaded, rejected = [], []
    for record in read_records(io.BytesIO(data), front):
        if record.error or checker.row(record) is None:
            rejected.append(checker.errors(record))
        else:
            loaded.append(record.cells)
    return loaded, rejected


def _assert_keys_are_keys(found: Draft, contract: Contract, loaded: list[list[str]]) -> None:
    names = [column.name for column in found.columns]
    for key in [*found.candidate_keys, contract.primary_key]:
        positions = [names.index(name) for name in key]
        values = [tuple(cells[position] for position in positions) for cells in loaded]
        assert not key or len(set(values)) == len(values)
