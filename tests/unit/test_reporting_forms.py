"""Charts, reports and values: what leaves the house says what the rows say, the same every time."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backend.reporting import charts, forms
from backend.reporting.association import FOUND_COLORS
from backend.reporting.freshness import Freshness
from backend.reporting.insight import Finding
from backend.reporting.registry import registry
from backend.reporting.result import Choice, Result
from backend.reporting.values import decimals_of, interval, plain, shown

ROWS = tuple(
    {
        "subject": subject, "term": "First Term", "pass_mark": 50.0, "is_suppressed": False,
        "graded_count": 200, "passed_count": passed, "pass_rate": passed / 200,
    }
    for subject, passed in (("Mathematics", 91), ('"Arts", fine', 157))
)  # fmt: skip
HIDDEN = {**ROWS[0], "subject": "Yoruba", "is_suppressed": True, "graded_count": None, "passed_count": None}
HIDDEN["pass_rate"] = None


@pytest.fixture
def result() -> Result:
    """Two rows of pass_rate and a hidden one."""
    insight = registry()["pass_rate"]
    rows = (*ROWS, HIDDEN)
    source = {
        "dataset_id": "laurel/academic_history", "title": "Academic history", "live_submissions": 1,
        "open_submissions": 0, "lines_read": 400, "rows_loaded": 396, "rows_rejected": 4, "is_current": True,
        "last_received_at": None, "last_modelled_at": None,
    }  # fmt: skip
    return Result(
        insight=insight,
        choices=(Choice(insight.parameters[0], ("SS1", "SS2"), None),),
        rows=rows,
        finding=insight.finding(rows),
        freshness=Freshness(datetime(2026, 11, 21, 8, 5, tzinfo=UTC), 7, None, (source,)),
    )


def test_csv_holds_the_rows_as_they_are(result: Result) -> None:
    read = list(csv.DictReader(io.StringIO(forms.to_csv(result))))
    assert [row["subject"] for row in read] == ["Mathematics", '"Arts", fine', "Yoruba"]
    assert [row["pass_rate"] for row in read] == ["0.455", "0.785", ""]


def test_json_says_how_fresh_and_complete_it_is(result: Result) -> None:
    told = forms.to_json(result)
    assert told["freshness"]["published_at"] == "2026-11-21T08:05:00+00:00"
    assert told["freshness"]["rejected_rate"] == 0.01
    assert told["parameters"][0]["allowed"] == ["SS1", "SS2"]
    assert told["rows"][0]["pass_rate"] == 0.455


def test_the_finding_leaves_hidden_rows_out(result: Result) -> None:
    assert result.finding.headline == "62.0%"
    assert "248 of 400" in result.finding.sentence
    assert "By term: First Term 62.0%." in result.finding.sentence


def test_the_chart_carries_its_values(result: Result) -> None:
    drawn = forms.to_svg(result)
    assert "Mathematics" in drawn
    assert ">46%<" in drawn or ">45%<" in drawn
    assert ">79%<" in drawn or ">78%<" in drawn


def test_png_is_a_png_and_pdf_a_pdf_of_one_page(result: Result) -> None:
    assert forms.to_png(result).startswith(b"\x89PNG\r\n")
    pdf = forms.to_pdf(result)
    assert pdf.startswith(b"%PDF-")
    assert b"/Count 1" in pdf


@pytest.mark.parametrize(("count", "pages"), [(10, 1), (11, 2), (200, 4)])
def test_a_long_table_goes_on_over_pages(result: Result, count: int, pages: int) -> None:
    long = replace(result, rows=tuple({**ROWS[0], "subject": f"Subject {number}"} for number in range(count)))
    found = re.search(rb"/Count (\d+)", forms.to_pdf(long))
    assert found is not None
    assert int(found[1]) == pages


def test_the_same_answer_gives_the_same_bytes(result: Result) -> None:
    drawn = []
    for _ in range(2):
        drawn.append((forms.to_pdf(result), forms.to_svg(result), forms.to_png(result)))
        charts._svg.cache_clear()
        charts._png.cache_clear()
    assert drawn[0] == drawn[1]


def test_a_preview_has_the_rows_and_no_words(result: Result) -> None:
    small = charts.preview(result.insight, result.rows)
    assert small["data"] == charts.spec(result.insight, result.rows)["data"]
    drawn = charts.svg(small)
    assert "<text" not in drawn
    assert drawn.count('aria-roledescription="rect mark"') == 2  # the hidden row has none


@pytest.mark.parametrize("name", registry())
def test_a_preview_without_rows_can_be_drawn(name: str) -> None:
    assert "<text" not in charts.svg(charts.preview(registry()[name], []))


@pytest.mark.parametrize("name", registry())
def test_a_chart_without_rows_can_be_drawn(name: str) -> None:
    opened, _, _ = charts.svg(charts.spec(registry()[name], [])).partition(">")
    assert opened.startswith("<svg")
    assert "Infinity" not in opened  # no PNG could be made of such a size


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.6371, "rate", "63.7%"),
        (0.0003, "rate", "below 0.1%"),
        (0.99981, "rate", "above 99.9%"),
        (0.0, "rate", "0.0%"),
        (1.0, "rate", "100.0%"),
        (12345, "integer", "12,345"),
        (-2.34, "number", "−2.3"),
        (-0.011, "number", "−0.01"),
        (0.0, "number", "0.0"),
        (0.0004, "p_value", "< 0.001"),
        (True, "flag", "yes"),
        (None, "number", "–"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "time", "2 Jan 2026 03:04 UTC"),
    ],
)
def test_values_are_shown_as_people_write_them(value: object, kind: str, text: str) -> None:
    assert shown(value, kind) == text


def test_a_column_of_small_numbers_has_two_decimals() -> None:
    assert decimals_of([0.14, None, -7.531]) == 2
    assert decimals_of([0.14, 57.7]) == decimals_of([0.0, None]) == 1
    assert [shown(value, "number", 2) for value in (-7.531, 3)] == ["−7.53", "3.00"]


def test_numbers_stay_numbers() -> None:
    assert plain(Decimal("3")) == 3
    assert plain(Decimal("3.50")) == 3.5
    assert plain([Decimal("1.5"), None]) == [1.5, None]


def test_a_chart_that_travels_alone_says_what_it_shows_of_whom_and_of_when(result: Result) -> None:
    chosen = replace(result, choices=(Choice(result.insight.parameters[0], ("SS1",), "SS1"),))
    for of, choice in ((result, "Grade level: All grade levels"), (chosen, "Grade level: SS1")):
        drawn = forms.to_svg(of)
        assert "Pass rate by subject and term" in drawn
        assert choice in drawn
        assert "data of 21 Nov 2026 08:05 UTC" in drawn
    assert forms.to_png(result) != forms.to_png(chosen)


def test_files_of_different_choices_have_different_names(result: Result) -> None:
    chosen = replace(result, choices=(Choice(result.insight.parameters[0], ("SS 1/b",), "SS 1/b"),))
    assert forms.filename(result, "csv") == "pass_rate.csv"
    assert forms.filename(chosen, "csv") == "pass_rate_ss-1-b.csv"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0.27, 0.31, "0.27 to 0.31"),
        (0.271, 0.274, "0.271 to 0.274"),
        (-1.2, 3.4, "−1.2 to 3.4"),
        (0.02, 1.0, "0.02 to 1.00"),
    ],
)
def test_the_ends_of_an_interval_are_told_apart(low: float, high: float, told: str) -> None:
    assert interval(low, high) == told


def test_a_table_of_many_columns_is_set_across(result: Result) -> None:
    insight = registry()["results_by_background"]
    rows = tuple({column.name: 1 for column in insight.columns} | {"level": "a", "attribute_label": "b"} for _ in "ab")
    finding = Finding("1", "of it", "It needs `a file`.")
    pdf = forms.to_pdf(replace(result, insight=insight, rows=rows, finding=finding))
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox ?\[([^]]+)\]", pdf)}
    assert {width > height for _, _, width, height in boxes} == {False, True}


def test_what_was_not_stated_leads_no_finding() -> None:
    row = {
        "attribute_label": "Deprivation band", "gap_low_pct": 1.0, "gap_high_pct": 30.0, "pass_rate": 0.5,
        "is_suppressed": False,
    }  # fmt: skip
    rows = [
        {**row, "level": "All students", "gap_pct": None},
        {**row, "level": "Not stated", "gap_pct": 19.2},
        {**row, "level": "90-100%", "gap_pct": 9.0},
    ]
    finding = registry()["results_by_background"].finding(rows)
    assert "Deprivation band 90-100% (+9.0 points)" in finding.sentence
    assert "Not stated" not in finding.sentence + "".join(finding.details)


def test_students_whom_the_chart_leaves_out_are_counted_and_placed() -> None:
    slope = {
        "n": 602, "slope": 3.0, "slope_low": 2.0, "slope_high": 4.0, "q_value": 0.001, "is_found": True,
        "unregistered_count": 2,
    }  # fmt: skip
    rows = [
        {**slope, "from_rate": 0.775, "to_rate": 0.8, "student_count": None, "is_suppressed": True},
        {**slope, "from_rate": 0.85, "to_rate": 0.875, "student_count": None, "is_suppressed": True},
        {**slope, "from_rate": 0.875, "to_rate": 0.9, "student_count": 580, "is_suppressed": False},
    ]
    told = registry()["attendance_performance"].finding(rows).sentence
    assert "602 students with attendance (2 of them not in the register)" in told
    assert "The chart leaves out 22 students at 87.5% attendance or less" in told
    assert "leaves out" not in registry()["attendance_performance"].finding(rows[2:]).sentence


def test_a_level_without_a_difference_of_its_own_speaks_for_no_found_factor() -> None:
    row = {
        "factor_label": "Zone", "is_found": True, "q_value": 0.001, "is_slope": False, "n": 40, "unit": "student",
        "difference_low": 1.0, "difference_high": 3.0,
    }  # fmt: skip
    rows = [
        {**row, "level": "North", "difference": 9.0, "difference_low": -2.0, "difference_high": 20.0},
        {**row, "level": "South", "difference": 2.0},
    ]
    insight = registry()["survey_jamb"]
    finding = insight.finding(rows)
    assert finding.headline == "Zone (South): +2.0 points"
    drawn = charts.svg(charts.spec(insight, [{**entry, "is_suppressed": False} for entry in rows]))
    assert len(re.findall(f'aria-roledescription="point"[^>]*{FOUND_COLORS[0]}', drawn)) == 1
