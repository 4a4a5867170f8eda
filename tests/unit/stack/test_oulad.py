"""Which files `./start.sh load oulad` takes from a folder."""

from pathlib import Path

import pytest

from elt.contracting.contract import load_contracts
from stack import oulad, verbs
from stack.starting import StartFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A download without its largest file."""
    for stem in oulad.TABLES:
        if stem != oulad.OPTIONAL:
            (tmp_path / f"{stem}.csv").write_text("a\n")
    return tmp_path


def test_every_table_has_its_contract() -> None:
    contracts = {name for name in load_contracts() if name.startswith("oulad/")}
    assert {f"oulad/{dataset}" for dataset in oulad.TABLES.values()} == contracts


def test_the_clicks_may_be_missing(folder: Path) -> None:
    assert [table.path.name for table in oulad.find(folder)] == [f"{stem}.csv" for stem in list(oulad.TABLES)[:-1]]


def test_a_packed_file_is_taken_where_the_plain_one_is_missing(folder: Path) -> None:
    (folder / "studentVle.csv.gz").write_bytes(b"packed")
    (folder / "vle.csv.gz").write_bytes(b"packed")
    found = {table.dataset: table.path.name for table in oulad.find(folder)}
    assert (found["oulad/student_vle"], found["oulad/vle"]) == ("studentVle.csv.gz", "vle.csv")


def test_a_folder_that_lacks_a_table_is_named_with_what_it_lacks(folder: Path) -> None:
    (folder / "vle.csv").unlink()
    with pytest.raises(StartFailed, match=r"lacks vle\.csv"):
        oulad.find(folder)
    with pytest.raises(StartFailed, match="not a folder"):
        oulad.find(folder / "nowhere")


def test_the_verb_takes_a_folder() -> None:
    options = verbs.parser().parse_args(["load", "oulad", "somewhere"])
    assert (options.verb, options.family, options.directory) == ("load", "oulad", Path("somewhere"))


def test_clicks_under_another_name_are_told(folder: Path) -> None:
    assert "Load it later" in oulad.without_clicks(folder)
    (folder / "studentVle.first.csv.gz").write_bytes(b"packed")
    assert "There is studentVle.first.csv.gz: give it one of these names" in oulad.without_clicks(folder)
