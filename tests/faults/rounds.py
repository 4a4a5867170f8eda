"""One round: clients send, replace and retract; at a random moment a part is killed; then everything must hold."""

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from random import Random
from statistics import median
from typing import Any

from tests.faults import truths
from tests.faults.clients import Book, Client, Promise
from tests.faults.files import new_version, students_file
from tests.faults.parts import TRANSFORMER, AirflowPlan, Parts, run_elt, wait_until
from tests.faults.strikes import STRIKES, Observer, Strike

LARGE_LINES = (15_000, 30_000)  # a COPY long enough to be hit
HUGE_LINES = (60_000, 70_000)  # more than the 8 MiB from which on the store gets an upload in parts
SMALL_LINES = (1, 300)
KEPT_FILES = 25  # live submissions; older ones are taken back, which is tested with it
PERSISTENCE = 0.75  # the share of clients who send again when no answer came; the others never come back
BEGIN_SECONDS = 20.0
# Airflow takes a task for dead when it has not been heard of for two minutes, and until then starts its DAG no more.
AIRFLOW_BEGIN_SECONDS = 400.0
BACK_SECONDS = 90.0
AIRFLOW_BACK_SECONDS = 400.0  # a task whose scheduler died is brought to its end, a whole transform at most
SETTLE_SECONDS = 240.0
AIRFLOW_SETTLE_SECONDS = 900.0


@dataclass
class Round:
    """What happened in one round; `broken` is empty where every truth held."""

    number: int
    part: str
    victim: str
    hit: bool
    moment: dict[str, int]
    delay_seconds: float
    work_seconds: float
    back_seconds: float
    promises: int
    broken: list[str] = field(default_factory=list)


