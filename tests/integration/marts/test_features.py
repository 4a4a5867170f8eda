"""No feature moves when later rows are deleted: through the real loader and dbt, twice."""

from typing import Any

import pytest

from elt.settings import Settings
from elt.transforming.run import transform
from elt.versioning import retracting
from tests.integration.pipeline import Pipeline, csv_file

HISTORY = "laurel/academic_history"
LEVELS, TERMS = ("JSS1", "JSS2", "JSS3"), ("First Term", "Second Term", "Third Term")
STUDENTS = [f"F{number}" for number in range(12)]
SUBJECTS = ("English Language", "Mathematics", "Biology")
CUT = 5  # rows of later stages are deleted; what was known at the beginning of stage 6 may not move
DAY = 60
OUTCOMES = {
    "is_failed", "total_score", "jamb_score", "is_jamb_ready", "has_five_credits", "is_withdrawn",
    "is_failed_or_withdrawn", "final_score",
}  # fmt: skip
OF_LATER = {"terms_ago", "is_coming", "has_whole_clicks"}  # where splits go through time, by name; no task has them


def grades(last_stage: int) -> bytes:
    """Twelve students' first nine terms, up to this one; totals differ by student, subject and term."""
    rows = []
    for stage in range(1, last_stage + 1):
        for number, student in enumerate(STUDENTS):
            for place, subject in enumerate(SUBJECTS):
                total = 30 + (number * 7 + stage * 11 + place * 13) % 60
                rows.append(
                    {
                        "Student ID": student, "Subject": subject, "Teacher ID": "T1", "JAMB Score": "",
                        "Grade Level": LEVELS[(stage - 1) // 3], "Term": TERMS[(stage - 1) % 3],
                        "Test Score": str(min(total, 40)), "Exam Score": str(total - min(total, 40)),
                        "Total Score": str(total), "Attendance (%)": str(80 + (number + stage + place) % 20),
                    }
                )  # fmt: skip
    return csv_file(HISTORY, rows)


def oulad(last_day: int) -> dict[str, bytes]:
    """One presentation of eight students, whose clicks and assessments go up to this day."""
    of = {"code_module": "AAA", "code_presentation": "2013J"}
    people = [str(100 + number) for number in range(8)]
    due = [19, 54, 89, 117]
    handed_in = [
        {"id_assessment": str(place), "id_student": person, "date_submitted": str(day - int(person) % 3),
         "is_banked": "0", "score": str(40 + (int(person) * (place + 3)) % 60)}
        for place, day in enumerate(due) for person in people if day - int(person) % 3 <= last_day
    ]  # fmt: skip
    clicks = [
        {**of, "id_student": person, "id_site": "1", "date": str(day), "sum_click": str(1 + (int(person) + day) % 5)}
        for day in range(-5, last_day + 1)
        for person in people
        if (int(person) + day) % 3 or day in (last_day, DAY)
    ]
    kinds = {
        "courses": [{**of, "module_presentation_length": "120"}],
        "assessments": [
            {**of, "id_assessment": str(place), "assessment_type": "TMA", "date": str(day), "weight": "25"}
            for place, day in enumerate(due)
        ],
        "vle": [{**of, "id_site": "1", "activity_type": "forumng"}],
        "student_info": [{**of, "id_student": person, "final_result": "Pass"} for person in people],
        "student_registration": [
            {**of, "id_student": person, "date_registration": "-20", "date_unregistration": ""} for person in people
        ],
        "student_assessment": handed_in,
        "student_vle": clicks,
    }
    return {f"oulad/{name}": csv_file(f"oulad/{name}", rows) for name, rows in kinds.items()}


def features(pipeline: Pipeline, model: str, up_to: str) -> list[dict[str, Any]]:
    """Rows of the moments that remain, without their outcomes."""
    statement = f"select to_jsonb(known) from features_store.{model} as known where {up_to}"  # noqa: S608 names of ours
    told = pipeline.query(statement)
    kept = [{name: value for name, value in row.items() if name not in OUTCOMES | OF_LATER} for (row,) in told]
    return sorted(kept, key=lambda row: sorted(map(str, row.items())))


LOOKS = {
    "int_features__laurel_term": f"stage <= {CUT + 1}",
    "int_features__laurel_subject": f"stage <= {CUT + 1}",
    "int_features__oulad": f"prediction_day <= {DAY}",
}


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Pipeline:
    return Pipeline.of(modelled_settings)


def test_no_feature_moves_when_later_rows_are_deleted(pipeline: Pipeline) -> None:
    pipeline.send(csv_file("laurel/students", [{"Student ID": one, "Graduation Date": ""} for one in STUDENTS]))
    sent = {dataset: pipeline.send(data, dataset) for dataset, data in oulad(119).items()}
    sent[HISTORY] = pipeline.send(grades(9), HISTORY)
    pipeline.poll()
    assert transform(pipeline.settings) is not None
    whole = {model: features(pipeline, model, up_to) for model, up_to in LOOKS.items()}
    assert {model: len(rows) for model, rows in whole.items()} == {
        "int_features__laurel_term": 12 * 6,
        "int_features__laurel_subject": 12 * 3 * 6,
        "int_features__oulad": 8 * 3,
    }
    earlier = {HISTORY: grades(CUT), **oulad(DAY)}
    for dataset in (HISTORY, "oulad/student_assessment", "oulad/student_vle"):
        with pipeline.pool.connection() as connection:
            retracting.request(connection, sent[dataset].submission)
        pipeline.send(earlier[dataset], dataset)
    pipeline.poll()
    assert transform(pipeline.settings) is not None
    for model, up_to in LOOKS.items():
        assert features(pipeline, model, up_to) == whole[model], model
