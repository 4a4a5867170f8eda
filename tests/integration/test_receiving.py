"""Truth 1: a 201 is a promise. What receive() returns is durable and known; what it refuses leaves nothing behind."""

import io
import threading
from dataclasses import replace

import pytest

from elt import ledger
from elt.errors import Conflict, LaurelError, NotFound, Refused, Unavailable
from elt.polling import PollFailed
from elt.receiving.whole_files import Receipt
from elt.settings import Settings
from elt.store import ObjectStore
from tests.integration.pipeline import STUDENTS, Pipeline, students


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline.of(settings)


def test_a_receipt_means_durable_bytes_and_a_ledger_row(pipeline: Pipeline) -> None:
    data = students("A1", "A2")
    receipt = pipeline.send(data)
    assert receipt.created
    with pipeline.store.open(receipt.submission.object_key) as stored:
        assert stored.read() == data
    assert receipt.submission.status == "received"
    assert receipt.submission.byte_count == len(data)
    assert pipeline.query("select * from catalog.incoming_object") == []


def test_a_refused_file_leaves_nothing(pipeline: Pipeline) -> None:
    for data in (b"", b"a,b\n1,2\n", b"%PDF-1.7"):
        with pytest.raises(Refused):
            pipeline.send(data)
    assert pipeline.object_keys() == set()
    assert pipeline.query("select * from catalog.submission") == []


def test_a_file_over_the_limit_leaves_nothing(pipeline: Pipeline) -> None:
    with pytest.raises(Refused) as refusal:
        pipeline.send(students(*map(str, range(1000))), max_bytes=5000)
    assert refusal.value.code == "too_large"
    assert pipeline.object_keys() == set()
    assert pipeline.query("select * from catalog.incoming_object") == []


def test_a_sender_who_goes_away_in_the_middle_leaves_nothing(pipeline: Pipeline) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 300_000:
                raise ConnectionResetError
            return super().read(min(size or 0, 100_000) if size and size > 0 else 100_000)

    with pytest.raises(ConnectionResetError):
        pipeline.send_stream(Broken(students(*map(str, range(10_000)))))
    assert pipeline.object_keys() == set()
    assert pipeline.query("select * from catalog.submission") == []
    assert pipeline.query("select * from catalog.incoming_object") == []


def test_the_same_bytes_are_one_submission(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1"))
    again = pipeline.send(students("A1"))
    assert not again.created
    assert again.submission.id == first.submission.id
    assert pipeline.object_keys() == {first.submission.object_key}


def test_the_same_bytes_from_somebody_else_are_a_conflict(pipeline: Pipeline) -> None:
    pipeline.send(students("A1"))
    other = Pipeline(pipeline.settings, pipeline.store, pipeline.pool, _second_account(pipeline))
    with pytest.raises(Conflict) as conflict:
        other.send(students("A1"))
    assert conflict.value.code == "duplicate_content"


def _second_account(pipeline: Pipeline) -> int:
    [(account_id,)] = pipeline.query(
        "insert into catalog.account (name, role) values ('bo', 'researcher') returning account_id"
    )
    return int(account_id)


def test_the_same_bytes_sent_by_many_at_once_are_one_submission(pipeline: Pipeline) -> None:
    receipts: list[Receipt] = []
    threads = [threading.Thread(target=lambda: receipts.append(pipeline.send(students("A1")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipt.created for receipt in receipts) == [False, False, False, True]
    assert len({receipt.submission.id for receipt in receipts}) == 1
    assert len(pipeline.object_keys()) == 1


def test_bytes_that_were_refused_as_a_whole_may_be_sent_again(pipeline: Pipeline) -> None:
    data = students("A1", "A1")  # a duplicate key in half of the lines
    first = pipeline.send(data)
    pipeline.poll()
    assert pipeline.status(first.submission) == "rejected"
    assert pipeline.send(data).created


def test_an_idempotency_key_names_one_request(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1"), idempotency_key="k1")
    again = pipeline.send(students("A1"), idempotency_key="k1")
    assert (again.submission.id, again.created) == (first.submission.id, False)
    for data, dataset in ((students("B1"), STUDENTS), (students("A1"), "laurel/survey")):
        with pytest.raises(Conflict) as conflict:
            pipeline.send(data, dataset=dataset, idempotency_key="k1")
        assert conflict.value.code == "idempotency_key_reused"


def test_a_new_version_with_the_bytes_of_another_submission_is_not_dropped_in_silence(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1")).submission
    pipeline.send(students("B1"))
    with pytest.raises(Conflict) as conflict:
        pipeline.send(students("B1"), replaces=first)
    assert conflict.value.code == "duplicate_content"
    assert not pipeline.send(students("A1"), replaces=first).created  # its own bytes: nothing changes


@pytest.mark.parametrize("harm", ["lost", "changed"])
def test_a_file_whose_object_was_harmed_is_mended_by_sending_it_again(pipeline: Pipeline, harm: str) -> None:
    first = pipeline.send(students("A1")).submission
    pipeline.store.delete(first.object_key)
    if harm == "changed":
        pipeline.store.put(first.object_key, io.BytesIO(students("X1")))
    with pytest.raises(PollFailed):
        pipeline.poll()
    assert pipeline.poll().failed == 0  # only its sender can help, so it is not tried for ever
    other = replace(pipeline, account_id=_second_account(pipeline))
    with pytest.raises(Conflict):
        other.send(students("A1"))  # nobody else is let into the submission, nor told of it
    again = pipeline.send(students("A1"))
    assert (again.submission.id, again.created) == (first.id, False)
    assert pipeline.poll().loaded == 1
    assert pipeline.student_ids() == ["A1"]


def test_an_unknown_dataset_names_its_neighbours(pipeline: Pipeline) -> None:
    with pytest.raises(NotFound) as missing:
        pipeline.send(students("A1"), dataset="laurel/student")
    assert STUDENTS in missing.value.message


def test_a_submission_is_replaced_once(pipeline: Pipeline) -> None:
    first = pipeline.send(students("A1")).submission
    second = pipeline.send(students("A2"), replaces=first)
    assert second.submission.replaces_id == first.id
    with pytest.raises(Conflict) as conflict:
        pipeline.send(students("A3"), replaces=first)
    assert conflict.value.code == "already_replaced"
    with pipeline.pool.connection() as connection:
        now = ledger.find(connection, first.id)
    assert now is not None
    with pytest.raises(Conflict):
        pipeline.send(students("A3"), replaces=now)


def test_without_a_store_nothing_is_promised(pipeline: Pipeline, settings: Settings) -> None:
    pipeline.store = ObjectStore(replace(settings, s3_endpoint="http://127.0.0.1:9"))
    with pytest.raises(LaurelError) as error:
        pipeline.send(students("A1"))
    assert error.value.code == "store_unavailable"
    assert pipeline.query("select * from catalog.submission") == []


def test_an_upload_that_was_given_up_is_not_promised(pipeline: Pipeline) -> None:
    """It took longer than any upload may, or the clock leapt: the sweep takes its object, so there is no receipt."""

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 300_000:
                pipeline.query("update catalog.incoming_object set started_at = started_at - interval '2 days'")
                pipeline.poll()
            return super().read(min(size or 0, 100_000) if size and size > 0 else 100_000)

    with pytest.raises(Unavailable) as given_up:
        pipeline.send_stream(Slow(students(*map(str, range(10_000)))))
    assert given_up.value.code == "upload_given_up"
    assert pipeline.object_keys() == set()
    assert pipeline.query("select * from catalog.submission") == []
    assert pipeline.query("select * from catalog.incoming_object") == []
