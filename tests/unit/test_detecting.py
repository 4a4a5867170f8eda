"""What the first bytes of a file tell: every encoding, dialect and line end, what is stated, and what is refused."""

import csv
import io
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elt.contracting.contract import Contract, parse_contract
from elt.errors import Refused
from elt.reading.detecting import DELIMITERS, QUOTES, SAMPLE_BYTES, Front, Stated, read_front, read_header, read_layout
from elt.reading.encoding import ENCODINGS
from elt.reading.records import Record, read_records

ROWS = [["ID", "Name", "Town"], ["0164A", "Zoë Müller", "Orléans"], ["007", "Ngozi Café", "Lagos"]]


def contract_of(*names: str) -> Contract:
    fields = [
        {"name": name, "column": f"c{number}", "type": "string", "description": "", "example": ""}
        for number, name in enumerate(names)
    ]
    return parse_contract({"name": "test/people", "title": "", "description": "", "version": 1, "fields": fields})


PEOPLE = contract_of("ID", "Name", "Town")


def records(data: bytes, stated: Stated = Stated(), contract: Contract = PEOPLE) -> tuple[Front, list[Record]]:  # noqa: B008 (frozen)
    front = read_front(data[:SAMPLE_BYTES], contract, stated)
    return front, list(read_records(io.BytesIO(data), front))


def refusal(data: bytes, stated: Stated = Stated(), contract: Contract = PEOPLE) -> Refused:  # noqa: B008 (frozen)
    with pytest.raises(Refused) as raised:
        read_front(data, contract, stated)
    return raised.value


