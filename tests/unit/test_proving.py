"""What the proof of a contract lets through unjudged, the judge accepts; and what is plainly good, it lets through."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elt.contracting.contract import Contract, load_contracts, parse_contract
from elt.loading.checking import RowChecker
from elt.loading.proving import Proof, prove
from elt.reading.blocks import Block, Blocks
from elt.reading.records import Record

FIELDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "short": {"type": "string", "constraints": {"maxLength": 5}},
    "needed": {"type": "string", "constraints": {"required": True}},
    "code": {"type": "string", "constraints": {"pattern": "^[A-Z]{2}[0-9]{2,3}$"}},
    "choice": {"type": "string", "constraints": {"enum": ["Yes", "No", "Bête noire", "A, B", "?"]}},
    "whole": {"type": "integer"},
    "some": {"type": "integer", "constraints": {"minimum": -12, "maximum": 105}},
    "small": {"type": "integer", "constraints": {"minimum": 7, "maximum": 2147483647}},
    "score": {"type": "number", "constraints": {"minimum": 0, "maximum": 40}},
    "change": {"type": "number", "constraints": {"minimum": -2.5, "maximum": 3}},
    "yes": {"type": "boolean"},
    "day": {"type": "date"},
    "recent": {"type": "date", "constraints": {"minimum": "1999-06-01", "maximum": "2030-01-01"}},
    "moment": {"type": "datetime"},
    "birth": {"type": "year"},
    "more": {"type": "object"},
}
GOOD: dict[str, list[str]] = {
    "text": ["Ada", "Ọlá", "naïve café", "-", "a b ", "0164A", "日本"],
    "short": ["abc", "abcde"],
    "needed": ["x"],
    "code": ["AB12", "AB123"],
    "choice": ["Yes", "Bête noire"],
    "whole": ["0", "-17", "123456789"],
    "some": ["-12", "0", "9", "99", "105"],
    "small": ["7", "2147483647"],
    "score": ["0", "39.99", "40", "40.0", "7"],
    "change": ["-2", "-1.5", "2.9", "3"],
    "yes": ["true", "FALSE", "1"],
    "day": ["2009-05-17", "1999-12-31"],
    "recent": ["2009-02-28"],
    "moment": ["2009-05-17T08:30:00Z", "2009-05-17 08:30:00.25+01:00"],
    "birth": ["2009"],
    "more": ["{}", "{ }"],
}
OBJECTS = ['{"a": 1}', '{"Ab c": "x, y"}', '{"a":null}', '{"a": -0.5}']
NASTY = [
    "", " ", "?", " ?", "? ", "??", "NA", "NA ", "N", "NAN", "\u00a0", "\u3000", "\u2003x", "\x1c", "é" * 3, "abcdef",
    "ab\\c", "a\tb", "\\N", "\\.", "1e3", "+5", "007", "1_000", "٣", "40.01", "-0.5", "-2.6", "106", "-13", "nan",
    "2147483648", "2009-02-29", "2009-13-01", "1999-05-31", "0x1F", "yes", "T", "AB12\n", "ab12", "A, B", "'", "a,b",
    'say "hi"', "\x01", "\x00", '{"a": 1, "a": 2}', '{"a": 01}', '{"a": NaN}',
    '{"a": "\\u0000"}', "[]", "{a: 1}", '{"a": 1}}', *OBJECTS,
]  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(NASTY),
    st.sampled_from([cell for cells in GOOD.values() for cell in cells]),
    st.text(max_size=8),
    st.integers(-200, 3 * 10**9).map(str),
    st.decimals(-50, 50, places=2).map(str),
    st.dates().map(str),
)


def contract(*names: str, missing: tuple[str, ...] = ("", "?")) -> Contract:
    fields = [{"name": name, "column": name, "description": "", "example": "", **FIELDS[name]} for name in names]
    document = {"name": "test/cells", "title": "", "description": "", "version": 1}
    return parse_contract({**document, "missingValues": list(missing), "fields": fields})


def proof_of(contract: Contract, *, null: str = "", delimiter: str = ",", simple: bool = False) -> Proof | None:
    width = len(contract.fields)
    return prove(contract, tuple(range(width)), width, delimiter, '"', null, simple=simple)


def written(cells: list[str], delimiter: str = ",", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerow(cells)
    return line.getvalue()


def is_proven(proof: Proof, line: str) -> bool:
    block = next(iter(Blocks(io.BytesIO(line.encode("utf-8", "surrogatepass")), "utf-8")))
    return bool(proof.lines(block).all())


@pytest.mark.parametrize("simple", [False, True])
@pytest.mark.parametrize("name", FIELDS)
def test_what_is_plainly_good_is_proven(name: str, simple: bool) -> None:
    whole = contract("needed", name)
    proof = proof_of(whole, simple=simple)
    if name == "choice" and simple:
        assert proof is None or not is_proven(proof, 'x,"A, B"\n')
        return
    assert proof is not None
    for cell in GOOD[name]:
        assert is_proven(proof, f"x,{cell}\n"), cell
        assert is_proven(proof, f'"x","{cell}"\n'), cell


def test_an_object_of_one_key_is_proven_within_its_quotes() -> None:
    proof = proof_of(contract("needed", "more"))
    assert proof is not None
    assert all(is_proven(proof, written(["x", cell])) for cell in OBJECTS)
    assert not any(is_proven(proof, written(["x", cell])) for cell in ('{"a": 1, "a": 2}', '{"a": "\\u0000"}', "[]"))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_is_proven_is_good(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(FIELDS)), min_size=1, max_size=3, unique=True))
    missing = data.draw(st.sampled_from([("", "?"), ("",), ("?",), ("", "NA", "N/A"), ("-1",), ()]))
    whole = contract(*names, missing=missing)
    delimiter = data.draw(st.sampled_from(",;\t|"))
    null = data.draw(st.sampled_from(missing)) if missing else "\x02null\x02"
    proof = proof_of(whole, null=null, delimiter=delimiter, simple=data.draw(st.booleans()))
    cells = [data.draw(st.one_of(CELLS, st.sampled_from(GOOD[name]))) for name in names]
    line = written(cells, delimiter, data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))
    if proof is None or "\n" in line[:-1] or "\r" in line or not is_proven(proof, line):
        return
    assert next(csv.reader([line], delimiter=delimiter)) == cells
    assert line.strip()
    checker = RowChecker(whole, tuple(range(len(names))), len(names), null)
    assert checker.errors(Record(2, cells, line, None)) == []


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=40))
def test_no_bytes_are_proven_that_are_not_such_a_line(raw: bytes) -> None:
    whole = contract("text", "whole")
    proof = proof_of(whole)
    assert proof is not None
    block = Block(raw.replace(b"\n", b"").replace(b"\r", b"") + b"\n", 2, is_last=True)
    if not proof.lines(block).all():
        return
    cells = next(csv.reader([block.plain.decode()]))
    assert RowChecker(whole, (0, 1), 2).errors(Record(2, cells, "", None)) == []


def test_each_line_is_proven_by_itself() -> None:
    proof = proof_of(contract("text", "some"))
    assert proof is not None
    lines = [b"a,1", b"b,many", b"c,3", b"d,\xff", b"\xed\xa0\x80,5", b"e,6,7", b"", b"f,8"]
    block = Block(b"\n".join(lines), 2, is_last=True)
    assert proof.lines(block).tolist() == [True, False, True, False, False, False, False, True]


def test_a_blank_line_of_one_column_is_no_record() -> None:
    proof = proof_of(contract("text"))
    assert proof is not None
    assert not is_proven(proof, "\n")


def test_a_line_in_which_nothing_is_written_is_not_proven_where_no_cell_is_required() -> None:
    proof = proof_of(contract("text", "short"))
    assert proof is not None
    lines = [b"a,", b",", b'"",""', b" , ", b",", b"b,"]
    assert proof.lines(Block(b"\n".join(lines), 2, is_last=True)).tolist() == [True, False, False, False, False, True]


@pytest.mark.parametrize("name", load_contracts())
def test_every_contract_that_ships_can_be_proven(name: str) -> None:
    whole = load_contracts()[name]
    proof = proof_of(whole)
    assert proof is not None
    assert is_proven(proof, written([field.example for field in whole.fields]))


@pytest.mark.parametrize("name", sorted(load_contracts()))
def test_no_group_of_a_pattern_is_captured(name: str) -> None:
    """To find where each group lies, RE2 leaves its fast automaton: a match takes twenty times as long."""
    proof = proof_of(load_contracts()[name])
    assert proof is not None
    assert proof._good_lines.groups == 0


def test_a_pattern_that_could_swallow_a_delimiter_is_not_part_of_a_proof() -> None:
    FIELDS["free"] = {"type": "string", "constraints": {"pattern": "[^@]+@[^@]+"}}
    try:
        assert proof_of(contract("free")) is None
    finally:
        del FIELDS["free"]


def test_a_missing_value_that_reads_like_a_value_is_not_proven() -> None:
    proof = proof_of(contract("whole", missing=("", "-1")))
    assert proof is None or not is_proven(proof, "-1\n")


def test_a_long_line_is_left_to_the_judge() -> None:
    proof = proof_of(contract("text", "whole"))
    assert proof is not None
    assert not is_proven(proof, "x" * 30_000 + ",1\n")
    assert np.array_equal(proof.lines(Block(b"a,1\n", 1, is_last=True)), [True])
