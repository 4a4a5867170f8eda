"""Real files of schools and universities are drafted as their publishers describe them, and take their own lines."""

from pathlib import Path

import pytest

from elt.contracting.contract import load_contracts, parse_contract
from elt.contracting.document import checked
from elt.drafting import Draft, Finding, draft
from elt.loading.checking import RowChecker
from elt.reading.detecting import SAMPLE_BYTES, read_front
from elt.reading.records import read_records
from elt.receiving.streams import Source
from tests import shared_data

OULAD = {
    "courses": "courses",
    "assessments": "assessments",
    "vle": "vle",
    "student_info": "studentInfo",
    "student_registration": "studentRegistration",
}
FACTORS_WITH_GAPS = {"Teacher_Quality": 78, "Parental_Education_Level": 90, "Distance_from_Home": 67}


def _drafted(path: Path) -> Draft:
    return draft(lambda: path.open("rb"), "test/sample")


def _refused_lines(path: Path, found: Draft) -> list[int]:
    """The lines of its own file that a draft refuses, at the loader's own hands."""
    contract = parse_contract(checked(found.contract, "test/sample", 1))
    with path.open("rb") as stream:
        source = Source(stream)
        front = read_front(source.sample()[:SAMPLE_BYTES], contract)
        checker = RowChecker(contract, front.match.positions, len(front.header))
        records = list(read_records(source.buffered(), front))
    assert len(records) == found.lines_read
    return [record.line_number for record in records if record.error or checker.row(record) is None]


def _warned(found: Draft, check: str) -> list[Finding]:
    return [finding for finding in found.screening if finding.check == check and finding.verdict != "pass"]


@pytest.mark.parametrize("table", OULAD)
def test_oulad_is_drafted_as_published(table: str) -> None:
    path = shared_data.folder("oulad") / f"{OULAD[table]}.csv"
    found = _drafted(path)
    published = load_contracts()[f"oulad/{table}"]
    assert [column.name for column in found.columns] == [field.name for field in published.fields]
    assert [column.type for column in found.columns] == [field.type for field in published.fields]
    marks = {"?"} & set(path.read_text().replace('"', "").replace("\n", ",").split(","))
    assert set(found.contract["missingValues"]) == {"", *marks}
    assert {column.name for column in found.columns if column.personal and column.personal.kind == "identifier"} == {
        field.name for field in published.fields if field.personal == "identifier"
    }
    assert _refused_lines(path, found) == []


@pytest.mark.parametrize("table", [table for table in OULAD if table != "vle"])
def test_the_published_key_is_found(table: str) -> None:
    found = _drafted(shared_data.folder("oulad") / f"{OULAD[table]}.csv")
    assert tuple(found.contract["primaryKey"]) == load_contracts()[f"oulad/{table}"].primary_key


def test_a_site_is_a_smaller_key_than_the_published_one() -> None:
    found = _drafted(shared_data.folder("oulad") / "vle.csv")
    assert found.candidate_keys == (("id_site",),)
    assert "id_site" in load_contracts()["oulad/vle"].primary_key


def test_missing_cells_are_counted_as_published() -> None:
    missing = {
        column.name: column.missing_count
        for table in ("assessments", "vle", "student_info", "student_registration")
        for column in _drafted(shared_data.folder("oulad") / f"{OULAD[table]}.csv").columns
        if column.missing_count
    }
    assert missing == {
        "date": 11,
        "week_from": 5243,
        "week_to": 5243,
        "imd_band": 1111,
        "date_registration": 45,
        "date_unregistration": 22521,
    }


def test_a_band_without_its_sign_is_told() -> None:
    findings = _warned(_drafted(shared_data.folder("oulad") / "studentInfo.csv"), "category_written_otherwise")
    assert [finding.place.columns for finding in findings] == [("imd_band",)]
    assert findings[0].message == "`10-20` has no `%` at its end, which 9 other categories have."


def test_student_performance_factors() -> None:
    path = shared_data.folder("student_performance_factors") / "StudentPerformanceFactors.csv"
    found = _drafted(path)
    assert found.lines_read == 6607
    assert _refused_lines(path, found) == []
    quantities = {column.name for column in found.columns if column.type == "integer"}
    assert quantities == {
        "Hours_Studied",
        "Attendance",
        "Sleep_Hours",
        "Previous_Scores",
        "Tutoring_Sessions",
        "Physical_Activity",
        "Exam_Score",
    }
    others = [column for column in found.columns if column.name not in quantities]
    assert {column.type for column in others} == {"string"}
    assert all(column.categories and 2 <= len(column.categories) <= 3 for column in others)
    assert {column.name: column.missing_count for column in found.columns if column.missing_count} == FACTORS_WITH_GAPS
    assert found.contract["primaryKey"] == []
    (above,) = _warned(found, "above_the_scale")
    assert (above.place.columns, above.place.lines, above.count) == (("Exam_Score",), (1527,), 1)
    assert {finding.place.columns[0] for finding in _warned(found, "blank_in_category")} == set(FACTORS_WITH_GAPS)
