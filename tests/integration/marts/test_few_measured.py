"""A figure is of those who were measured: many others on file neither let it be shown nor make it surer."""

from collections.abc import Iterator

import pytest

from elt.settings import Settings
from elt.transforming.run import transform
from tests.integration.pipeline import Pipeline, csv_file, students

HISTORY = "laurel/academic_history"
NO_SCORE = dict.fromkeys(("Test Score", "Exam Score", "Total Score", "Cumulative Score"), "")


def grade(student: str, term: str, teacher: str, score: int | None) -> dict[str, str]:
    scores = {"Test Score": "20", "Exam Score": str((score or 20) - 20), "Total Score": str(score)}
    base = {"Student ID": student, "Grade Level": "SS1", "Subject": "Biology", "Term": term, "Teacher ID": teacher}
    return {**base, **(NO_SCORE if score is None else scores)}


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Iterator[Pipeline]:
    """T1 teaches twenty alone in the first term, and two beside T2's twelve in the second; few have a third score."""
    pipeline = Pipeline.of(modelled_settings)
    alone, shared, others = (
        [f"{kind}{number:02}" for number in range(count)] for kind, count in zip("ABC", (20, 2, 12), strict=True)
    )
    pipeline.send(students(*alone, *shared, *others, **{"Grade Level": "SS1"}))
    rows = [grade(id, "First Term", "T1", 50 + place) for place, id in enumerate(alone)]
    rows += [grade(id, "Second Term", "T1", 70 + place) for place, id in enumerate(shared)]
    rows += [grade(id, "Second Term", "T2", 40 + place) for place, id in enumerate(others)]
    rows += [grade(id, "Third Term", "T2", 60 if place < 2 else None) for place, id in enumerate(others)]
    pipeline.send(csv_file(HISTORY, rows), HISTORY)
    assert not pipeline.poll().failed
    assert transform(pipeline.settings) is not None
    yield pipeline
    pipeline.pool.close()


def test_a_teacher_is_compared_where_enough_students_can_be(pipeline: Pipeline) -> None:
    found = pipeline.query("select teacher_id, student_count, difference from marts.rpt_teacher_result order by 1")
    assert [(teacher, count) for teacher, count, _ in found] == [("T1", 22), ("T2", 12)]
    assert [difference for _, _, difference in found] == [None, None]  # T1's two are too few, also as T2's yardstick


def test_a_term_s_figure_is_shown_where_enough_students_have_it(pipeline: Pipeline) -> None:
    shown = dict(
        pipeline.query(
            "select kpi_name, is_suppressed from marts.rpt_kpi_term where term_order = 3 and source_system = 'laurel'"
        )
    )
    assert shown == {
        "attendance_rate": False,
        "chronic_absenteeism": False,
        "mean_score": True,
        "pass_rate": True,
        "gpa": True,
    }
