"""The same bytes from many clients at the same moment, while the backend dies under them."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from signal import SIGKILL

import pytest

from tests.faults import truths
from tests.faults.clients import Client
from tests.faults.files import students_file
from tests.faults.parts import signal_all
from tests.faults.rounds import Trial

CLIENTS = 24


@pytest.mark.parametrize("killed", [False, True])
def test_the_same_bytes_from_many_clients_are_one_submission(trial: Trial, killed: bool) -> None:
    parts = trial.parts
    file = students_file(Random(0), f"many-{killed}", 20_000)
    clients = [Client(parts.api, parts.key, trial.book) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        sent = [pool.submit(client.send, file) for client in clients]
        if killed:
            signal_all(parts.family("backend"), SIGKILL)
        promises = [future.result() for future in sent]
    assert len({promise.id for promise in promises if promise}) == 1
    assert all(promises)
    assert parts.query("select count(*) from catalog.submission where sha256 = %s", [file.sha256]) == [(1,)]
    parts.wait_until_back()
    assert trial.settle() == []
    assert truths.broken(parts, trial.book) == []