class Trial:
    """Parts, what was promised on them, and how long their work takes when nobody dies."""

    def __init__(self, parts: Parts, seed: int) -> None:
        self.parts = parts
        self.seed = seed
        self.book = Book()
        self.observer = Observer(parts)
        with_airflow = isinstance(parts.plan, AirflowPlan)
        self.begin_seconds = AIRFLOW_BEGIN_SECONDS if with_airflow else BEGIN_SECONDS
        self.back_seconds = AIRFLOW_BACK_SECONDS if with_airflow else BACK_SECONDS
        self.settle_seconds = AIRFLOW_SETTLE_SECONDS if with_airflow else SETTLE_SECONDS

    def prepare(self) -> None:
        """Publish marts once, with somebody's own view on one of them, which every later transform must leave alone."""
        rng = Random(f"{self.seed}/prepare")
        with ThreadPoolExecutor() as pool:
            for n in range(3):
                self._send_large(pool, rng, f"prepare{n}").result()
        wait_until(self._nothing_waits, self.settle_seconds, "the first files are loaded")
        done = run_elt(self.parts, "transform")
        assert done.returncode == 0, done.stderr.decode()
        wait_until(lambda: run_due(self.parts) == 0, self.settle_seconds, "Airflow's own transform is over", pause=0.5)
        self.parts.query("create schema witness; create view witness.students as select * from marts.dim_student")

    def seconds(self, part: str) -> float:
        """How long the part's work took lately when nobody died: the span within which it is killed."""
        [(load, transform)] = self.parts.query(
            """
            select (select percentile_cont(0.5) within group (order by seconds) from (
                        select extract(epoch from loaded_at - loading_at)::float as seconds from catalog.submission
                        where lines_read > %s and attempt_count = 1 and loaded_at is not null
                        order by submission_id desc limit 7) as loads),
                   (select percentile_cont(0.5) within group (order by seconds) from (
                        select extract(epoch from finished_at - started_at)::float as seconds from catalog.transform_run
                        where status = 'published' order by transform_run_id desc limit 3) as transforms)
            """,
            [LARGE_LINES[0]],
        )
        upload = median(self.book.upload_seconds[-7:])
        both = upload + load
        # A load is checked and sorted after its COPY, which takes about half of the time.
        return {
            "loader": load / 2,
            "backend": upload,
            "postgres": both,
            "store": both,
            "dbt": transform,
            "scheduler": load + transform,
        }[part]

    def run(self, number: int, part: str) -> Round:
        """Round `number`: the same seed and number give the same files, victim and share of the work done."""
        rng = Random(f"{self.seed}/{number}")
        before = set(self.book.promises)
        seconds = self.seconds(part)
        if part == "dbt":
            self.parts.supervisor.start(TRANSFORMER)
        with ThreadPoolExecutor() as pool:
            work = self._traffic(pool, rng, number, huge=part == "loader")
            delay = rng.random() * seconds
            strike = self._strike(part, rng, delay)
            struck = time.monotonic()
            for future in work:
                future.result()
        self.parts.wait_until_back(strike.doomed, self.back_seconds)
        back = time.monotonic() - struck
        if part == "dbt":
            self._let_the_transform_end()
        new = self.book.promises.keys() - before
        broken = truths.broken(self.parts, self.book, recent=new) + self._surprises()
        return Round(
            number,
            part,
            strike.victim,
            strike.moment.hit(part),
            asdict(strike.moment),
            delay,
            seconds,
            back,
            len(new),
            broken,
        )

    def settle(self) -> list[str]:
        """Wait, without lending a hand, until nothing waits any more; then look at everything once more."""
        try:
            wait_until(self._nothing_waits, self.settle_seconds, "everything that was promised is loaded", pause=0.2)
        except TimeoutError as error:
            return [str(error), *truths.broken(self.parts, self.book, settled=True)]
        return truths.broken(self.parts, self.book, settled=True)

    def figures(self) -> dict[str, int]:
        """Rows that must be in raw by what was promised, and rows that are."""
        known = self.parts.query("select sha256, status, coalesce(rows_loaded, 0) from catalog.submission")
        [(found,)] = self.parts.query("select count(*) from raw.laurel_students")
        live = [sha256 for sha256, status, _ in known if status in truths.IN_RAW]
        return {
            "promises": len(self.book.promises),
            "submissions": len(known),
            "unanswered": self.book.unanswered,
            "rows_loaded_ever": sum(rows for _, _, rows in known),
            "rows_expected": sum(self.book.files[sha256].good_rows for sha256 in live),
            "rows_found": found,
        }

    def _traffic(self, pool: ThreadPoolExecutor, rng: Random, number: int, huge: bool) -> list[Future[Any]]:
        """One large file, some small ones; sometimes a new version of an old one; the oldest is taken back."""
        work: list[Future[Any]] = [self._send_large(pool, rng, str(number), huge)]
        for n in range(rng.randint(1, 3)):
            file = students_file(rng, f"{number}-{n}", rng.randint(*SMALL_LINES))
            work.append(pool.submit(self._client(rng).send, file))
        old = self.book.replaceable()
        if len(old) > 3 and rng.random() < 0.3:
            predecessor = old.pop(rng.randrange(len(old)))
            work.append(pool.submit(self._client(rng).send, new_version(rng, predecessor.file), predecessor.id))
        while len(old) > KEPT_FILES:
            work.append(pool.submit(self._client(rng).retract, old.pop(0)))
        return work

    def _send_large(
        self, pool: ThreadPoolExecutor, rng: Random, prefix: str, huge: bool = False
    ) -> Future[Promise | None]:
        lines = rng.randint(*(HUGE_LINES if huge or rng.random() < 0.15 else LARGE_LINES))
        return pool.submit(self._client(rng).send, students_file(rng, f"{prefix}-L", lines))

    def _client(self, rng: Random) -> Client:
        return Client(self.parts.api, self.parts.key, self.book, patient=rng.random() < PERSISTENCE)

    def _strike(self, part: str, rng: Random, delay: float) -> Strike:
        """Kill `delay` seconds after the part's work has begun."""
        begun = {
            "loader": self.observer.copies_much,
            "dbt": lambda: self.observer.is_under_way("dbt"),
            "scheduler": lambda: self.observer.is_under_way("scheduler"),
        }.get(part, lambda: self.observer.is_under_way("backend"))
        with contextlib.suppress(TimeoutError):  # then it is counted as no hit
            wait_until(begun, self.begin_seconds, f"work of {part} begins", pause=0.001)
        time.sleep(delay)
        return STRIKES[part](self.parts, self.observer, rng)

    def _let_the_transform_end(self) -> None:
        """The one that supervisor started again publishes what the dead one could not; then it is put aside."""
        wait_until(lambda: run_due(self.parts) == 0, self.settle_seconds, "the marts caught up", pause=0.5)
        self.parts.put_aside(TRANSFORMER)

    def _nothing_waits(self) -> bool:
        waiting = self.parts.query(
            "select count(*) from catalog.submission "
            "where status in %s or status = 'retracting' and removed_at is null",
            [truths.OPEN],
        )
        return waiting == [(0,)]

    def _surprises(self) -> list[str]:
        found, self.book.surprises = self.book.surprises, []
        return [f"answer: {text}" for text in found]


def run_due(parts: Parts) -> int:
    """How many datasets and files still have to go through a load or a transform."""
    [(waiting,)] = parts.query(
        "select (select count(*) from catalog.dataset where raw_version > modelled_version) "
        "+ (select count(*) from catalog.submission where status in ('received', 'loading'))"
    )
    return int(waiting)
