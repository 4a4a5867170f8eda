"""Truth 4: raw and every mart equal, row for row, those of a warehouse that never saw what was taken back.

Submission numbers and times of arrival are made the same in both, so that nothing at all may differ: surrogate keys
of superseded versions, the days on which periods begin, the lines behind each finding.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elt import ledger
from elt.fixing.receiving import receive_fix
from elt.ledger import Submission
from elt.loading import guarding, rejects
from elt.transforming.run import transform
from elt.versioning import restoring, retracting
from tests.integration.conftest import Modelled
from tests.integration.pipeline import STUDENTS, Pipeline, csv_file, students

HISTORY = "laurel/academic_history"
PARENTS = "laurel/parents"
SURVEY = "laurel/survey"
CLICKS = "oulad/student_vle"  # grows by submission: stored parts of it outlive a transform
LAST_TAKEN_BACK = 11  # after six files that stay and four that do not: a version of one of the four
IDS = tuple(f"S{number}" for number in range(30))


def grades(score: int, *ids: str, **others: str) -> bytes:
    """One grade of each student."""
    scores = {"Test Score": str(score), "Exam Score": "40", "Total Score": str(score + 40)}
    return csv_file(HISTORY, [{"Student ID": id, "Subject": "Mathematics", **scores, **others} for id in ids])


def clicks(*days: str) -> bytes:
    """One burst of clicks of student 1 on site 10 on each of these days."""
    return csv_file(CLICKS, [{"id_student": "1", "id_site": "10", "date": day} for day in days])


def send_a(pipeline: Pipeline) -> None:
    pipeline.send(students(*IDS))
    pipeline.send(grades(20, *IDS), HISTORY)
    pipeline.send(csv_file(SURVEY, [{"Mentor": "Yes"}, {"Mentor": "No"}]), SURVEY)
    pipeline.send(csv_file("oulad/student_info", [{"id_student": "1"}]), "oulad/student_info")
    pipeline.send(csv_file("oulad/vle", [{"id_site": "10"}]), "oulad/vle")
    pipeline.send(clicks("1", "2", "2"), CLICKS)


def send_c(pipeline: Pipeline) -> None:
    pipeline.send(students(*IDS[:5], "C1", **{"Grade Level": "SS3"}))
    pipeline.send(grades(25, "S1", "C1", "C2"), HISTORY)
    pipeline.send(csv_file(PARENTS, [{"Parent ID": "P1", "Student ID": "S1"}]), PARENTS)


def send_b(pipeline: Pipeline) -> list[Submission]:
    """A new period for every student, other grades, people whom nobody else names; one line of each is refused."""
    register = students("", *IDS, "B1", **{"Grade Level": "SS2", "First Name": "Renamed"})
    results = grades(5, *IDS, "B1", "B2", "") + b"\n"
    survey = csv_file(SURVEY, [{"Mentor": "Perhaps"}])
    bursts = clicks(*map(str, range(30)), "")
    sent = ((register, STUDENTS), (results, HISTORY), (survey, SURVEY), (bursts, CLICKS))
    return [pipeline.send(data, dataset).submission for data, dataset in sent]


def correct(pipeline: Pipeline, submission: Submission, column: str, value: str) -> None:
    """Give the one refused line of a submission what it lacks."""
    with pipeline.pool.connection() as connection:
        now = ledger.get(connection, submission.id)
        [line] = rejects.lines(connection, rejects.OF_SUBMISSIONS, submission.submission_id)
    contract = pipeline.contracts[submission.dataset_id]
    cells = next(csv.reader([line.raw_text]))
    place = [field.name for field in contract.fields].index(column)
    cells[place] = value
    text = io.StringIO()
    csv.writer(text).writerows([["_line", *(field.name for field in contract.fields)], [line.line_number, *cells]])
    data = io.BytesIO(text.getvalue().encode())
    receive_fix(pipeline.pool, pipeline.store, contract, now, pipeline.account_id, data, "rejects.csv", 10**8)


def published(pipeline: Pipeline) -> dict[str, list[str]]:
    """Every row of raw and of every mart, as text, after a transform."""
    pipeline.query("update catalog.submission set received_at = date '2026-01-01' + submission_id")
    transform(pipeline.settings)
    found = {}
    for schema, name in pipeline.query(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in ('raw', 'marts', 'marts_private')"
    ):
        rows = pipeline.query(f'select held::text from "{schema}"."{name}" as held order by 1')  # noqa: S608 - of ours
        found[f"{schema}.{name}"] = [row for (row,) in rows]
    return found


def retract(pipeline: Pipeline, *submissions: Submission) -> None:
    with pipeline.pool.connection() as connection:
        for submission in submissions:
            retracting.request(connection, submission)
    pipeline.poll()


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    assert one.keys() == other.keys()
    return sorted(name for name in one if one[name] != other[name])


@pytest.fixture(scope="module")
def clean(modelled: Modelled, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a warehouse holds that never saw what the other one takes back."""
    with modelled.copy(tmp_path_factory.mktemp("never_saw_it")) as settings:
        pipeline = Pipeline.of(settings)
        send_a(pipeline)
        pipeline.query(
            "select setval(pg_get_serial_sequence('catalog.submission', 'submission_id'), %s)", [LAST_TAKEN_BACK]
        )
        send_c(pipeline)
        pipeline.poll()
        found = published(pipeline)
    assert len(found) > 20
    assert all(found[name] for name in ("raw.laurel_students", "marts.fct_grade", "marts.data_quality_issue"))
    assert sum("f,7" in row or ",f," in row for row in found["marts.dim_student"]) > 0  # superseded periods
    return found


