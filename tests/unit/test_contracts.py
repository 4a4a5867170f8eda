"""Every contract is a sound Table Schema, and describes each of its columns."""

import re
from pathlib import Path

import pytest

from elt.contracting.contract import CONTRACTS, Contract, load_contracts
from elt.loading.checking import ColumnChecker

TYPES = {"string", "integer", "number", "boolean", "date", "datetime", "year", "object"}
CONSTRAINTS = {"required", "unique", "pattern", "minimum", "maximum", "enum", "minLength", "maxLength"}
PERSONAL = {"identifier", "name", "contact", "birth", "location", "health", "special", "finance"}
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LAUREL = {
    "laurel/students": ["Student ID"],
    "laurel/teachers": ["Teacher ID"],
    "laurel/parents": ["Parent ID", "Student ID"],
    "laurel/academic_history": ["Student ID", "Grade Level", "Subject", "Term"],
    "laurel/survey": [],
}


@pytest.fixture(params=load_contracts().values(), ids=lambda contract: contract.name)
def contract(request: pytest.FixtureRequest) -> Contract:
    return request.param


def test_laurels_five_contracts_are_there_with_their_keys() -> None:
    contracts = load_contracts()
    assert {name: list(contracts[name].primary_key) for name in LAUREL if name in contracts} == LAUREL


def test_name_is_its_place(contract: Contract) -> None:
    assert (Path(CONTRACTS) / f"{contract.name}.yaml").is_file()


def test_the_file_is_described(contract: Contract) -> None:
    assert contract.title
    assert contract.description.startswith("One row per ")
    assert contract.version >= 1
    assert 0 < contract.max_rejected_rate < 1
    assert "" in contract.missing_values
    assert "None" not in contract.missing_values


def test_headers_and_columns_are_unique(contract: Contract) -> None:
    headers = [field.name for field in contract.fields]
    columns = [field.column for field in contract.fields]
    assert len(set(headers)) == len(headers)
    assert len(set(columns)) == len(columns)
    assert all(SNAKE_CASE.fullmatch(column) and len(column) < 64 for column in columns)


def test_every_field_is_described(contract: Contract) -> None:
    for field in contract.fields:
        assert field.type in TYPES, field.name
        assert field.description.endswith("."), field.name
        assert field.example, field.name
        assert field.personal is None or field.personal in PERSONAL, field.name


def test_every_example_keeps_its_contract(contract: Contract) -> None:
    for field in contract.fields:
        assert isinstance(ColumnChecker(field, contract.missing_values)[field.example], str), field.name


def test_constraints_fit_table_schema(contract: Contract) -> None:
    for field in contract.fields:
        constraints = field.constraints
        assert set(constraints) <= CONSTRAINTS, field.name
        if "pattern" in constraints:
            assert field.type == "string", field.name
            re.compile(constraints["pattern"])
        if {"minimum", "maximum"} <= set(constraints):
            assert constraints["minimum"] < constraints["maximum"], field.name
        assert len(set(constraints.get("enum", ()))) == len(constraints.get("enum", ())), field.name


def test_key_columns_are_required_text(contract: Contract) -> None:
    by_name = {field.name: field for field in contract.fields}
    for name in contract.primary_key:
        assert by_name[name].constraints["required"] is True
        assert by_name[name].type == "string"


def test_identifiers_are_text_and_personal(contract: Contract) -> None:
    identifiers = [field for field in contract.fields if field.name.endswith(" ID")]
    assert identifiers or contract.name == "laurel/survey" or not contract.name.startswith("laurel/")
    for field in identifiers:
        assert field.type == "string", field.name
        assert field.personal == "identifier" or not contract.name.startswith("laurel/"), field.name


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("First Name", "name"),
        ("Last Name", "name"),
        ("Date of Birth", "birth"),
        ("Email", "contact"),
        ("Phone Number", "contact"),
        ("Home Address", "location"),
    ],
)
def test_direct_identifiers_are_marked(header: str, kind: str) -> None:
    fields = [
        field
        for contract in load_contracts().values()
        if contract.name.startswith("laurel/")
        for field in contract.fields
        if field.name == header
    ]
    assert len(fields) >= 2
    assert {field.personal for field in fields} == {kind}


@pytest.mark.parametrize(
    ("dataset", "header", "good", "bad"),
    [
        ("laurel/academic_history", "Test Score", "40", "40.5"),
        ("laurel/academic_history", "Exam Score", "60", "61"),
        ("laurel/academic_history", "Total Score", "0", "-1"),
        ("laurel/academic_history", "Attendance (%)", "100", "100.1"),
        ("laurel/academic_history", "JAMB Score", "400.0", "401"),
        ("laurel/academic_history", "Grade Level", "SS3", "SS4"),
        ("laurel/students", "Grade Level", "JSS1", "JSS 1"),
        ("laurel/students", "Extracurricular Activities", "None", None),
        ("laurel/students", "Date of Birth", "2012-02-29", "2013-02-29"),
        ("laurel/teachers", "LASRRA ID", "0" * 19, "0" * 18),
        ("laurel/parents", "LASRRA ID", "9" * 20, "9" * 21),
        ("laurel/survey", "Weekly Hours Spent Reading", "3 hours", None),
        ("laurel/survey", "Past Jamb Score", "231", "2310"),
    ],
)
def test_limits(dataset: str, header: str, good: str, bad: str | None) -> None:
    contract = load_contracts()[dataset]
    field = next(field for field in contract.fields if field.name == header)
    checker = ColumnChecker(field, contract.missing_values)
    assert checker[good] == good
    assert bad is None or not isinstance(checker[bad], str)
