"""The sample school's files: the same bytes for a seed, and the counts, flaws and tiers of docs/sample-school.md."""

from collections import Counter, defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from elt.contracting.contract import load_contracts
from elt.loading.checking import RowChecker
from elt.reading.records import Record
from elt.sample_school import curriculum, effects, flaws
from elt.sample_school.__main__ import main
from elt.sample_school.school import first_edition
from elt.sample_school.second_edition import second_edition
from elt.sample_school.tables import Table

Rows = list[dict[str, str]]
DOCUMENT = Path(__file__).parents[2] / "docs" / "sample-school.md"


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return first_edition(1)


@pytest.fixture(scope="module")
def refused(tables: dict[str, Table]) -> dict[str, list[tuple[int, str]]]:
    """(position, code) of each line that the contract refuses, judged as the loader judges, by dataset."""
    return {dataset: list(_refused(dataset, table)) for dataset, table in tables.items()}


@pytest.fixture(scope="module")
def good(tables: dict[str, Table], refused: dict[str, list[tuple[int, str]]]) -> dict[str, Rows]:
    """The lines that load."""
    rows = {}
    for dataset, table in tables.items():
        bad = {position for position, _ in refused[dataset]}
        rows[dataset] = [row for position, row in enumerate(table.records()) if position not in bad]
    return rows


def _refused(dataset: str, table: Table):
    contract = load_contracts()[dataset]
    positions = contract.match_header(table.header).positions
    checker = RowChecker(contract, positions, len(table.header))
    keys = [table.column(name) for name in contract.primary_key]
    seen = set()
    for position, cells in enumerate(table.lines):
        record = Record(position + 2, cells, "", None)
        if checker.row(record) is None:
            (error,) = checker.errors(record)
            yield position, error["code"]
        elif keys:
            key = tuple(cells[key] for key in keys)
            if key in seen:
                yield position, "duplicate_key"
            seen.add(key)


def test_same_seed_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def files(seed: int, folder: str) -> dict[str, bytes]:
        monkeypatch.setattr("sys.argv", ["sample_school", "--seed", str(seed), "--out", str(tmp_path / folder)])
        main()
        return {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}

    first = files(1, "first")
    assert sorted(first) == ["academic_history.csv", "parents.csv", "students.csv", "survey.csv", "teachers.csv"]
    assert files(1, "again") == first
    other = files(2, "other")
    assert all(other[name] != first[name] for name in first)
    assert all(b"\r" not in content for content in first.values())


def test_headers_are_those_of_the_contracts(tables: dict[str, Table]) -> None:
    for dataset, table in tables.items():
        assert table.header == [field.name for field in load_contracts()[dataset].fields]


def test_counts(good: dict[str, Rows]) -> None:
    assert {dataset: len(rows) for dataset, rows in good.items()} == {
        "laurel/students": 600,
        "laurel/teachers": 50,
        "laurel/parents": 715,
        "laurel/academic_history": 83_610,
        "laurel/survey": 1_000,
    }
    assert len({row["Parent ID"] for row in good["laurel/parents"]}) == 240
    assert len({row["Student ID"] for row in good["laurel/parents"]}) == 588
    levels = Counter(row["Grade Level"] for row in good["laurel/students"])
    assert levels == dict(zip(curriculum.GRADE_LEVELS, curriculum.STUDENTS_PER_GRADE_LEVEL, strict=True))


def test_every_planted_flaw_is_refused_and_nothing_else(refused: dict[str, list[tuple[int, str]]]) -> None:
    for dataset, found in refused.items():
        planted: Counter[str] = Counter()
        for flaw in flaws.REFUSED:
            planted[flaw.code] += flaw.count if flaw.dataset == dataset else 0
        assert Counter(code for _, code in found) == +planted, dataset
        assert len(found) == flaws.REFUSED_LINES[dataset]


def test_flaws_stay_below_what_a_contract_bears(tables: dict[str, Table]) -> None:
    for dataset, table in tables.items():
        assert flaws.REFUSED_LINES[dataset] / len(table.lines) < load_contracts()[dataset].max_rejected_rate


def test_one_parent_has_two_birth_dates(good: dict[str, Rows]) -> None:
    dates = defaultdict(set)
    for row in good["laurel/parents"]:
        dates[row["Parent ID"]].add(row["Date of Birth"])
    assert [parent for parent, found in dates.items() if len(found) > 1] == [flaws.PARENT_WITH_TWO_BIRTH_DATES]


def test_grade_rows_of_unknown_students(good: dict[str, Rows]) -> None:
    known = {row["Student ID"] for row in good["laurel/students"]}
    unknown = Counter(row["Student ID"] for row in good["laurel/academic_history"] if row["Student ID"] not in known)
    assert unknown == dict.fromkeys(flaws.UNKNOWN_STUDENTS, flaws.ROWS_PER_UNKNOWN_STUDENT)
    assert {row["Student ID"] for row in good["laurel/parents"]} <= known


