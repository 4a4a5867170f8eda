"""Results by teacher, worked out once more from the grades: Welch's t between students, and its correction."""

from collections import defaultdict
from contextlib import closing
from math import sqrt
from statistics import fmean, variance

import pytest
from scipy.stats import false_discovery_control, t

from elt.database import connect
from tests.integration.insights.conftest import School

GRADES = """
    select teacher_key, course_key, session_key, student_key, total_score::float
    from marts.fct_grade
    inner join marts.dim_teacher using (teacher_key)
    where fct_grade.source_system = 'laurel' and total_score is not null and member_type != 'unknown'
"""
SHOWN = """
    select teacher_key, course_key, difference, difference_low, difference_high, p_value, q_value, is_found
    from marts.rpt_teacher_result as result
    inner join marts.dim_course on dim_course.source_system = 'laurel' and dim_course.course_name = result.subject
    where result.source_system = 'laurel' and result.difference is not null
"""
Pair = tuple[str, str]
Scores = dict[str, list[float]]


def compared(grades: list[tuple[str, str, str, str, float]]) -> dict[Pair, tuple[list[float], list[float]]]:
    """For each teacher and course with colleagues: the distances of the own students and of theirs, one per student."""
    classes: dict[tuple[str, str], list[tuple[str, str, float]]] = defaultdict(list)
    for teacher, course, session, student, score in grades:
        classes[course, session].append((teacher, student, score))
    own: dict[Pair, Scores] = defaultdict(lambda: defaultdict(list))
    others: dict[Pair, Scores] = defaultdict(lambda: defaultdict(list))
    for (course, _), rows in classes.items():
        for teacher in {teacher for teacher, _, _ in rows}:
            rest = [score for other, _, score in rows if other != teacher]
            if rest:
                for other, student, score in rows:
                    side = own if other == teacher else others
                    side[teacher, course][student].append(score - fmean(rest))
    return {
        pair: ([fmean(scores) for scores in own[pair].values()], [fmean(scores) for scores in others[pair].values()])
        for pair in own
    }


def test_each_teacher_is_compared_as_the_definition_says(school: School) -> None:
    with closing(connect(school.settings.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(GRADES)
        pairs = compared(cursor.fetchall())
        cursor.execute(SHOWN)
        shown = {(teacher, course): numbers for teacher, course, *numbers in cursor.fetchall()}
    pairs = {pair: sides for pair, sides in pairs.items() if min(map(len, sides)) >= 10}
    assert shown.keys() == pairs.keys()
    expected = {}
    for pair, (own, others) in pairs.items():
        mean, a, b = fmean(own), variance(own) / len(own), variance(others) / len(others)
        freedom = (a + b) ** 2 / (a**2 / (len(own) - 1) + b**2 / (len(others) - 1))
        half = sqrt(a + b) * t.ppf(0.975, freedom)
        expected[pair] = (mean, mean - half, mean + half, 2 * t.sf(abs(mean) / sqrt(a + b), freedom))
    corrected = false_discovery_control([p_value for *_, p_value in expected.values()])
    for (pair, (*numbers, p_value)), q_value in zip(expected.items(), corrected, strict=True):
        *told, told_p, told_q, is_found = shown[pair]
        assert told == pytest.approx(numbers, abs=0.01)
        assert (told_p, told_q) == pytest.approx((p_value, q_value), abs=0.005)
        assert is_found == (told_q < 0.05)
