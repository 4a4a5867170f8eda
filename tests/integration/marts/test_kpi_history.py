"""Why a KPI moved: what came, was replaced, corrected or retracted is told beside both values."""

from backend.reporting.movements import MODELS_CHANGED, Movement, last_movements
from elt.settings import Settings
from elt.transforming.run import transform
from elt.versioning import retracting
from tests.integration.pipeline import Pipeline, csv_file

GRADES = "laurel/academic_history"
STUDENTS = 12  # enough to be shown


def grades(passed: int) -> bytes:
    """A file of one grade each, so many of them above the pass mark."""
    scores = [("30", "45", "75")] * passed + [("10", "20", "30")] * (STUDENTS - passed)
    return csv_file(
        GRADES,
        [
            {"Student ID": f"S-{number:02}", "Test Score": test, "Exam Score": exam, "Total Score": total}
            for number, (test, exam, total) in enumerate(scores)
        ],
    )


def moved(pipeline: Pipeline) -> Movement:
    with pipeline.pool.connection() as connection:
        return last_movements(connection, ["pass_rate"])["pass_rate"]


def published(pipeline: Pipeline) -> None:
    assert not pipeline.poll().failed
    assert transform(pipeline.settings) is not None


def test_a_kpi_says_what_moved_it(modelled_settings: Settings) -> None:
    pipeline = Pipeline.of(modelled_settings)
    first = pipeline.send(grades(9), GRADES).submission
    published(pipeline)
    assert moved(pipeline).text == "Pass rate: 75.0% since its first data: a file of academic_history came"
    second = pipeline.send(grades(6), GRADES, replaces=first).submission
    pipeline.send(csv_file("laurel/students", [{"Student ID": "S-01"}]))  # moves others, and is not named here
    published(pipeline)
    told = moved(pipeline)
    assert told.text == "Pass rate: 75.0% → 50.0%: academic_history, version 2 replaced version 1"
    assert (told.value_before, told.value_after) == (0.75, 0.5)
    [(run, moves)] = pipeline.query(
        "select transform_run_id, array_agg(kpi_name) from catalog.kpi_change group by 1 order by 1 desc limit 1"
    )
    assert run == told.transform_run_id
    assert {"pass_rate", "students"} <= set(moves)
    assert "attendance_rate" not in moves  # what did not move has no new line
    with pipeline.pool.connection() as connection:
        retracting.request(connection, second)
    published(pipeline)
    assert moved(pipeline).text == "Pass rate: 50.0% → –: a file of academic_history was retracted"
    with pipeline.pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("delete from catalog.transform_source")
    assert moved(pipeline).cause == MODELS_CHANGED
    pipeline.pool.close()
