"""A version that would remove far more than usual waits, and a version that was brought back comes once."""

import threading

import pytest

from elt.errors import Conflict
from elt.ledger import Submission
from elt.loading import guarding
from elt.polling import PollFailed
from elt.settings import Settings
from elt.versioning import restoring
from tests.integration.pipeline import Pipeline, csv_file, students

SURVEY = "laurel/survey"


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline.of(settings)


def survey(*mentors: str) -> bytes:
    return csv_file(SURVEY, [{"Mentor": mentor} for mentor in mentors])


def confirm(pipeline: Pipeline, submission: Submission) -> None:
    with pipeline.pool.connection() as connection:
        guarding.confirm(connection, submission)


def test_as_many_rows_with_other_keys_are_a_removal(pipeline: Pipeline) -> None:
    old = pipeline.send(students("A1", "A2", "A3", "A4")).submission
    pipeline.poll()
    new = pipeline.send(students("B1", "B2", "B3", "B4"), replaces=old).submission
    assert pipeline.poll().held == 1
    assert pipeline.status(new) == "held"
    assert pipeline.student_ids() == ["A1", "A2", "A3", "A4"]
    assert pipeline.poll().held == 0  # it waits for a person, not for the next poll
    confirm(pipeline, new)
    pipeline.poll()
    assert pipeline.student_ids() == ["B1", "B2", "B3", "B4"]


def test_up_to_the_share_nobody_is_asked(pipeline: Pipeline) -> None:
    old = pipeline.send(students(*(f"A{n}" for n in range(10)))).submission
    pipeline.poll()
    new = pipeline.send(students(*(f"A{n}" for n in range(3, 10))), replaces=old).submission
    pipeline.poll()
    assert (pipeline.status(old), pipeline.status(new)) == ("replaced", "loaded")


def test_without_a_key_the_number_counts(pipeline: Pipeline) -> None:
    old = pipeline.send(survey("Yes", "Yes", "No", "No"), SURVEY).submission
    pipeline.poll()
    others = pipeline.send(survey("a", "b", "c", "d"), SURVEY, replaces=old).submission
    pipeline.poll()
    assert pipeline.status(others) == "loaded"
    fewer = pipeline.send(survey("a", "b"), SURVEY, replaces=others).submission
    pipeline.poll()
    assert pipeline.status(fewer) == "held"


def test_what_replaces_a_held_version_is_compared_with_what_is_there(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1", "A2", "A3", "A4")).submission
    pipeline.poll()
    held = pipeline.send(students("A1"), replaces=first).submission
    pipeline.poll()
    pipeline.send(students("A1", "A2"), replaces=held)
    assert pipeline.poll().held == 1
    [(held_for,)] = pipeline.query("select held_for from catalog.submission where submission_id = 3")
    assert (held_for["rows_before"], held_for["removed"]) == (4, 2)
    with pipeline.pool.connection() as connection, pytest.raises(Conflict):
        guarding.confirm(connection, first)


def test_two_who_restore_at_once_restore_once(pipeline: Pipeline) -> None:
    old = pipeline.send(students("A1", "A2", "A3", "A4")).submission
    pipeline.poll()
    pipeline.send(students("A1", "A2", "A3", "A5"), replaces=old)
    pipeline.poll()
    found = []

    def restore() -> None:
        with pipeline.pool.connection() as connection:
            found.append(restoring.restore(connection, old))

    threads = [threading.Thread(target=restore) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.created for one in found) == [False, False, False, True]
    assert len({one.submission.id for one in found}) == 1
    pipeline.poll()
    assert pipeline.student_ids() == ["A1", "A2", "A3", "A4"]


def test_a_lost_object_is_mended_for_all_versions_that_share_it(pipeline: Pipeline) -> None:
    data = students("A1", "A2", "A3", "A4")
    old = pipeline.send(data).submission
    pipeline.poll()
    pipeline.send(students("A1", "A2", "A3", "A5"), replaces=old)
    pipeline.poll()
    with pipeline.pool.connection() as connection:
        restoring.restore(connection, old)
    pipeline.store.delete(old.object_key)
    with pytest.raises(PollFailed):
        pipeline.poll()
    assert not pipeline.send(data).created
    pipeline.poll()
    assert pipeline.student_ids() == ["A1", "A2", "A3", "A4"]
    [(first,), (last,)] = pipeline.query("select object_key from catalog.submission where submission_id in (1, 3)")
    assert first == last != old.object_key
    assert first in pipeline.object_keys()
