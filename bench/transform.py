"""What a transform costs by what lies beside it: the school beside OULAD, and new clicks beside ten times the history.

For a warehouse of its own, which it empties: LAUREL_DATABASE_URL and its bucket must be nobody's. Wall time of a whole
transform in this process: dbt's own work, Postgres's and the switch.
"""

import argparse
import csv
import gzip
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median

from elt import warehouse
from elt.contracting.contract import load_contracts
from elt.database import Pool, connect
from elt.ledger import Incoming, Submission
from elt.polling import poll
from elt.receiving.intake import receive
from elt.sample_school.school import first_edition
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming.run import transform
from elt.versioning import retracting

CLICKS = "oulad/student_vle"
NEW_LINES = 50_000


class Warehouse:
    """The real parts, called as the DAGs call them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.store, self.contracts = settings, ObjectStore(settings), load_contracts()
        with closing(connect(settings.database_url)) as connection:
            warehouse.prepare(connection, settings.reader_database_url, self.contracts)
        self.store.create_bucket()
        self.pool = Pool(settings.database_url, 2)

    def load(self, dataset: str, data: bytes) -> Submission:
        incoming = Incoming(dataset, None, "bench.csv")
        [receipt] = receive(self.pool, self.store, self.contracts, io.BytesIO(data), incoming, 2**40)
        report = poll(self.settings, self.store, self.contracts)
        if (report.loaded, report.failed) != (1, 0):
            raise SystemExit(f"{dataset}: {report}")
        return receipt.submission

    def retract(self, submission: Submission) -> None:
        with self.pool.connection() as connection:
            retracting.request(connection, submission)
        poll(self.settings, self.store, self.contracts)

    def transform(self) -> float:
        """Seconds of a transform that had something to do."""
        started = time.perf_counter()
        if transform(self.settings) is None:
            raise SystemExit("nothing was due")
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("oulad", type=Path, help="folder of OULAD's files; studentVle may be a .gz with a longer name")
    parser.add_argument("--history", type=int, default=NEW_LINES, help="lines of clicks that are there at first")
    parser.add_argument("--times", type=int, default=10, help="how much longer the history is then")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each")
    options = parser.parse_args()
    house = Warehouse(Settings.from_environment())
    with tempfile.TemporaryDirectory() as scratch:
        school = dict(_school(Path(scratch)))
    for dataset, data in school.items():
        house.load(dataset, data)
    print(f"first transform, of everything: {house.transform():.1f} s")
    alone = _school_again(house, school, options.rounds)
    for dataset, data in _oulad(options.oulad):
        house.load(dataset, data)
    clicks = _clicks(options.oulad)
    house.load(CLICKS, _file(islice(clicks, options.history)))
    print(f"OULAD, {options.history:,} clicks: {house.transform():.1f} s")
    _told("the school's results, with OULAD beside them", _school_again(house, school, options.rounds), alone)
    short = _new_clicks(house, clicks, options.rounds)
    house.load(CLICKS, _file(islice(clicks, options.history * (options.times - 1))))
    print(f"{options.history * (options.times - 1):,} clicks more: {house.transform():.1f} s")
    long = _new_clicks(house, clicks, options.rounds)
    _told(f"{NEW_LINES:,} new clicks, beside {options.times} times the history", long, short)


def _school(directory: Path) -> Iterator[tuple[str, bytes]]:
    for dataset, table in first_edition(1).items():
        table.write(directory / "table.csv")
        yield dataset, (directory / "table.csv").read_bytes()


def _school_again(house: Warehouse, school: dict[str, bytes], rounds: int) -> list[float]:
    """The grades are sent once more, in another order, and taken back: each makes the marts anew."""
    header, *lines = school["laurel/academic_history"].splitlines(keepends=True)
    taken = []
    for number in range(1, rounds + 1):
        submission = house.load("laurel/academic_history", header + b"".join(lines[number:] + lines[:number]))
        taken.append(house.transform())
        house.retract(submission)
        house.transform()
    print(f"the school's results, median of {rounds}: {median(taken):.2f} s")
    return taken


def _oulad(folder: Path) -> Iterator[tuple[str, bytes]]:
    for dataset in load_contracts():
        source, _, table = dataset.partition("/")
        if source == "oulad" and dataset != CLICKS:
            first, *rest = table.split("_")
            yield dataset, (folder / f"{first}{''.join(map(str.title, rest))}.csv").read_bytes()


def _clicks(folder: Path) -> Iterator[list[str]]:
    [path] = folder.glob("studentVle*")
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as stream:
        yield from islice(csv.reader(stream), 1, None)


def _file(lines: Iterator[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(field.name for field in load_contracts()[CLICKS].fields)
    writer.writerows(lines)
    return text.getvalue().encode()


def _new_clicks(house: Warehouse, clicks: Iterator[list[str]], rounds: int) -> list[float]:
    """New lines of the file are sent and taken back."""
    taken = []
    for _ in range(rounds):
        submission = house.load(CLICKS, _file(islice(clicks, NEW_LINES)))
        taken.append(house.transform())
        house.retract(submission)
        house.transform()
    print(f"{NEW_LINES:,} new clicks, median of {rounds}: {median(taken):.2f} s")
    return taken


def _told(what: str, with_more: list[float], before: list[float]) -> None:
    ratio = median(with_more) / median(before)
    print(f"{what}: {median(with_more):.2f} s against {median(before):.2f} s, {ratio:.2f} times   n = {len(before)}")


if __name__ == "__main__":
    main()
