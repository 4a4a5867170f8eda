"""Each check finds what it looks for, where it is, and passes a file that has nothing of it."""

from dataclasses import dataclass

import pytest

from elt.drafting.checks import CHECKS
from elt.drafting.checks.registry import STAGES
from tests.unit.drafting.conftest import DraftText

GOOD_HEADER = "school_id,school,year,region,pupils,opened,note"


def good_rows() -> list[list[str]]:
    """Forty schools in three years: nothing is wrong with them."""
    return [
        [
            f"S{school}",
            f"School {school}",
            str(year),
            ("North", "South")[school % 2],
            str(school + 100),
            "1998-09-01",
            "x",
        ]
        for year in (2019, 2020, 2021)
        for school in range(40)
    ]


def file_with(*cells: tuple[int, str, str]) -> str:
    """The good file with some cells replaced: line, column, cell."""
    rows = good_rows()
    names = GOOD_HEADER.split(",")
    for line, name, cell in cells:
        rows[line - 2][names.index(name)] = cell
    return "\n".join([GOOD_HEADER, *map(",".join, rows)]) + "\n"


def with_header(name: str, other: str) -> str:
    """The good file with another header above one column."""
    return GOOD.replace(name, other, 1) if name != "school" else GOOD.replace(",school,", f",{other},", 1)


def column_of(name: str, cell: str) -> list[tuple[int, str, str]]:
    return [(line, name, cell) for line in range(2, 122)]


@dataclass(frozen=True)
class Case:
    """A file, and what its check must say: verdict, columns, lines, count."""

    check: str
    text: str | bytes
    verdict: str
    columns: tuple[str, ...]
    lines: tuple[int, ...]
    count: int


GOOD = file_with()
SUMMARY = "\n".join(
    ["year,sex,stage,pupils"]
    + [f"{year},{sex},{stage},{year}" for year in range(2000, 2020) for sex in ("F", "M", "Total") for stage in "ABC"]
)
BLANK_TOTAL = SUMMARY.replace("pupils", "total").replace("2001,F,A,2001", "2001,F,A,")
TWICE = GOOD + "\n".join(GOOD.split("\n")[1:3]) + "\n"
BROKEN = file_with(*column_of("note", "café")).encode().replace("café".encode(), b"caf\xe9", 3)[:-1]
SCORES = "name,score\n" + "".join(f"n{number},{101 if number == 0 else number % 100}\n" for number in range(300))
BANDS = "band,n\n" + "".join(
    f"{band},{number}\n" for number in range(9) for band in ("0-9%", "10-19%", "20-29%", "30-39%", "40-49")
)
CASES = [
    Case("encoding_is_utf8", file_with((2, "note", "café à Ikeja")).encode("cp1252"), "warning", (), (), 1),
    Case("enough_lines", "\n".join(GOOD.split("\n")[:10]), "warning", (), (), 9),
    Case("header_is_first", "Schools of Lagos,\n" + GOOD, "fail", (), (1,), 1),
    Case("header_names_columns", GOOD.partition("\n")[2], "fail", (), (1,), 1),
    Case("blank_headers", with_header("year", ""), "fail", ("column 3",), (1,), 1),
    Case("duplicate_headers", with_header("region", "school"), "fail", ("school",), (1,), 2),
    Case("snake_case_names", with_header("region", "Region Name"), "warning", ("Region Name",), (1,), 1),
    Case("header_white_space", with_header("school", " school"), "warning", ("school",), (1,), 1),
    Case("header_fits", with_header("note", "n" * 64), "warning", ("n" * 63 + "…",), (1,), 1),
    Case("empty_columns", file_with(*column_of("pupils", "")), "warning", ("pupils",), (), 120),
    Case("constant_columns", GOOD, "warning", ("opened",), (), 120),
    Case("mixed_types", file_with((5, "pupils", "many"), (9, "pupils", "few")), "warning", ("pupils",), (5,), 2),
    Case("blank_in_category", file_with((4, "region", ""), (8, "region", "")), "warning", ("region",), (4,), 2),
    Case("mixed_case", file_with((6, "region", "north")), "warning", ("region",), (6,), 1),
    Case("stray_white_space", file_with((7, "school", "School 5 ")), "warning", ("school",), (7,), 1),
    Case("null_words", file_with((3, "pupils", "NA"), (4, "pupils", "NA")), "warning", ("pupils",), (3,), 2),
    Case("legacy_marks", file_with((3, "pupils", "..")), "warning", ("pupils",), (3,), 1),
    Case("foreign_numbers", file_with((3, "pupils", '"1,204"')), "warning", ("pupils",), (3,), 1),
    Case("date_formats", file_with((3, "opened", "17/05/2009")), "fail", ("opened",), (2, 3), 120),
    Case("codes_as_numbers", file_with((3, "school_id", "0042")), "warning", ("school_id",), (3,), 1),
    Case("long_cells", file_with((3, "note", "n" * 121)), "warning", ("note",), (3,), 1),
    Case("unreadable_cells", BROKEN, "fail", ("note",), (2,), 3),
    Case("personal_data", file_with((3, "note", "a@school.example")), "warning", ("note",), (), 120),
    Case("broken_lines", GOOD + "S1,School 1\n", "fail", (), (122,), 1),
    Case("duplicate_rows", TWICE, "warning", (), (122, 123), 2),
    Case("key", TWICE, "warning", (), (), 122),
    Case("codes_and_names", file_with((3, "school", "Another")), "warning", ("school_id", "school"), (3,), 1),
    Case("years_follow", GOOD.replace(",2020,", ",2018,"), "warning", ("year",), (), 1),
    Case("missing_total", SUMMARY, "warning", ("stage",), (), 1),
    Case("missing_total", BLANK_TOTAL, "warning", ("total",), (11,), 1),
    Case("above_the_scale", SCORES, "warning", ("score",), (2,), 1),
    Case("category_written_otherwise", BANDS, "warning", ("band",), (6,), 9),
]  # fmt: skip


def test_every_check_has_a_case() -> None:
    assert {case.check for case in CASES} == {check.name for check in CHECKS}
    assert {check.stage for check in CHECKS} == set(STAGES)


def test_every_check_answers_in_the_order_of_the_stages(draft_text: DraftText) -> None:
    findings = draft_text(GOOD).screening
    assert {finding.check for finding in findings} == {check.name for check in CHECKS}
    assert [finding.stage for finding in findings] == sorted((finding.stage for finding in findings), key=STAGES.index)


def test_a_good_file_passes(draft_text: DraftText) -> None:
    findings = draft_text(GOOD).screening
    assert [finding.check for finding in findings if finding.verdict != "pass"] == ["constant_columns"] * 2
    assert all(finding.remedy for finding in findings if finding.verdict != "pass")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.check)
def test_what_is_planted_is_found(draft_text: DraftText, case: Case) -> None:
    findings = [finding for finding in draft_text(case.text).screening if finding.check == case.check]
    assert (case.verdict, case.columns, case.lines, case.count) in [
        (finding.verdict, finding.place.columns, finding.place.lines, finding.count) for finding in findings
    ]
    assert all(finding.message and finding.remedy for finding in findings if finding.verdict != "pass")


def test_an_identifier_that_stands_twice_is_told(draft_text: DraftText) -> None:
    rows = [f"P{number},{number % 7}" for number in range(200)]
    found = draft_text("\n".join(["pupil_id,visits", *rows, "P17,3"]) + "\n")
    (finding,) = [finding for finding in found.screening if finding.check == "key"]
    assert (finding.verdict, finding.place.columns, finding.place.lines) == ("warning", ("pupil_id",), (202,))
    assert "P17" not in finding.message
