"""Files dropped straight into the bucket, and what the poll keeps tidy."""

import gzip
import io
import zipfile
from contextlib import closing

import pytest

from elt import locks
from elt.database import connect
from elt.settings import Settings
from tests.integration.pipeline import Pipeline, students


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline.of(settings)


def drop(pipeline: Pipeline, key: str, data: bytes) -> None:
    pipeline.store.put(key, io.BytesIO(data))


def test_a_dropped_file_is_adopted_loaded_and_cleared_away(pipeline: Pipeline) -> None:
    drop(pipeline, "uploads/laurel/students/class of 2026.csv", students("A1"))
    report = pipeline.poll()
    assert (report.adopted, report.loaded) == (1, 1)
    assert pipeline.student_ids() == ["A1"]
    assert pipeline.query("select filename, account_id from catalog.submission") == [("class of 2026.csv", None)]
    assert not any(key.startswith("uploads/") for key in pipeline.object_keys())


def test_a_dropped_file_that_is_already_loaded_is_cleared_away(pipeline: Pipeline) -> None:
    pipeline.send(students("A1"))
    drop(pipeline, "uploads/laurel/students/a.csv", students("A1"))
    report = pipeline.poll()
    assert (report.adopted, report.loaded) == (0, 1)
    assert len(pipeline.object_keys()) == 1


def test_a_dropped_file_that_is_no_csv_ends_as_rejected(pipeline: Pipeline) -> None:
    drop(pipeline, "uploads/laurel/students/a.csv", b"\x89PNG...")
    assert pipeline.poll().rejected == 1
    assert pipeline.query("select status, error_code from catalog.submission") == [("rejected", "not_csv")]


def test_a_file_dropped_outside_every_dataset_is_set_aside_and_told(pipeline: Pipeline) -> None:
    drop(pipeline, "uploads/laurel/pupils/a.csv", students("A1"))
    pipeline.poll()
    assert pipeline.object_keys() == {"unclaimed/laurel/pupils/a.csv"}
    assert pipeline.query("select action from catalog.audit_event where account_id is null") == [("unclaimed_object",)]
    drop(pipeline, "uploads/laurel/pupils/a.csv", students("A2"))  # another one by the same name takes no place of it
    pipeline.poll()
    kept = sorted(pipeline.object_keys())
    assert [key.startswith("unclaimed/laurel/pupils/a.csv") for key in kept] == [True, True]
    with pipeline.store.open(kept[0]) as body:
        assert body.read() == students("A1")


def test_what_a_killed_upload_left_is_swept(pipeline: Pipeline) -> None:
    for age in ("2 days", "1 minute"):
        key = f"submissions/laurel/students/{age}"
        drop(pipeline, key, b"half a file")
        pipeline.query("insert into catalog.incoming_object values (%s, now() - %s::interval)", [key, age])
    pipeline.poll()
    assert pipeline.object_keys() == {"submissions/laurel/students/1 minute"}


def test_an_idle_poll_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.send(students("A1"))
    pipeline.poll()
    before = pipeline.query("select * from catalog.submission")
    report = pipeline.poll()
    assert (report.adopted, report.loaded, report.rejected, report.retracted, report.failed) == (0, 0, 0, 0, 0)
    assert pipeline.query("select * from catalog.submission") == before


def zipped(**files: bytes) -> bytes:
    """A ZIP archive of CSVs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return buffer.getvalue()


def test_dropped_files_may_be_packed(pipeline: Pipeline) -> None:
    drop(pipeline, "uploads/laurel/students/a.csv.gz", gzip.compress(students("A1")))
    drop(pipeline, "uploads/laurel/students/b.zip", zipped(b=students("B1")))
    drop(pipeline, "uploads/laurel/students/c.zip", zipped(c=students("C1"), d=students("D1", "D2")))
    report = pipeline.poll()
    assert (report.adopted, report.loaded) == (4, 4)
    assert pipeline.student_ids() == ["A1", "B1", "C1", "D1", "D2"]
    names = "select filename, compression, archive_filename, archive_member from catalog.submission order by 1"
    assert pipeline.query(names) == [
        ("a.csv.gz", "gzip", None, None),
        ("b.zip", "zip", None, "b.csv"),
        ("c.csv", None, "c.zip", "c.csv"),
        ("d.csv", None, "c.zip", "d.csv"),
    ]
    assert not any(key.startswith("uploads/") for key in pipeline.object_keys())


def test_the_same_data_dropped_packed_and_plain_are_loaded_once(pipeline: Pipeline) -> None:
    pipeline.send(students("A1"))
    drop(pipeline, "uploads/laurel/students/a.csv.gz", gzip.compress(students("A1")))
    report = pipeline.poll()
    assert (report.adopted, report.loaded) == (0, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(b"x" * 1000)[:-9], "broken_archive"),
        (b"PK\x03\x04 and no more", "broken_archive"),
        (zipped(), "archive_without_csv"),
        (gzip.compress(gzip.compress(students("A1"))), "nested_archive"),
        (gzip.compress(bytes(30_000_000)), "compression_bomb"),
        (gzip.compress(b"a,b\n1,2\n"), "wrong_header"),
    ],
    ids=["cut short", "a signature only", "empty", "packed twice", "a bomb", "another header"],
)
def test_a_dropped_file_that_cannot_be_unpacked_is_kept_as_rejected(
    pipeline: Pipeline, content: bytes, code: str
) -> None:
    drop(pipeline, "uploads/laurel/students/a.csv", content)
    pipeline.poll()
    assert pipeline.query("select status, error_code from catalog.submission") == [("rejected", code)]
    [key] = pipeline.object_keys()
    with pipeline.store.open(key) as body:
        assert body.read() == content
    assert pipeline.poll().adopted == 0


def test_a_clock_that_is_put_back_makes_nobody_wait(pipeline: Pipeline) -> None:
    sent = [pipeline.send(students(id)).submission for id in ("A1", "B1", "C1")]
    for submission, seconds in zip(sent, ("172800", "20", "infinity"), strict=True):
        pipeline.query(
            "update catalog.submission set status = 'failed', next_attempt_at = now() + %s::interval where id = %s",
            [seconds, str(submission.id)],
        )
    pipeline.poll()
    # The first time is further off than any attempt is ever put off; the others are meant.
    assert [pipeline.status(submission) for submission in sent] == ["loaded", "failed", "failed"]


def test_a_transform_that_died_is_told_by_the_next_poll_and_a_living_one_is_left_alone(pipeline: Pipeline) -> None:
    pipeline.query("insert into catalog.transform_run (datasets, project_fingerprint) values ('{}', '')")
    with closing(connect(pipeline.settings.database_url)) as living:
        assert locks.try_transform_lock(living)
        pipeline.poll()
        assert pipeline.query("select status from catalog.transform_run") == [("running",)]
    pipeline.poll()
    [(status, message)] = pipeline.query("select status, error_message from catalog.transform_run")
    assert (status, message) == ("failed", "The process died before it was done.")
