"""Who is killed, how, and what it was doing: SIGKILL, at a moment that the caller chose.

A process that can be held is stopped first (SIGSTOP), looked at, and killed before it goes on: so what is told of it is
what it was doing when it died.
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP

import psutil
import psycopg2
from psycopg2.extensions import connection as Connection

from tests.faults.parts import POLLERS, SCHEDULERS, TRANSFORMER, Parts, signal_all

STATE = """
    select (select count(*) from pg_stat_progress_copy where relid::regclass::text like 'raw.%'),
           (select count(*) from catalog.incoming_object),
           (select count(*) from catalog.submission where status = 'loading'),
           (select count(*) from catalog.transform_run where status = 'running')
"""


@dataclass(frozen=True)
class Moment:
    """What was under way at the moment of a kill, as counts."""

    copies: int
    uploads: int
    loads: int
    transforms: int

    def hit(self, part: str) -> bool:
        """Whether the part was killed in the middle of what it does."""
        return {
            "loader": self.copies > 0,
            "backend": self.uploads > 0,
            "postgres": self.copies + self.uploads + self.loads > 0,
            "store": self.uploads + self.loads > 0,
            "dbt": self.transforms > 0,
            "scheduler": self.loads + self.transforms > 0,
        }[part]


@dataclass(frozen=True)
class Strike:
    """One kill: the part, which of its processes, what was under way, and all processes that must end by it."""

    part: str
    victim: str
    moment: Moment
    doomed: list[psutil.Process]


class Observer:
    """A connection of its own to the warehouse that looks without delay; made anew after Postgres died."""

    def __init__(self, parts: Parts) -> None:
        self._url = parts.settings.database_url
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        """Ready to be asked at once."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(self._url)
            self._connection.autocommit = True
        return self._connection

    def moment(self) -> Moment:
        """What is under way right now."""
        with self.connection().cursor() as cursor:
            cursor.execute(STATE)
            return Moment(*(cursor.fetchone() or ()))

    def is_under_way(self, part: str) -> bool:
        """Whether what the part does has begun. False, too, while Postgres does not answer."""
        try:
            return self.moment().hit(part)
        except psycopg2.Error:
            self.forget()
            return False

    def copies_much(self) -> bool:
        """Whether a COPY into raw has more than a small file's bytes. False, too, while Postgres does not answer."""
        try:
            with self.connection().cursor() as cursor:
                cursor.execute(
                    "select 1 from pg_stat_progress_copy where relid::regclass::text like 'raw.%' "
                    "and bytes_processed > 100000"
                )
                return cursor.fetchone() is not None
        except psycopg2.Error:
            self.forget()
            return False

    def copying_clients(self) -> set[int]:
        """The ports on the clients' side of all that copy into raw."""
        with self.connection().cursor() as cursor:
            cursor.execute("select client_port from pg_stat_activity join pg_stat_progress_copy using (pid)")
            return {port for (port,) in cursor.fetchall()}

    def forget(self) -> None:
        """Connect anew at the next look."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@contextmanager
def _held(processes: list[psutil.Process]) -> Iterator[None]:
    signal_all(processes, SIGSTOP)
    try:
        yield
    finally:
        signal_all(processes, SIGCONT)


def loader(parts: Parts, observer: Observer, rng: Random) -> Strike:
    """The poll that copies; where none does, any."""
    families = [parts.family(name) for name in POLLERS]
    everybody = [process for family in families for process in family]
    with _held(everybody):
        moment, ports = observer.moment(), observer.copying_clients()
        busy = [family for family in families if any(_ports(process) & ports for process in family)]
        chosen = rng.choice(busy or [family for family in families if family])
        signal_all(chosen[:1], SIGKILL)  # its children, if it has any, must notice by themselves
    return Strike("loader", "a poll", moment, chosen)


def _ports(process: psutil.Process) -> set[int]:
    with contextlib.suppress(psutil.Error):
        return {connection.laddr.port for connection in process.net_connections("tcp") if connection.laddr}
    return set()


def backend(parts: Parts, observer: Observer, rng: Random) -> Strike:
    """One worker, the master alone, or all of gunicorn."""
    family = parts.family("backend")
    victims = {"a worker": family[1:][:1], "the master": family[:1], "all of it": family}
    victim = rng.choice(list(victims))
    with _held(family):
        moment = observer.moment()
        signal_all(victims[victim], SIGKILL)
    # Workers end by themselves once their master is gone.
    return Strike("backend", victim, moment, victims[victim] if victim == "a worker" else family)


def postgres(parts: Parts, observer: Observer, rng: Random) -> Strike:
    """The postmaster, one connection's process, or all of Postgres. Not held: nobody could be asked then."""
    family = parts.family("postgres")
    own = observer.connection().info.backend_pid
    clients = [process for process in family[1:] if process.pid != own and _serves_a_client(process)]
    victims = {
        "the postmaster": family[:1],
        "all of it": family,
        "one connection": [rng.choice(clients)] if clients else family[:1],
    }
    victim = rng.choice(list(victims))
    moment = observer.moment()
    signal_all(victims[victim], SIGKILL)
    observer.forget()
    # One connection that dies takes all others with it: the postmaster trusts the shared memory no more.
    return Strike("postgres", victim, moment, family[1:] if victim == "one connection" else family)


def _serves_a_client(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):  # such processes come and go
        return "laurel" in " ".join(process.cmdline())
    return False


def store(parts: Parts, observer: Observer, rng: Random) -> Strike:
    """The object store's one process."""
    family = parts.family("s3")
    with _held(family):
        moment = observer.moment()
        signal_all(family, SIGKILL)
    return Strike("store", "rclone", moment, family)


def dbt(parts: Parts, observer: Observer, rng: Random) -> Strike:
    """The process that builds, tests and publishes the marts."""
    family = parts.family(TRANSFORMER)
    with _held(family):
        moment = observer.moment()
        signal_all(family, SIGKILL)
    return Strike("dbt", "the transform", moment, family)


def scheduler(parts: Parts, observer: Observer, rng: Random) -> Strike:
    """One of two schedulers, alone or with the tasks that it runs; or one task alone."""
    families = [family for name in SCHEDULERS if (family := parts.family(name))]
    # A task is a process of its own, under a worker of the scheduler's executor.
    tasks = [process for family in families for process in family if _depth(process, family[0]) > 1]
    with _held([process for family in families for process in family]):
        moment = observer.moment()
        busy = [family for family in families if any(task in family for task in tasks)]
        chosen = rng.choice(busy or families)
        own = [task for task in tasks if task in chosen]
        victims = {"a scheduler": chosen[:1], "a scheduler and its tasks": chosen}
        if own:
            victims["a task"] = [rng.choice(own)]
        victim = rng.choice(list(victims))
        signal_all(victims[victim], SIGKILL)
    # What a dead scheduler leaves behind must end by itself: our executor sees to it.
    return Strike("scheduler", victim, moment, victims[victim] if victim == "a task" else chosen)


def _depth(process: psutil.Process, ancestor: psutil.Process) -> int:
    """How many generations below the ancestor it stands; 0 where it is none of its descendants any more."""
    with contextlib.suppress(psutil.NoSuchProcess):
        line = process.parents()
        return line.index(ancestor) + 1 if ancestor in line else 0
    return 0


STRIKES = {
    "loader": loader,
    "backend": backend,
    "postgres": postgres,
    "store": store,
    "dbt": dbt,
    "scheduler": scheduler,
}