@pytest.fixture
def pipeline(clean: dict[str, list[str]], modelled: Modelled, tmp_path: Path) -> Iterator[Pipeline]:
    """The other warehouse."""
    with modelled.copy(tmp_path / "took_it_back") as settings:
        yield Pipeline.of(settings)


def test_corrected_replaced_and_retracted_is_as_if_never_sent(pipeline: Pipeline, clean: dict[str, list[str]]) -> None:
    send_a(pipeline)
    register, results, survey, bursts = send_b(pipeline)
    assert pipeline.poll().loaded == 10
    published(pipeline)  # the corrections come to rows that are in the marts already
    correct(pipeline, register, "Student ID", "B3")
    correct(pipeline, results, "Student ID", "B4")
    correct(pipeline, bursts, "date", "77")
    assert pipeline.poll().fixed == 3
    with_b = published(pipeline)
    assert pipeline.query("select sum(click_count) from marts.fct_resource_interaction") == [(4 * 34,)]
    assert any("B4" in row for row in with_b["marts.dim_student"])
    again = pipeline.send(students(*IDS[:10], **{"Grade Level": "JSS1"}), replaces=register).submission
    assert again.submission_id == LAST_TAKEN_BACK
    assert pipeline.poll().held == 1
    with pipeline.pool.connection() as connection:
        guarding.confirm(connection, again)
    pipeline.poll()
    published(pipeline)
    send_c(pipeline)
    retract(pipeline, again, results, survey, bursts)
    assert differing(with_b, clean)
    assert differing(published(pipeline), clean) == []
    _brought_back(pipeline, results, with_b, clean)


def _brought_back(pipeline: Pipeline, results: Submission, with_b: dict[str, list[str]], clean: Any) -> None:
    """Restored, with its correction: the rows are where they were, and gone again when it is retracted again."""
    with pipeline.pool.connection() as connection:
        restoring.restore(connection, results)
    pipeline.poll()
    number = f"({results.submission_id},"
    back = published(pipeline)
    assert [row for row in back["raw.laurel_academic_history"] if row.startswith(number)] == [
        row for row in with_b["raw.laurel_academic_history"] if row.startswith(number)
    ]
    retract(pipeline, results)
    assert differing(published(pipeline), clean) == []
