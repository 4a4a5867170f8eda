"""The trigger behind both DAGs, against a real Postgres: awake at once, never deaf, never noisy."""

import json
import queue
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from elt import notifying
from elt.database import connect, transaction
from elt.settings import Settings
from stack import ports
from stack.postgres import Cluster, service_identity
from tests.integration.dags.programs import command, environment

EVENT_SECONDS = 60.0  # until an event that must come; the machine may be busy
SILENCE_SECONDS = 2.5  # in which an event that must not come would have come
CHANNEL = notifying.WORK_CHANNEL


class Listener:
    """The trigger in a process of its own, and the events it has fired."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self._process = subprocess.Popen(
            command("listen", "ledger_signal.LedgerSignal", json.dumps({"channel": CHANNEL})),
            env=environment(home, settings),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            word, _, channel = line.strip().partition(" ")
            if word == "event":  # Airflow logs to the same place
                self._events.put(channel)

    def event(self) -> str:
        """The next event; fails where none comes."""
        return self._events.get(timeout=EVENT_SECONDS)

    def events_until_silence(self) -> list[str]:
        """Whatever comes until nothing came for a while."""
        events = []
        while True:
            try:
                events.append(self._events.get(timeout=SILENCE_SECONDS))
            except queue.Empty:
                return events

    def stop(self) -> None:
        self._process.kill()
        self._reader.join()
        self._process.communicate()


@pytest.fixture(scope="module")
def listener(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """One that listens already, and has said so."""
    listener = Listener(tmp_path_factory.mktemp("airflow"), module_settings)
    listener.event()
    yield listener
    listener.stop()


def notify(settings: Settings, times: int = 1) -> None:
    connection = connect(settings.database_url)
    for _ in range(times):
        with transaction(connection):
            notifying.notify(connection, CHANNEL, "received")
    connection.close()


def listeners(settings: Settings) -> list[tuple[object, ...]]:
    """Who listens: a listener that has connected anew is another one."""
    with closing(connect(settings.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select pid, backend_start from pg_stat_activity "
            "where datname = current_database() and application_name = %s",
            [f"airflow listens to {CHANNEL}"],
        )
        return cursor.fetchall()


def test_a_notification_fires_once_and_is_heard_itself(listener: Listener, module_settings: Settings) -> None:
    """Not found by connecting anew, which also fires."""
    before = listeners(module_settings)
    assert len(before) == 1
    for _ in range(2):
        notify(module_settings)
        assert listener.event() == CHANNEL
        assert listener.events_until_silence() == []
    assert listeners(module_settings) == before


def test_a_burst_is_a_few_events_and_what_follows_is_not_lost(listener: Listener, module_settings: Settings) -> None:
    began = time.monotonic()
    notify(module_settings, times=60)
    lasted = time.monotonic() - began
    assert 1 <= len(listener.events_until_silence()) <= 3 + lasted
    notify(module_settings)
    assert listener.event() == CHANNEL
    assert listener.events_until_silence() == []


def test_what_rolls_back_wakes_nobody(listener: Listener, module_settings: Settings) -> None:
    connection = connect(module_settings.database_url)
    notifying.notify(connection, CHANNEL, "received")
    connection.rollback()
    connection.close()
    assert listener.events_until_silence() == []


def test_it_holds_one_connection(listener: Listener, module_settings: Settings) -> None:
    connection = connect(module_settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity "
            "where application_name like 'airflow listens to%' and datname = current_database()"
        )
        assert cursor.fetchone() == (1,)
    connection.close()


class Mortal:
    """A Postgres of its own, to be killed and started again."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._server = subprocess.Popen(
            self.cluster.command(fsync="off"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **service_identity(),
        )
        self.cluster.wait_until_ready()

    def crash(self) -> None:
        """At once and without a word to its clients, as far as Postgres lets one."""
        assert self._server
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(timeout=30)


@pytest.fixture
def mortal(scratch_directory: Path) -> Iterator[Mortal]:
    cluster = Cluster(scratch_directory / secrets.token_hex(4), ports.any_free(), secrets.token_hex(16))
    cluster.create()
    mortal = Mortal(cluster)
    mortal.start()
    yield mortal
    mortal.crash()


def test_it_outlives_postgres_and_loses_no_wake_up(mortal: Mortal, settings: Settings, tmp_path: Path) -> None:
    elsewhere = replace(settings, database_url=mortal.cluster.url("postgres"))
    mortal.crash()
    listener = Listener(tmp_path / "airflow", elsewhere)
    try:
        assert listener.events_until_silence() == []
        for _ in range(2):
            mortal.start()
            notify(elsewhere)  # heard, or sent before it listens again
            assert listener.event() == CHANNEL
            listener.events_until_silence()
            notify(elsewhere)
            assert listener.event() == CHANNEL
            assert listener.events_until_silence() == []
            mortal.crash()
            assert listener.events_until_silence() == []
    finally:
        listener.stop()
