"""The sample district's files: the same bytes for a seed, the counts and flaws of docs/sample-district.md."""

import re
from collections import Counter
from pathlib import Path

import pytest

from backend.reporting.seeds import seed
from elt.contracting.contract import load_contracts
from elt.loading.checking import RowChecker
from elt.reading.records import Record
from elt.sample_district import effects, flaws
from elt.sample_district.__main__ import main
from elt.sample_district.district import DATASETS, make_district
from elt.sample_school.tables import Table

DOCUMENT = (Path(__file__).parents[2] / "docs" / "sample-district.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return make_district(1)


def refusals(dataset: str, table: Table) -> Counter[str]:
    """The codes of the lines that the contract refuses, judged as the loader judges."""
    contract = load_contracts()[dataset]
    checker = RowChecker(contract, contract.match_header(table.header).positions, len(table.header))
    codes: Counter[str] = Counter()
    seen: set[str] = set()
    for number, cells in enumerate(table.lines, start=2):
        record = Record(number, cells, "", None)
        if checker.row(record) is None:
            codes.update(error["code"] for error in checker.errors(record))
        elif cells[0] in seen:
            codes["duplicate_key"] += 1
        seen.add(cells[0])
    return codes


def test_every_contract_of_the_family_has_its_file(tables: dict[str, Table]) -> None:
    assert {f"district/{name}" for name in DATASETS} == set(tables)
    assert set(tables) == {name for name in load_contracts() if name.startswith("district/")}


def test_refused_lines_are_those_that_are_planted_and_the_document_counts_them(tables: dict[str, Table]) -> None:
    for dataset, table in tables.items():
        planted = Counter[str]()
        for flaw in flaws.REFUSED:
            if flaw.dataset == dataset:
                planted[flaw.code] += flaw.count
        assert refusals(dataset, table) == planted, dataset
        good = f"{len(table.lines) - planted.total():,}"
        assert re.search(rf"`{dataset.split('/')[1]}\.csv` \| {good} \| {planted.total()} \|", DOCUMENT), (
            dataset,
            good,
        )


def test_letters_are_the_seeds() -> None:
    scale = [
        (row["letter_grade"], int(row["minimum_score"]))
        for row in seed("letter_scale")
        if row["source_system"] == "district"
    ]
    assert scale == list(effects.LETTERS)


def test_planted_shares_are_exact(tables: dict[str, Table]) -> None:
    courses = {row["id"]: row for row in tables["district/courses"].records()}
    changes = Counter(
        (courses[row["course_id"]]["school_id"], courses[row["course_id"]]["term"], row["action"])
        for row in tables["district/adjustments"].records()
        if row["id"].startswith("J")
    )
    for school in effects.SCHOOLS:
        for term in effects.TERMS:
            for action, share in {**effects.CHANGE_SHARE, "drop": school.drop_share}.items():
                assert changes[school.school_id, term.name, action] == round(share * school.students)


def test_the_same_seed_gives_the_same_bytes(
    tables: dict[str, Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["sample_district", "--out", str(tmp_path / "written")])
    main()
    for dataset, table in tables.items():
        again = tmp_path / "again.csv"
        table.write(again)
        assert again.read_bytes() == (tmp_path / "written" / f"{dataset.split('/')[1]}.csv").read_bytes()
