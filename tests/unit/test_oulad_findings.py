"""What the insights on OULAD say in words, of rows made for it."""

from typing import Any

import pytest

from backend.insights import engagement_by_activity, engagement_by_week, inactive_students, late_submissions
from backend.insights import withdrawals_by_week as withdrawals
from backend.reporting.insight import Finding, Insight, Row


def say(insight: Insight, rows: list[dict[str, Any]]) -> Finding:
    told: list[Row] = [{"is_suppressed": False, **row} for row in rows]
    return insight.finding(told)


def week(number: int, result: str, clicks: int | None, section: str = "All presentations") -> dict[str, Any]:
    return {
        "presentation_week": number,
        "final_result": result,
        "enrolled_count": None if clicks is None else 10,
        "click_count": clicks,
        "is_suppressed": clicks is None,
        "section_name": section,
        "presentation_count": 4,
        "known_count": 22,
    }


def test_results_are_compared_over_the_weeks_that_hide_none_of_them() -> None:
    """Over its own two weeks Distinction would be 55 clicks a week; Pass has the third week, when nobody clicks."""
    rows = [
        *(week(number, "Pass", clicks) for number, clicks in enumerate((1000, 100, 10))),
        *(week(number, "Distinction", clicks) for number, clicks in enumerate((None, 500, 50))),
        *(week(number, "All results", clicks) for number, clicks in enumerate((1500, 600, 60))),
    ]
    finding = say(engagement_by_week.INSIGHT, rows)
    assert finding.headline == "72.0"
    assert "over the 2 weeks that hide none: Distinction 27.5, Pass 5.5." in finding.sentence
    assert "4 of 22 presentations" in finding.sentence
    one = say(engagement_by_week.INSIGHT, [week(0, "All results", 10, "AAA 2013J"), week(0, "Pass", 10, "AAA 2013J")])
    assert "of 22" not in one.sentence


def test_results_that_are_never_shown_together_are_not_compared() -> None:
    rows = [week(0, "Pass", 1), week(0, "Fail", None), week(1, "Pass", None), week(1, "Fail", 1)]
    finding = say(engagement_by_week.INSIGHT, [*rows, week(0, "All results", 10)])
    assert "in every week one is hidden" in finding.sentence


def left(*counts: int) -> list[dict[str, Any]]:
    """Withdrawals before the start, and in weeks 0, 1, …"""
    return [
        {"presentation_week": number, "withdrawn_count": count, "registered_count": 100, "withdrawal_rate": count / 100}
        for number, count in enumerate(counts, start=-1)
    ]


@pytest.mark.parametrize(
    ("counts", "headline"),
    [
        ((30, 1, 20), "Before the start"),
        ((3, 1, 20), "Week 1"),
        ((3, 20, 7, 20), "Week 0 and week 2"),
        ((20, 20), "Before the start and week 0"),
    ],
)
def test_most_students_leave_when_the_highest_bar_says(counts: tuple[int, ...], headline: str) -> None:
    finding = say(withdrawals.INSIGHT, left(*counts))
    assert finding.headline == headline
    assert ("tie" in finding.unit) == (" and " in headline)
    assert "week 0 is the first week" in finding.sentence
    assert any("week 0 is the first" in caveat for caveat in withdrawals.INSIGHT.caveats)


@pytest.mark.parametrize(("day", "is_over"), [(133, False), (268, True), (269, True)])
def test_a_course_that_is_over_is_said_to_be(day: int, is_over: bool) -> None:
    row = {
        "section_name": "AAA 2013J", "as_of_day": day, "length_days": 268, "enrolled_count": 4, "last_active_day": 3,
    }  # fmt: skip
    assert ("over" in say(inactive_students.INSIGHT, [row]).sentence) == is_over


def test_what_cannot_be_told_without_a_file_is_not_told() -> None:
    activity = {"click_count": 5, "click_rate": 1.0, "section_name": "AAA 2013J"}
    clicks = say(
        engagement_by_activity.INSIGHT,
        [{"activity_type": name, **activity} for name in ("All activities", "unknown")],
    )
    assert clicks.unit == "not loaded yet"
    assert "vle.csv" in clicks.sentence
    results = {"due_count": 0, "late_count": 0, "late_rate": None, "mean_days_late": None}
    late = say(late_submissions.INSIGHT, [{"assessment_kind": name, **results} for name in ("All kinds", "Unknown")])
    assert late.unit == "not loaded yet"
    assert "assessments.csv" in late.sentence