def written(rows: list[list[str]], delimiter: str, quote: str | None, line_end: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    format: dict[str, Any] = {"delimiter": delimiter, "lineterminator": line_end, "quoting": quoting}
    csv.writer(text, quotechar=quote, **format).writerows(rows)
    return text.getvalue()


ENCODED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "utf-8": (lambda text: text.encode(), "utf-8"),
    "utf-8 with its mark": (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
    "utf-16-le with its mark": (lambda text: b"\xff\xfe" + text.encode("utf-16-le"), "utf-16"),
    "utf-16-be with its mark": (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "utf-16"),
    "utf-16-le": (lambda text: text.encode("utf-16-le"), "utf-16-le"),
    "utf-16-be": (lambda text: text.encode("utf-16-be"), "utf-16-be"),
    "latin-1": (lambda text: text.encode("latin-1"), "windows-1252"),
    "windows-1252": (lambda text: text.replace("é", "’").encode("cp1252"), "windows-1252"),
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("quoted", ["plain", "double", "single"])
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("encoding", ENCODED)
def test_every_encoding_dialect_and_line_end_is_found_out(
    encoding: str, delimiter: str, quoted: str, line_end: str
) -> None:
    encode, name = ENCODED[encoding]
    quoting = csv.QUOTE_NONE if quoted == "plain" else csv.QUOTE_ALL
    quote = QUOTES.get(quoted, '"')
    front, found = records(encode(written(ROWS, DELIMITERS[delimiter], quote, line_end, quoting)))
    assert (front.encoding, front.delimiter, front.quote_char) == (name, DELIMITERS[delimiter], quote)
    assert front.dialect["lineTerminator"] == line_end
    expected = [[cell.replace("é", "’") if encoding == "windows-1252" else cell for cell in row] for row in ROWS[1:]]
    assert [(record.line_number, record.cells, record.error) for record in found] == [
        (2, expected[0], None),
        (3, expected[1], None),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_can_be_stated(encoding: str) -> None:
    letters = {"windows-1251": "Жук", "iso-8859-5": "Жук", "windows-1253": "Ωφ", "iso-8859-7": "Ωφ"}
    letters |= {"windows-1256": "سلام", "windows-1250": "Łódź", "iso-8859-2": "Łódź", "iso-8859-9": "Işık"}
    name = letters.get(encoding, "Zoë")
    front, [record] = records(f"ID;Name;Town\n1;{name};Jos\n".encode(encoding), Stated(encoding=encoding))
    assert record.cells == ["1", name, "Jos"]
    assert front.encoding.startswith("utf-16" if encoding == "utf-16" else encoding)


def test_a_stated_encoding_that_the_mark_contradicts_is_refused() -> None:
    assert refusal("ID,Name,Town\n1,2,3\n".encode("utf-16"), Stated(encoding="utf-8")).code == "wrong_encoding"
    assert refusal(b"\xef\xbb\xbfID,Name,Town\n1,2,3\n", Stated(encoding="windows-1252")).code == "wrong_encoding"
    front, _ = records(b"\xef\xbb\xbfID,Name,Town\n1,2,3\n", Stated(encoding="utf-8"))
    assert front.encoding == "utf-8-sig"


@pytest.mark.parametrize(
    "text", ["Имя,Город,ИД\nАня,Омск,7\n", "姓名,城市,号\n一二三四五六,北京一,7\n", "اسم,مدينة,رقم\nسلام,قم,7\n"]
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_its_mark_is_found_in_any_language(text: str, encoding: str) -> None:
    header = text.split("\n")[0].split(",")
    front, [record] = records(text.encode(encoding), contract=contract_of(*header))
    assert (front.encoding, record.cells) == (encoding, text.split("\n")[1].split(","))


def test_a_stray_zero_byte_is_a_broken_line_not_another_encoding() -> None:
    front, found = records(b"ID,Name,Town\n" + b"1,Ada,Lagos\n" * 20 + b"2,B\x00,Ibadan\n")
    assert (front.encoding, found[-1].cells) == ("utf-8", ["2", "B\x00", "Ibadan"])


def test_one_bad_byte_among_good_characters_is_a_broken_line() -> None:
    front, found = records("ID,Name,Town\n1,Zoë,Orléans\n2,Bé,Jos\n".encode() + b"3,C\xe9,Jos\n")
    assert front.encoding == "utf-8"
    assert found[-1].cells == ["3", "C\udce9", "Jos"]


def test_a_character_cut_by_the_end_of_the_sample_changes_nothing() -> None:
    data = b"ID,Name,Town\n" + "1,é,é\n".encode() * 60_000
    for cut in range(SAMPLE_BYTES - 6, SAMPLE_BYTES):
        assert read_front(data[:cut], PEOPLE).encoding == "utf-8"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_first_line_names_the_delimiter(first: str) -> None:
    front, found = records(f"{first}\r\nID;Name;Town\r\n1;a,b;c\r\n".encode())
    assert (front.delimiter, front.header_line_number) == (";", 2)
    assert [(record.line_number, record.cells) for record in found] == [(3, ["1", "a,b", "c"])]


def test_blank_lines_above_the_header_do_no_harm() -> None:
    front, found = records(b"\n  \r\nID,Name,Town\n1,a,b\n")
    assert (front.header_line_number, [record.line_number for record in found]) == (3, [4])


def test_a_header_may_run_over_lines() -> None:
    contract = contract_of("ID", "Score (of 10)", "Town")
    front, found = records(b'ID,"Score\r\n(of 10)",Town\r\n1,7,Jos\r\n', contract=contract)
    assert (front.header_line_number, front.header_line_count) == (1, 2)
    assert [(record.line_number, record.cells) for record in found] == [(3, ["1", "7", "Jos"])]
    assert read_header(b'ID,"Score\r\n(of 10)",Town\r\n1,7,Jos\r\n', front.encoding, front.dialect)[1].startswith(
        "Score"
    )


@pytest.mark.parametrize(
    ("lines", "quote"),
    [
        (["1,'Lagos, Ikeja',Ada", "2,Jos,Bo"], "'"),  # it mends a line
        (["1,'Jos',Ada", "2,'Ibadan',Bo"], "'"),  # it wraps a column
        (["1,'Lagos, Ikeja',Ada", "2,'t Hart,van 't"], '"'),  # it would break another
        (["1,'s-Hertogenbosch,Ada", "2,Jos,Bo"], '"'),
        (["1,'Jos',Ada", "2,Jos,Bo"], '"'),
        (['1,"Jos",O\'Neill', '2,"Ibadan",D\'Souza'], '"'),
        (["1,'t Hart,Ada", "2,Jos,van 't"], '"'),
    ],
)
def test_apostrophes_are_quotation_marks_only_where_they_quote(lines: list[str], quote: str) -> None:
    front, _ = records("\n".join(["ID,Name,Town", *lines, ""]).encode())
    assert front.quote_char == quote


def test_quotation_marks_may_be_stated_to_quote_nothing() -> None:
    data = b'ID\tName\tTown\n1\tA 5" disk\t"open\n2\tb\tc\n'
    front, found = records(data, Stated(quote="none"))
    assert front.quote_char is None
    assert [record.cells for record in found] == [["1", 'A 5" disk', '"open'], ["2", "b", "c"]]


def test_a_stated_delimiter_is_not_looked_for() -> None:
    assert refusal(b"ID,Name,Town\n1,2,3\n", Stated(delimiter="semicolon")).code == "wrong_header"
    assert records(b"ID,Name,Town\n1,2,3\n", Stated(delimiter="comma"))[0].delimiter == ","


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "empty_file", "empty"),
        (b"\xff\xfe", "empty_file", "empty"),
        (b"\r\n\r\n", "empty_file", "empty"),
        (b"ID,Name,Town", "header_only", "no lines"),
        (b"ID,Name,Town\r\n\r\n  \r\n", "header_only", "no lines"),
        ("ID,Name,Town\n".encode("utf-16"), "header_only", "no lines"),
        (b"ID,Name,Town,Name\n1,2,3,4\n", "duplicate_header", "more than once"),
        (b"ID,Name,Town,,\n1,2,3,,\n", "blank_header", "column 4, 5"),
        (b"School report 2024\nprinted on Monday\n\nID,Name,Town\n1,2,3\n", "preamble", "line 4"),
        (b",,\nID,Name,Town\n1,2,3\n", "preamble", "line 2"),
        (b"Report;;\nID;Name;Town\n1;2;3\n", "preamble", "line 2"),
        (b"a,b,c\n1,2,3\n", "wrong_header", "No column"),
        (b"\x00\x01\x02\x03" * 100, "not_csv", "binary"),
        (b"PAR1\x15\x04", "not_csv", "Parquet"),
        (b"SQLite format 3\x00", "not_csv", "SQLite"),
        (b"\n<HTML><body>Please sign in", "not_csv", "web page"),
        (b"7z\xbc\xaf\x27\x1c....", "not_csv", "7-Zip"),
    ],
)
def test_what_is_wrong_with_a_file_as_a_whole_is_told(data: bytes, code: str, said: str) -> None:
    error = refusal(data)
    assert (error.code, said in error.message) == (code, True)
    assert error.remedy


def test_a_column_that_is_named_like_a_signature_is_a_column() -> None:
    for name in ("PAR1", "Rar!", "BZh", "GIF8"):
        assert records(f"{name},Name\n1,2\n".encode(), contract=contract_of(name, "Name"))[0].header == [name, "Name"]


def test_a_long_sample_with_only_a_header_may_go_on_after_it() -> None:
    padding = b"\n" * SAMPLE_BYTES
    assert records(b"ID,Name,Town\n" + padding + b"1,2,3\n")[1][0].cells == ["1", "2", "3"]


def test_no_value_of_a_file_is_told() -> None:
    data = b"Zorblax,Wibblefoo,Quux\n" * 3
    error = refusal(data)
    assert not any(word in error.in_words() + str(error.details) for word in ("Zorblax", "Wibblefoo", "Quux"))
    strange = refusal(b"ID,Na\xffme\x07,Town\n" + b"1,2,3\n" * 50)
    assert strange.in_words().isprintable()


def test_a_layout_needs_no_contract() -> None:
    assert read_layout("état;ville\nvrai;Orléans\n".encode("cp1252")).header == ["état", "ville"]
    assert read_layout(b"a|b|c\n1|2,5|3\n").delimiter == "|"
    assert read_layout(b"'a','b'\n'1','2'\n").quote_char == "'"
    assert read_layout(b"one column\n1,5\n2,5\n").header == ["one column"]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n", exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=15),
    delimiter=st.sampled_from(sorted(DELIMITERS)),
    quote=st.sampled_from(["double", "single"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_is_written_and_stated_is_read_back(
    rows: list[tuple[str, str, str]], delimiter: str, quote: str, line_end: str, encoding: str
) -> None:
    table = [["ID", "Name", "Town"], *map(list, rows)]
    text = written(table, DELIMITERS[delimiter], QUOTES[quote], line_end, csv.QUOTE_ALL)
    front, found = records(text.encode(encoding), Stated(delimiter=delimiter, quote=quote))
    assert [record.cells for record in found] == table[1:]
    assert front.encoding == encoding


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=600), st.sampled_from([b"", b"ID,Name,Town\n", b"\xff\xfe", b"'ID';'Name'\n", b'ID,"Name']))
def test_random_bytes_are_refused_or_read_and_nothing_else(noise: bytes, start: bytes) -> None:
    data = start + noise
    started = time.process_time()
    with suppress(Refused):
        front, found = records(data)
        assert all(record.line_number >= front.header_line_number + front.header_line_count for record in found)
        numbers = [record.line_number for record in found]
        assert numbers == sorted(set(numbers))
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "data",
    [
        b"ID,Name,Town\n" + b'"' * SAMPLE_BYTES,
        b"'\"" * (SAMPLE_BYTES // 2),
        b"," * SAMPLE_BYTES,
        b"ID,Name,Town\n" + b"'," * (SAMPLE_BYTES // 2),
        b"\n" * SAMPLE_BYTES,
        b"\xe9" * SAMPLE_BYTES,
        b"\xc3\xa9\xe9\n" * (SAMPLE_BYTES // 4),
        b"\x00a" * (SAMPLE_BYTES // 2),
    ],
)
def test_hostile_samples_are_done_with_in_seconds(data: bytes) -> None:
    told = ""
    started = time.process_time()
    try:
        read_front(data[:SAMPLE_BYTES], PEOPLE)
    except Refused as error:
        told = error.in_words()
    assert len(told) < 5000
    assert time.process_time() - started < 10
