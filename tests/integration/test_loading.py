"""Truths 2 to 4: rows exactly once or not at all, every line accounted for, retraction exact."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import psycopg2
import pytest
from botocore.exceptions import ReadTimeoutError

from elt import polling
from elt.database import connect
from elt.errors import LaurelError, Unavailable
from elt.loading import error_groups, rejects
from elt.loading.submissions import load
from elt.reading.detecting import SAMPLE_BYTES, Stated
from elt.settings import Settings
from elt.store import ObjectStore
from elt.versioning import retracting
from tests.integration.pipeline import STUDENTS, Pipeline, students


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline.of(settings)


def counts(pipeline: Pipeline) -> list[tuple[int, int, int]]:
    return pipeline.query(  # type: ignore[return-value]
        "select lines_read, rows_loaded, rows_rejected from catalog.submission order by submission_id"
    )


def test_rows_carry_their_submission_and_line(pipeline: Pipeline) -> None:
    pipeline.send(students("A1", "A2"))
    report = pipeline.poll()
    assert (report.loaded, report.failed, report.due) == (1, 0, (STUDENTS,))
    rows = pipeline.query("select _submission_id, _line_number, student_id from raw.laurel_students order by 2")
    assert rows == [(1, 2, "A1"), (1, 3, "A2")]


def test_every_line_is_loaded_or_refused_with_its_reason(pipeline: Pipeline) -> None:
    lines = students(*(f"A{n}" for n in range(100))).decode().splitlines()
    lines[10] = lines[10].replace("A9,", "A8,")  # duplicate key: the later line
    lines[20] += ",one more"
    lines[30] = lines[30].replace("A29,", ",")  # missing, and required
    lines[40] = ',"'.join(lines[40].rsplit(",", 1))
    receipt = pipeline.send("\n".join(lines).encode())
    pipeline.poll()
    assert counts(pipeline) == [(100, 96, 4)]
    with pipeline.pool.connection() as connection:
        refused = list(rejects.lines(connection, rejects.OF_SUBMISSIONS, receipt.submission.submission_id))
    assert [(line.line_number, line.errors[0]["code"]) for line in refused] == [
        (11, "duplicate_key"), (21, "too_many_cells"), (31, "required"), (41, "unclosed_quote"),
    ]  # fmt: skip
    assert [line.raw_text for line in refused] == [lines[10], lines[20], lines[30], lines[40]]
    loaded = {number for (number,) in pipeline.query("select _line_number from raw.laurel_students")}
    assert loaded | {line.line_number for line in refused} == set(range(2, 102))


def test_over_the_contracts_rate_nothing_is_loaded_and_the_report_is_whole(pipeline: Pipeline) -> None:
    receipt = pipeline.send(students("A1", *[""] * 9))
    pipeline.poll()
    assert pipeline.status(receipt.submission) == "rejected"
    assert counts(pipeline) == [(10, 0, 9)]
    assert pipeline.student_ids() == []
    assert len(pipeline.query("select * from catalog.rejected_line")) == 9


def test_lines_that_hold_nothing_spoil_no_file(pipeline: Pipeline) -> None:
    """As spreadsheets leave them behind. They are refused like any other, told apart, and not held against the file."""
    lines = students("A1", "A2").splitlines()
    ends = [b"," * lines[0].count(b","), b", ,", b'"",""']
    receipt = pipeline.send(b"\n".join([*lines, *ends * 10]))
    pipeline.poll()
    assert pipeline.student_ids() == ["A1", "A2"]
    assert counts(pipeline) == [(32, 2, 30)]
    with pipeline.pool.connection() as connection:
        [group] = error_groups.error_groups(connection, receipt.submission.submission_id)
    assert error_groups.sentence(group) == "30 lines hold nothing, first at line 4"
    empty = pipeline.send(b"\n".join([lines[0], *ends]))
    pipeline.poll()
    assert pipeline.status(empty.submission) == "rejected"


def test_null_bytes_and_broken_encoding_are_line_errors(pipeline: Pipeline) -> None:
    lines = students(*(f"A{n}" for n in range(100)), **{"First Name": "Zoë"}).splitlines()
    lines[50] = lines[50].replace(b"A49", b"A\x0049")
    lines[60] = lines[60].replace(b"A59", b"A\xff59")
    pipeline.send(b"\r\n".join(lines))
    pipeline.poll()
    assert counts(pipeline) == [(100, 98, 2)]
    texts = pipeline.query("select raw_text from catalog.rejected_line order by line_number")
    assert "A\\x0049" in texts[0][0]
    assert "A\\xff59" in texts[1][0]


def test_two_loaders_at_once_load_each_file_once(pipeline: Pipeline) -> None:
    for n in range(6):
        pipeline.send(students(*(f"{n}-{m}" for m in range(500))))
    threads = [threading.Thread(target=pipeline.poll) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pipeline.query("select count(*), count(distinct student_id) from raw.laurel_students") == [(3000, 3000)]
    assert pipeline.query("select raw_version from catalog.dataset where dataset_id = %s", [STUDENTS]) == [(6,)]


def test_a_loader_that_dies_leaves_nothing_and_the_next_one_loads(pipeline: Pipeline, settings: Settings) -> None:
    receipt = pipeline.send(students(*map(str, range(20_000))))
    loader = connect(settings.database_url)
    # Killed from outside in mid-COPY, as an administrator or the out-of-memory killer would.
    pid = loader.get_backend_pid()

    def kill_in_copy() -> None:
        for _ in range(1000):
            active = pipeline.query("select query like 'copy raw%%' from pg_stat_activity where pid = %s", [pid])
            if active and active[0][0]:
                pipeline.query("select pg_terminate_backend(%s)", [pid])
                return
            time.sleep(0.001)

    killer = threading.Thread(target=kill_in_copy)
    killer.start()
    with pytest.raises((LaurelError, psycopg2.Error)):
        load(loader, pipeline.store, pipeline.contracts[STUDENTS], receipt.submission.submission_id)
    killer.join()
    assert pipeline.student_ids() == []
    assert pipeline.status(receipt.submission) == "loading"
    pipeline.poll()
    assert pipeline.status(receipt.submission) == "loaded"
    assert len(pipeline.student_ids()) == 20_000


@pytest.mark.parametrize("other", [students("B1"), b"a,b\n1,2\n", b"", b"%PDF-1.7"])
def test_stored_bytes_that_were_changed_are_not_loaded(pipeline: Pipeline, other: bytes) -> None:
    """Nor is the sender blamed for them, whatever they look like."""
    receipt = pipeline.send(students("A1"))
    pipeline.store.put(receipt.submission.object_key, io.BytesIO(other))
    with pytest.raises(polling.PollFailed):
        pipeline.poll()
    assert pipeline.student_ids() == []
    assert pipeline.query("select status, error_code from catalog.submission") == [("failed", "object_changed")]


def test_a_lost_object_fails_without_blocking_the_others(pipeline: Pipeline) -> None:
    lost = pipeline.send(students("A1"))
    pipeline.send(students("B1"))
    pipeline.store.delete(lost.submission.object_key)
    with pytest.raises(polling.PollFailed) as failure:
        pipeline.poll()
    assert (failure.value.report.loaded, failure.value.report.failed) == (1, 1)
    assert pipeline.student_ids() == ["B1"]
    # It is tried again later, not at once and for ever.
    assert pipeline.query("select status, next_attempt_at > now() from catalog.submission order by 1") == [
        ("failed", True),
        ("loaded", False),
    ]


def test_a_new_version_takes_the_place_of_the_old_one(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1", "A2", "A3", "A4")).submission
    pipeline.poll()
    second = pipeline.send(students("A2", "A3", "A4", "A5"), replaces=first).submission
    assert pipeline.student_ids() == ["A1", "A2", "A3", "A4"]
    pipeline.poll()
    assert pipeline.student_ids() == ["A2", "A3", "A4", "A5"]
    assert (pipeline.status(first), pipeline.status(second)) == ("replaced", "loaded")


def test_a_new_version_that_is_refused_leaves_the_old_one(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1", "A2")).submission
    pipeline.poll()
    second = pipeline.send(students("A3", "A3"), replaces=first).submission
    pipeline.poll()
    assert pipeline.student_ids() == ["A1", "A2"]
    assert (pipeline.status(first), pipeline.status(second)) == ("loaded", "rejected")
    assert pipeline.send(students("A4"), replaces=first).created  # and it may be tried again


def test_a_new_version_of_a_file_that_was_not_loaded_yet(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1")).submission
    pipeline.send(students("A1", "A2"), replaces=first)
    pipeline.poll()
    assert pipeline.student_ids() == ["A1", "A2"]
    assert pipeline.status(first) == "replaced"


def test_a_version_that_was_replaced_before_it_was_loaded_leaves_nothing_behind(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1")).submission
    pipeline.poll()
    second = pipeline.send(students("A1", "A2"), replaces=first).submission
    pipeline.store.delete(second.object_key)
    with pytest.raises(polling.PollFailed):
        pipeline.poll()
    pipeline.send(students("A1", "A3"), replaces=second)
    pipeline.poll()
    assert pipeline.student_ids() == ["A1", "A3"]
    assert (pipeline.status(first), pipeline.status(second)) == ("replaced", "replaced")


def test_a_store_that_fails_in_the_middle_of_a_file_is_an_outage_not_a_bad_file(pipeline: Pipeline) -> None:
    receipt = pipeline.send(students(*map(str, range(20_000))))

    class FailingStore(ObjectStore):
        @contextmanager
        def open(self, key: str) -> Iterator[BinaryIO]:
            with super().open(key) as body:
                yield _BreaksOff(body)

    connection = connect(pipeline.settings.database_url)
    with pytest.raises(Unavailable):
        load(
            connection, FailingStore(pipeline.settings), pipeline.contracts[STUDENTS], receipt.submission.submission_id
        )
    connection.close()
    assert pipeline.student_ids() == []
    assert pipeline.query("select status, error_code from catalog.submission") == [("failed", "store_unavailable")]


class _BreaksOff:
    """A response whose connection is lost after 500,000 bytes, as botocore tells it."""

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self._left = 500_000

    def read(self, size: int) -> bytes:
        if self._left <= 0:
            raise ReadTimeoutError(endpoint_url="store")
        chunk = self._body.read(size)
        self._left -= len(chunk)
        return chunk


def test_a_retracted_submission_leaves_raw_as_if_it_had_never_been_there(pipeline: Pipeline) -> None:
    pipeline.send(students("A1"))
    gone = pipeline.send(students("B1", "B2")).submission
    pipeline.poll()
    with pipeline.pool.connection() as connection:
        retracting.request(connection, gone)
    report = pipeline.poll()
    assert report.retracted == 1
    assert pipeline.student_ids() == ["A1"]
    assert pipeline.status(gone) == "retracting"  # until the marts have followed


def test_a_submission_retracted_before_it_was_loaded_is_never_loaded(pipeline: Pipeline) -> None:
    gone = pipeline.send(students("A1")).submission
    with pipeline.pool.connection() as connection:
        retracting.request(connection, gone)
    pipeline.poll()
    assert pipeline.student_ids() == []
    assert pipeline.status(gone) == "retracted"


def test_a_file_whose_encoding_shows_only_after_its_beginning_is_told_so_and_can_be_stated(pipeline: Pipeline) -> None:
    plain, accented = students(*(f"A{n}" for n in range(3000))), students(*(f"B{n}" for n in range(3000)))
    assert len(plain) > SAMPLE_BYTES
    first = students("A0", **{"First Name": "Zoé"}).decode()
    lines = accented.decode().splitlines(keepends=True)[1:]
    name = first.splitlines()[1].split(",").index("Zoé")
    cells = [line.split(",") for line in lines]
    data = plain + "".join(",".join([*row[:name], "Zoé", *row[name + 1 :]]) for row in cells).encode("cp1252")
    refused = pipeline.send(data).submission
    assert pipeline.poll().rejected == 1
    [(code, message)] = pipeline.query("select error_code, error_message from catalog.submission")
    assert code == "too_many_rejected"
    assert "3,000 lines hold bytes that are not utf-8" in message
    assert "?encoding=windows-1252" in message
    again = pipeline.send(data, stated=Stated(encoding="windows-1252"))
    assert again.submission.id != refused.id
    assert pipeline.poll().loaded == 1
    assert pipeline.query("select count(*) from raw.laurel_students where first_name = 'Zoé'") == [(3000,)]
