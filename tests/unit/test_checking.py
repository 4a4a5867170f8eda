"""Whether a cell is what its contract says, and what is said where it is not."""

from typing import Any

import pytest

from elt.contracting.contract import Field, parse_contract
from elt.loading.checking import CellError, ColumnChecker, RowChecker
from elt.reading.records import Record


def checker(type: str, **constraints: Any) -> ColumnChecker:
    return ColumnChecker(Field("Column", "column", type, "", constraints, None, ""), ("", "?"))


@pytest.mark.parametrize(
    ("type", "cell", "copied"),
    [
        ("string", "0164A", "0164A"),
        ("string", "00012345678901234567", "00012345678901234567"),
        ("string", "tab\there\\", "tab\there\\"),
        ("string", "None", "None"),
        ("string", "", ""),
        ("integer", "?", ""),
        ("integer", " 12 ", "12"),
        ("integer", "-7", "-7"),
        ("number", "12.5", "12.5"),
        ("number", "1e3", "1e3"),
        ("boolean", "TRUE", "true"),
        ("date", "2009-05-17", "2009-05-17"),
        ("datetime", "2009-05-17T08:30:00+01:00", "2009-05-17T08:30:00+01:00"),
        ("object", ' {"a": [1, {"b": null}], "ọ": "x"} ', '{"a": [1, {"b": null}], "ọ": "x"}'),
        ("object", "{}", "{}"),
    ],
)
def test_a_good_cell_is_copied_as_it_is(type: str, cell: str, copied: str) -> None:
    assert checker(type)[cell] == copied


@pytest.mark.parametrize(
    ("type", "cell", "constraints", "code"),
    [
        ("integer", "12.0", {}, "type"),
        ("integer", "١٢", {}, "type"),  # digits, but not ones that Postgres reads
        ("integer", "9" * 19, {}, "type"),
        ("number", "1,234", {}, "type"),
        ("number", "NaN", {}, "type"),
        ("number", "1e9999", {}, "type"),
        ("date", "17/05/2009", {}, "type"),
        ("date", "2009-02-30", {}, "type"),
        ("boolean", "maybe", {}, "type"),
        ("datetime", "yesterday", {}, "type"),
        ("object", "[1, 2]", {}, "type"),
        ("object", "{a: 1}", {}, "type"),
        ("object", '{"a": 1, "a": 2}', {}, "type"),  # jsonb would keep the last and lose the first
        ("object", '{"a": {"b": 1, "b": 1}}', {}, "type"),
        ("object", '{"a": NaN}', {}, "type"),
        ("object", '{"a": 1e999999}', {}, "type"),  # more than jsonb holds
        ("object", '{"a": "\\u0000"}', {}, "type"),  # characters that Postgres does not have
        ("object", '{"a": ["\\ud800"]}', {}, "type"),
        ("object", '{"a": ' * 65 + "1" + "}" * 65, {}, "type"),
        ("object", '{"a": ' + "[" * 5000 + "]" * 5000 + "}", {}, "type"),
        ("integer", "41", {"minimum": 0, "maximum": 40}, "range"),
        ("integer", "-1", {"minimum": 0}, "minimum"),
        ("number", "100.5", {"maximum": 100}, "maximum"),
        ("date", "1899-01-01", {"minimum": "1900-01-01"}, "minimum"),
        ("string", "JSS9", {"enum": ["JSS1", "JSS2"]}, "enum"),
        ("string", "12", {"pattern": r"\d{19,20}"}, "pattern"),
        ("string", "abcd", {"maxLength": 3}, "max_length"),
        ("string", "  ", {"required": True}, "required"),
        ("string", "a\x00b", {}, "null_byte"),
        ("string", "caf\udce9", {}, "encoding"),
        ("string", "x" * 100_001, {}, "cell_too_long"),
    ],
)
def test_a_bad_cell_is_named_but_never_quoted(type: str, cell: str, constraints: dict[str, Any], code: str) -> None:
    result = checker(type, **constraints)[cell]
    assert isinstance(result, CellError)
    assert result.code == code
    assert len(cell.strip()) < 3 or cell not in result.message


def test_a_row_says_everything_that_is_wrong_with_it() -> None:
    contract = parse_contract(
        {
            "name": "test/scores", "title": "", "description": "", "version": 1,
            "fields": [
                {
                    "name": "ID", "column": "id", "type": "string", "description": "", "example": "",
                    "constraints": {"required": True},
                },
                {"name": "Score", "column": "score", "type": "integer", "description": "", "example": ""},
            ],
        }
    )  # fmt: skip
    # The file has its columns the other way round.
    rows = RowChecker(contract, (1, 0), 2)
    assert rows.row(Record(2, ["12", "A1"], "12,A1", None), ";") == "12;A1"
    bad = Record(3, ["much", ""], "much,", None)
    assert rows.row(bad, ";") is None
    assert [(error["column"], error["code"]) for error in rows.errors(bad)] == [("Score", "type"), ("ID", "required")]
    ragged = Record(4, ["1", "2", "3"], "1,2,3", None)
    assert rows.row(ragged) is None
    assert rows.errors(ragged)[0]["code"] == "too_many_cells"


def test_the_values_of_a_personal_column_are_in_no_message() -> None:
    field = Field("Name", "name", "string", "", {"enum": ["Adaeze", "Bola"]}, "name", "")
    assert ColumnChecker(field, ("",))["Chidi"] == CellError("enum", "is not one of the allowed values")
