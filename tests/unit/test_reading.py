"""From bytes to records: what a researcher's spreadsheet really sends."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elt.contracting.contract import Contract, parse_contract
from elt.errors import Refused
from elt.reading.detecting import read_front
from elt.reading.records import LINE_LIMIT, UNDECODABLE, Record, read_records


@pytest.fixture(scope="module")
def contract() -> Contract:
    return parse_contract(
        {
            "name": "test/people",
            "title": "People",
            "description": "One row per person.",
            "version": 1,
            "primaryKey": ["ID"],
            "fields": [
                {"name": name, "column": name.lower(), "type": "string", "description": name, "example": "x"}
                for name in ("ID", "Name", "Town")
            ],
        }
    )


def records(data: bytes, contract: Contract) -> list[Record]:
    front = read_front(data, contract)
    return list(read_records(io.BytesIO(data), front))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_dialects_and_line_ends_are_recognised(
    contract: Contract, encoding: str, delimiter: str, line_end: str
) -> None:
    rows = [["ID", "Name", "Town"], ["0164A", "Zoë Müller", "Orléans"], ["007", "Ngozi Café", "Lagos"]]
    data = line_end.join(delimiter.join(row) for row in rows).encode(encoding)
    assert [(record.line_number, record.cells) for record in records(data, contract)] == [(2, rows[1]), (3, rows[2])]


def test_columns_are_matched_by_name_in_any_order(contract: Contract) -> None:
    front = read_front(b"Town, ID ,Name\nLagos,1,Ada\n", contract)
    assert front.match.positions == (1, 2, 0)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "empty_file", "empty"),
        (b"\xef\xbb\xbf\r\n  \n", "empty_file", "empty"),
        (b"PK\x03\x04 some archive", "not_csv", "spreadsheet"),
        (b"\x89PNG\r\n\x1a\n", "not_csv", "PNG"),
        (b"ID,Na\x00me,Town\n", "not_csv", "binary"),
        (b"a,b,c\n1,2,3\n", "wrong_header", "No column"),
        (b"ID,Name\n1,2\n", "wrong_header", "missing: Town"),
        (b"ID,Name,Town,Shoe size\n", "wrong_header", "unknown: Shoe size"),
        (b"ID,Name,Town,Name\n", "duplicate_header", "more than once"),
        (b"ID,Name,Town,Shoe,Shoe\n", "wrong_header", "unknown: Shoe, Shoe"),
        (b"ID,Name,Town,\n", "blank_header", "column 4"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_with_its_reason(
    contract: Contract, data: bytes, code: str, said: str
) -> None:
    with pytest.raises(Refused) as refusal:
        read_front(data, contract)
    assert refusal.value.code == code
    assert said in refusal.value.message
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "data",
    [
        b"Zorblax,Town,Wibblefoo Close,zorblax@example.org\n",  # no header, but one cell is a column's name
        b"ID,Name,Town,7,Zorblax,Quuxington,Wibblefoo Close,Ikeja,zorblax@example.org\n",  # a lost line end
    ],
)
def test_a_first_line_of_data_is_not_quoted(contract: Contract, data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        read_front(data, contract)
    said = f"{refusal.value.message} {refusal.value.remedy} {refusal.value.allowed} {refusal.value.details}"
    assert "column 4" in said
    assert not any(word in said for word in ("Zorblax", "Quuxington", "Wibblefoo", "Ikeja", "example.org"))


def test_a_cell_may_run_over_lines_and_the_next_record_keeps_its_own_number(contract: Contract) -> None:
    data = b'ID,Name,Town\n1,"Ada\nObi",Lagos\n2,Bo,Ibadan\n'
    assert [(record.line_number, record.cells) for record in records(data, contract)] == [
        (2, ["1", "Ada\nObi", "Lagos"]),
        (4, ["2", "Bo", "Ibadan"]),
    ]


@pytest.mark.parametrize(
    "rest",
    [
        "3,Cy,Kano\n4,Di,Jos\n",  # no quote after it at all
        '3,"Cy",Kano\n4,Di,Jos\n',  # closed by the quote of a good line
        '3,Cy,Kano\n4,Di,"Jos"\n',
        "".join(f"{n},X,Y\n" for n in range(3, 1000)),  # further away than a cell may reach
    ],
)
def test_an_unclosed_quote_costs_its_own_line_only(contract: Contract, rest: str) -> None:
    data = 'ID,Name,Town\n1,Ada,Lagos\n2,"Bo,Ibadan\n' + rest
    found = records(data.encode(), contract)
    assert [record.line_number for record in found if record.error] == [3]
    assert {record.error for record in found} == {None, "unclosed_quote"}
    assert [record.line_number for record in found] == list(range(2, 2 + 2 + rest.count("\n")))


def test_a_file_full_of_open_quotes_is_read_in_linear_time(contract: Contract) -> None:
    data = ("ID,Name,Town\n" + '1,"Ada,Lagos\n' * 20_000).encode()
    found = records(data, contract)
    assert len(found) == 20_000
    assert all(record.error for record in found)


def test_a_line_without_end_is_refused_in_flat_memory(contract: Contract) -> None:
    data = b"ID,Name,Town\n1,Ada,Lagos\n" + b"x" * (3 * LINE_LIMIT) + b"\n2,Bo,Ibadan\n"
    found = records(data, contract)
    assert [(record.line_number, record.error) for record in found] == [(2, None), (3, "line_too_long"), (4, None)]
    assert len(found[1].raw_text) == 1000


def test_a_line_of_empty_cells_is_a_record(contract: Contract) -> None:
    assert [record.line_number for record in records(b'ID,Name,Town\n"","",""\n,,\n', contract)] == [2, 3]
    assert [record.line_number for record in records(b"ID\tName\tTown\n\t\t\n", contract)] == [2]


@pytest.mark.parametrize("broken", [b"\x41", b"\x00\xd8\x41\x00"])
def test_broken_utf16_is_a_broken_line(contract: Contract, broken: bytes) -> None:
    data = "ID,Name,Town\n1,Ada,Lagos\n2,Bo,".encode("utf-16") + broken
    found = records(data, contract)
    assert [record.line_number for record in found] == [2, 3]
    assert UNDECODABLE.search(found[1].raw_text)


def test_a_header_of_great_length_is_refused_not_a_crash(contract: Contract) -> None:
    with pytest.raises(Refused):
        read_front(b"x" * 200_000 + b"\n1\n", contract)


def test_a_long_quoted_cell_is_read(contract: Contract) -> None:
    data = b'ID,Name,Town\n1,"' + b"x" * 200_000 + b'",Lagos\n'
    [record] = records(data, contract)
    assert (record.error, len(record.cells[1])) == (None, 200_000)


def test_blank_lines_are_passed_over_but_counted_in_line_numbers(contract: Contract) -> None:
    data = b"\n\nID,Name,Town\n\n1,Ada,Lagos\n   \n2,Bo,Ibadan\n\n"
    assert [record.line_number for record in records(data, contract)] == [5, 7]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=30), st.sampled_from([",", ";", "\t", "|"]))
def test_what_the_csv_module_writes_is_read_back(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    contract = parse_contract(
        {
            "name": "test/people", "title": "", "description": "", "version": 1,
            "fields": [{"name": n, "column": n, "type": "string", "description": "", "example": ""} for n in "abc"],
        }
    )  # fmt: skip
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow("abc")
    writer.writerows(rows)
    found = records(written.getvalue().encode(), contract)
    assert [tuple(record.cells) for record in found] == rows
    assert not any(record.error for record in found)