def test_one_student_has_odd_white_space(good: dict[str, Rows]) -> None:
    odd = {row["Student ID"] for row in good["laurel/students"] if any(cell != cell.strip() for cell in row.values())}
    assert odd == {flaws.STUDENT_WITH_WHITE_SPACE}


def test_grade_rows_agree_with_each_other(good: dict[str, Rows]) -> None:
    known = {row["Student ID"]: row for row in good["laurel/students"]}
    history = [row for row in good["laurel/academic_history"] if row["Student ID"] in known]
    terms: dict[tuple[str, str, str], Rows] = defaultdict(list)
    subjects: dict[tuple[str, str, str], Rows] = defaultdict(list)
    for row in history:
        assert int(row["Test Score"]) + int(row["Exam Score"]) == int(row["Total Score"])
        assert (row["JAMB Score"] != "") == (row["Grade Level"] == "SS3")
        terms[row["Student ID"], row["Grade Level"], row["Term"]].append(row)
        subjects[row["Student ID"], row["Grade Level"], row["Subject"]].append(row)
    for rows in subjects.values():
        by_term = {row["Term"]: row for row in rows}
        totals = [int(by_term[term]["Total Score"]) for term in curriculum.TERMS]
        for number, term in enumerate(curriculum.TERMS, start=1):
            assert float(by_term[term]["Cumulative Score"]) == pytest.approx(fmean(totals[:number]), abs=0.005)
    for (student, level, _), rows in terms.items():
        mean = fmean(float(row["Attendance (%)"]) for row in rows)
        assert float(rows[0]["Average Attendance"]) == pytest.approx(mean, abs=0.051)
        core = curriculum.core_subjects(level, known[student]["Stream"])
        passed = all(int(row["Total Score"]) >= 50 for row in rows if row["Subject"] in core)
        assert {row["Passed Core Subjects"] for row in rows} == {"Yes" if passed else "No"}
    assert {row["Teacher ID"] for row in history} == {row["Teacher ID"] for row in good["laurel/teachers"]}


def test_planted_students_at_risk_sit_in_their_tier(good: dict[str, Rows]) -> None:
    tiers = _tiers(good)
    for student, (tier, trigger) in effects.AT_RISK.items():
        assert tiers[student] == ((tier, 0) if trigger == "attendance" else (0, tier)), student
    counts = Counter(max(triggers) for triggers in tiers.values())
    document = DOCUMENT.read_text(encoding="utf-8")
    for tier in (1, 2, 3, 4):
        assert f"| {tier} | {counts[tier]} |" in document


def _tiers(good: dict[str, Rows]) -> dict[str, tuple[int, int]]:
    """(tier by attendance, tier by courses) of every student's latest term, by the rule in docs/sample-school.md."""
    present = {(row["Student ID"], row["Grade Level"], "Third Term") for row in good["laurel/students"]}
    latest: dict[str, Rows] = defaultdict(list)
    for row in good["laurel/academic_history"]:
        if (row["Student ID"], row["Grade Level"], row["Term"]) in present:
            latest[row["Student ID"]].append(row)
    tiers = {}
    for student, rows in latest.items():
        attendance = fmean(float(row["Attendance (%)"]) for row in rows)
        totals = [int(row["Total Score"]) for row in rows]
        failed, poor = sum(total < 40 for total in totals), sum(45 <= total < 50 for total in totals)
        by_courses = min(failed, 4) if failed != 1 else int(poor >= 2)
        tiers[student] = (sum(attendance < limit for limit in (80, 85, 90, 95)), by_courses)
    return tiers


def test_second_edition_changes_what_it_says_and_nothing_else(good: dict[str, Rows]) -> None:
    edition = second_edition(1)
    assert {kind: len(ids) for kind, ids in edition.changed.items()} == {
        "student moved": 15,
        "student promoted": 20,
        "student changed stream": 8,
        "teacher moved": 3,
        "teacher qualified": 4,
    }
    for dataset, key, who in (
        ("laurel/students", "Student ID", "student"),
        ("laurel/teachers", "Teacher ID", "teacher"),
    ):
        before = {row[key]: {name: cell.strip() for name, cell in row.items()} for row in good[dataset]}
        after = {row[key]: row for row in edition.tables[dataset].records()}
        changed = {person for person, row in after.items() if row != before[person]}
        planted = {person for kind, ids in edition.changed.items() if kind.startswith(who) for person in ids}
        assert before.keys() == after.keys()
        assert changed == planted
        assert list(_refused(dataset, edition.tables[dataset])) == []


def test_document_lists_every_flaw() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    for flaw in flaws.REFUSED:
        where = f"`{flaw.column}`" if flaw.column else "the line"
        assert f"| {flaw.dataset} | `{flaw.code}` | {where} | {flaw.count} |" in document
    for dataset, count in flaws.REFUSED_LINES.items():
        assert f"| **{dataset}** | | **all** | **{count}** |" in document
