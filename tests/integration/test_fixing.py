"""Corrected rejects files: matched by line, applied exactly once, and part of the submission from then on."""

import csv
import io
from typing import Any

import pytest

from elt import ledger
from elt.database import connect
from elt.errors import Conflict, Refused
from elt.fixing import fixes
from elt.fixing.fixes import Fix
from elt.fixing.joining import apply
from elt.fixing.receiving import receive_fix
from elt.ledger import Submission
from elt.loading import rejects
from elt.settings import Settings
from elt.versioning import restoring, retracting
from tests.integration.pipeline import STUDENTS, Pipeline, students


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline.of(settings)


def damaged(count: int = 100) -> list[list[str]]:
    """The lines of a file, header first: line 11 repeats a key, 21 has a cell too many, 31 has no key, 41 a bad age."""
    rows = list(csv.reader(io.StringIO(students(*(f"A{n}" for n in range(count))).decode())))
    age = rows[0].index("Age")
    rows[10][0] = rows[9][0]
    rows[20].append("one more")
    rows[30][0] = ""
    rows[40][age] = "four"
    return rows


def written(rows: list[list[str]], **dialect: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue().encode()


def loaded_with_rejects(pipeline: Pipeline) -> Submission:
    submission = pipeline.send(written(damaged())).submission
    pipeline.poll()
    assert counts(pipeline, submission) == ("loaded", 100, 96, 4)
    return current(pipeline, submission)


def current(pipeline: Pipeline, submission: Submission) -> Submission:
    with pipeline.pool.connection() as connection:
        return ledger.get(connection, submission.id)


def counts(pipeline: Pipeline, submission: Submission) -> tuple[Any, ...]:
    now = current(pipeline, submission)
    return now.status, now.lines_read, now.rows_loaded, now.rows_rejected


def corrected(*changes: tuple[int, dict[str, str]]) -> list[list[str]]:
    """A rejects file, header first, with one line for each (line number, cells that differ from the examples)."""
    good = students("X").decode()
    header, example = list(csv.reader(io.StringIO(good)))
    rows = [["_line", "_column", "_error", *header]]
    for line, cells in changes:
        rows.append([str(line), "Age", "is wrong", *({**dict(zip(header, example, strict=True)), **cells}).values()])
    return rows


ALL_FOUR = (
    (11, {"Student ID": "B11"}),
    (21, {"Student ID": "A19"}),
    (31, {"Student ID": "B31"}),
    (41, {"Student ID": "A39"}),
)


def fix(pipeline: Pipeline, submission: Submission, data: bytes) -> Fix:
    found, _ = receive_fix(
        pipeline.pool,
        pipeline.store,
        pipeline.contracts[submission.dataset_id],
        current(pipeline, submission),
        pipeline.account_id,
        io.BytesIO(data),
        "rejects.csv",
        10**8,
    )
    return found


def outcome(pipeline: Pipeline, fix: Fix) -> tuple[Any, ...]:
    with pipeline.pool.connection() as connection:
        now = fixes.get(connection, fix.fix_id)
    return now.status, now.lines_read, now.lines_fixed, now.lines_refused, now.lines_unmatched


def refused(pipeline: Pipeline, submission: Submission) -> dict[int, str | None]:
    with pipeline.pool.connection() as connection:
        lines = list(rejects.lines(connection, rejects.OF_SUBMISSIONS, submission.submission_id))
    return {line.line_number: line.errors[0]["code"] for line in lines}


def test_what_now_passes_joins_the_submission_under_its_own_line(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    sent = fix(pipeline, submission, written(corrected(*ALL_FOUR)))
    assert current(pipeline, submission).open_fixes == 1
    assert pipeline.poll().fixed == 1
    assert outcome(pipeline, sent) == ("applied", 4, 4, 0, 0)
    assert counts(pipeline, submission) == ("loaded", 100, 100, 0)
    rows = pipeline.query("select _line_number from raw.laurel_students where _submission_id = 1 order by 1")
    assert [line for (line,) in rows] == list(range(2, 102))
    assert refused(pipeline, submission) == {}
    assert pipeline.query("select line_number, fix_line_number from catalog.fixed_line order by 1") == [
        (11, 2), (21, 3), (31, 4), (41, 5),
    ]  # fmt: skip
    assert pipeline.query("select raw_version from catalog.dataset where dataset_id = %s", [STUDENTS]) == [(2,)]
    assert pipeline.query("select raw_version from catalog.submission") == [(2,)]


def test_what_still_fails_stays_refused_with_its_new_reason_and_text(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    rows = corrected(
        (11, {"Student ID": "A50"}),  # the key of another line that is loaded
        (21, {"Student ID": "B21", "Age": "-4"}),
        (31, {"Student ID": "B31"}),
        (41, {"Student ID": "B31"}),  # the key of a line that is corrected by the same file
    )
    sent = fix(pipeline, submission, written(rows))
    pipeline.poll()
    assert outcome(pipeline, sent) == ("applied", 4, 1, 3, 0)
    assert counts(pipeline, submission) == ("loaded", 100, 97, 3)
    assert refused(pipeline, submission) == {11: "duplicate_key", 21: "range", 41: "duplicate_key"}
    with pipeline.pool.connection() as connection:
        lines = {
            line.line_number: line
            for line in rejects.lines(connection, rejects.OF_SUBMISSIONS, submission.submission_id)
        }
    assert lines[11].errors[0]["message"] == "the same Student ID as line 52"
    assert lines[41].errors[0]["message"] == "the same Student ID as line 31"
    assert next(csv.reader([lines[21].raw_text])) == rows[2][3:]


def test_a_line_that_belongs_to_no_refused_line_is_told(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    rows = corrected((11, {"Student ID": "B11"}), (12, {"Student ID": "B12"}), (11, {"Student ID": "C11"}), (9999, {}))
    rows += [["", *[""] * (len(rows[0]) - 1)], ["soon", *rows[1][1:]]]
    sent = fix(pipeline, submission, written(rows) + b'31,Age,"never closed,')
    pipeline.poll()
    assert outcome(pipeline, sent) == ("applied", 6, 1, 0, 5)
    with pipeline.pool.connection() as connection:
        told = [(line.fix_line_number, line.code) for line in fixes.unmatched_lines(connection, sent.fix_id, 10)]
    assert told == [
        (3, "not_refused"), (4, "line_twice"), (5, "not_refused"), (7, "no_line_number"), (8, "unclosed_quote"),
    ]  # fmt: skip
    assert counts(pipeline, submission) == ("loaded", 100, 97, 3)
    assert pipeline.query("select student_id from raw.laurel_students where _line_number in (11, 12) order by 1") == [
        ("A10",), ("B11",),
    ]  # fmt: skip


def test_what_a_spreadsheet_makes_of_the_rejects_file(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    rows = corrected(*ALL_FOUR)
    place = rows[0].index("Home Address")
    rows[1][place] = "7, Marina; \\new\tLagos"
    rows = [[*row[5:], *row[:5]] for row in rows]  # columns moved
    data = "\ufeff".encode() + written(rows, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    sent = fix(pipeline, submission, data)
    pipeline.poll()
    assert outcome(pipeline, sent) == ("applied", 4, 4, 0, 0)
    assert pipeline.query("select home_address from raw.laurel_students where _line_number = 11") == [
        ("7, Marina; \\new\tLagos",)
    ]


def test_without_the_columns_that_are_only_for_people(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    rows = [[row[0], *row[3:]] for row in corrected(ALL_FOUR[0])]
    sent = fix(pipeline, submission, written(rows))
    pipeline.poll()
    assert outcome(pipeline, sent) == ("applied", 1, 1, 0, 0)


def test_a_file_without_line_numbers_is_no_fix(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    before = pipeline.object_keys()
    with pytest.raises(Refused):
        fix(pipeline, submission, students("B11"))
    assert pipeline.object_keys() == before


def test_the_same_corrections_count_once(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    data = written(corrected(ALL_FOUR[0]))
    first = fix(pipeline, submission, data)
    keys = pipeline.object_keys()
    assert fix(pipeline, submission, data).id == first.id
    assert pipeline.object_keys() == keys
    pipeline.poll()
    pipeline.poll()
    assert fix(pipeline, submission, data).id == first.id
    pipeline.poll()
    assert counts(pipeline, submission) == ("loaded", 100, 97, 3)


def test_lost_corrections_are_mended_by_sending_them_again(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    data = written(corrected(ALL_FOUR[0]))
    sent = fix(pipeline, submission, data)
    pipeline.store.delete(sent.object_key)
    with pytest.raises(Exception, match="could not be processed"):
        pipeline.poll()
    assert outcome(pipeline, sent)[0] == "failed"
    assert fix(pipeline, submission, data).id == sent.id
    pipeline.poll()
    assert outcome(pipeline, sent) == ("applied", 1, 1, 0, 0)


def test_a_loader_that_dies_applies_nothing_and_the_next_one_applies_it_once(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = loaded_with_rejects(pipeline)
    sent = fix(pipeline, submission, written(corrected(*ALL_FOUR)))
    loader = connect(pipeline.settings.database_url)
    pid = loader.get_backend_pid()
    settle = fixes.settle

    def killed(*arguments: Any) -> None:
        """Everything is written, nothing is committed."""
        settle(*arguments)
        pipeline.query("select pg_terminate_backend(%s)", [pid])

    monkeypatch.setattr(fixes, "settle", killed)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whichever way the lost connection shows
        apply(loader, pipeline.store, pipeline.contracts[STUDENTS], sent.fix_id, submission.submission_id)
    monkeypatch.undo()
    assert counts(pipeline, submission) == ("loaded", 100, 96, 4)
    assert outcome(pipeline, sent)[0] == "received"
    pipeline.poll()
    assert counts(pipeline, submission) == ("loaded", 100, 100, 0)


def test_a_refused_file_comes_in_once_enough_of_its_lines_are_corrected(pipeline: Pipeline) -> None:
    rows = damaged(40)
    rows[39][0] = ""
    submission = pipeline.send(written(rows)).submission
    pipeline.poll()
    assert counts(pipeline, submission) == ("rejected", 40, 0, 5)
    first = fix(pipeline, submission, written(corrected(ALL_FOUR[0])))
    assert pipeline.status(submission) == "received"
    pipeline.poll()
    assert counts(pipeline, submission) == ("rejected", 40, 0, 4)
    assert pipeline.student_ids() == []
    assert refused(pipeline, submission) == {21: "too_many_cells", 31: "required", 40: "required", 41: "type"}
    second = fix(pipeline, submission, written(corrected(ALL_FOUR[1], ALL_FOUR[2], (40, {"Student ID": "B40"}))))
    pipeline.poll()
    assert counts(pipeline, submission) == ("loaded", 40, 39, 1)
    assert (outcome(pipeline, first), outcome(pipeline, second)) == (("applied", 1, 1, 0, 0), ("applied", 3, 3, 0, 0))
    assert {"B11", "A19", "B40"} <= set(pipeline.student_ids())


def test_a_refused_file_that_was_sent_again_is_not_brought_in_twice(pipeline: Pipeline) -> None:
    rows = damaged(40)
    rows[39][0] = ""
    data = written(rows)
    refused_one = pipeline.send(data).submission
    pipeline.poll()
    pipeline.send(data)
    with pytest.raises(Conflict, match="sent again since"):
        fix(pipeline, refused_one, written(corrected(ALL_FOUR[0])))


def test_retracting_takes_the_corrected_rows_too_and_restoring_brings_them_back(pipeline: Pipeline) -> None:
    submission = loaded_with_rejects(pipeline)
    fix(pipeline, submission, written(corrected(*ALL_FOUR[:3])))
    pipeline.poll()
    before = pipeline.query("select * from raw.laurel_students order by _line_number")
    rejects = pipeline.query("select * from catalog.rejected_line")
    with pipeline.pool.connection() as connection:
        retracting.request(connection, submission)
    pipeline.poll()
    assert pipeline.student_ids() == []
    with pytest.raises(Conflict):
        fix(pipeline, submission, written(corrected(ALL_FOUR[3])))
    pipeline.query("update catalog.submission set status = 'retracted'")  # as the transform does
    with pipeline.pool.connection() as connection:
        assert restoring.restore(connection, submission).created
    pipeline.poll()
    assert pipeline.query("select * from raw.laurel_students order by _line_number") == before
    assert pipeline.query("select * from catalog.rejected_line") == rejects
    assert counts(pipeline, submission) == ("loaded", 100, 99, 1)


def test_nothing_to_fix(pipeline: Pipeline) -> None:
    clean = pipeline.send(students("A1")).submission
    with pytest.raises(Conflict, match="received"):
        fix(pipeline, clean, written(corrected(ALL_FOUR[0])))
    pipeline.poll()
    with pytest.raises(Conflict, match="None of the submission's lines"):
        fix(pipeline, clean, written(corrected(ALL_FOUR[0])))
