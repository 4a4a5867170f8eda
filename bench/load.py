"""Rows per second from an object in S3 to committed, typed rows in raw, beside what a user would pick instead.

For a warehouse of its own: it empties the raw table between two measurements.
"""

import argparse
import gzip
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from psycopg2 import sql

from elt import warehouse
from elt.contracting.contract import Contract, load_contracts
from elt.database import Pool, connect, transaction
from elt.ledger import Incoming
from elt.loading import raw_tables
from elt.loading.submissions import load
from elt.receiving.streams import Source
from elt.receiving.whole_files import keep
from elt.settings import Settings
from elt.store import ObjectStore

DATASET = "oulad/student_vle"
LAST_LINE = b'"AAA","2013J","28400","546652","-10","4"\r\n'
OTHERS = ("adbc", "dlt", "pandas")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", type=Path, help="studentVle as CSV, plain or .gz")
    parser.add_argument("--times", type=int, default=10, help="how often the sample is repeated")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, in turn")
    parser.add_argument("--bad", type=float, default=0.01, help="share of bad lines in the second file")
    parser.add_argument("--others", type=Path, help="Python of an environment with bench/requirements.txt")
    options = parser.parse_args()
    settings, contract = Settings.from_environment(), load_contracts()[DATASET]
    with closing(connect(settings.database_url)) as connection:
        warehouse.prepare(connection, settings.reader_database_url, load_contracts())
    ObjectStore(settings).create_bucket()
    with tempfile.TemporaryDirectory() as scratch:
        clean, bad = Path(scratch, "clean.csv"), Path(scratch, "bad.csv")
        rows = build(options.sample, options.times, clean, bad, options.bad)
        print(f"{rows:,} rows, {clean.stat().st_size / 2**20:,.0f} MiB")
        runs: dict[str, Callable[[], float]] = {
            "bare COPY": lambda: bare_copy(settings, contract, clean),
            "Laurel, clean file": lambda: laurel(settings, contract, clean),
            f"Laurel, {options.bad:.0%} bad lines": lambda: laurel(settings, contract, bad),
        }
        for name in OTHERS if options.others else ():
            runs[name] = lambda name=name: other(options.others, name, settings, clean)  # type: ignore[misc]
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                taken[name].append(run())
                print(f"{name:<24} {taken[name][-1]:7.1f} s", flush=True)
    limit = rows / median(taken["bare COPY"])
    for name, seconds in taken.items():
        rate = rows / median(seconds)
        print(f"{name:<24} {rate:>12,.0f} rows/s   {rate / limit:5.2f} of bare COPY   n = {len(seconds)}")


def build(sample: Path, times: int, clean: Path, bad: Path, share: float) -> int:
    """Write both files; returns how many rows each has."""
    with gzip.open(sample, "rb") if sample.suffix == ".gz" else sample.open("rb") as opened:
        header, lines = opened.readline(), opened.read().splitlines(keepends=True)
    every = round(1 / share)
    # A click count that is a word, in the last cell, so that all of the line is read before it shows.
    harmed = [
        line.rsplit(b",", 1)[0] + b',"many"\r\n' if number % every == 0 else line for number, line in enumerate(lines)
    ]
    for path, body in ((clean, b"".join(lines)), (bad, b"".join(harmed))):
        with path.open("wb") as out:
            out.write(header)
            for _ in range(times):
                out.write(body)
    return len(lines) * times


def bare_copy(settings: Settings, contract: Contract, path: Path) -> float:
    """What psql's \\copy does: one COPY of the file into the same typed columns, without provenance and checks."""
    columns = ", ".join(f"{field.column} {field.postgres_type}" for field in contract.fields)
    with (
        closing(connect(settings.database_url)) as connection,
        connection.cursor() as cursor,
        path.open("rb") as opened,
    ):
        cursor.execute(f"drop table if exists bench_copy; create table bench_copy ({columns})")
        connection.commit()
        started = time.perf_counter()
        cursor.copy_expert("copy bench_copy from stdin (format csv, header)", opened, size=2**20)
        connection.commit()
        taken = time.perf_counter() - started
        cursor.execute("drop table bench_copy")
        connection.commit()
    return taken


def laurel(settings: Settings, contract: Contract, path: Path) -> float:
    """One submission, from its object to the commit, in a process of its own, whose memory is told too."""
    with path.open("ab") as out:
        out.write(LAST_LINE)  # the same bytes are never loaded twice
    pool = Pool(settings.database_url, 1)
    with path.open("rb") as opened:
        receipt = keep(pool, ObjectStore(settings), Source(opened), Incoming(DATASET, None, path.name))
    with get_context("spawn").Pool(1) as process:
        seconds, peak = process.apply(_load, [receipt.submission.submission_id])
    print(f"    peak memory of the loader: {peak:,.0f} MiB")
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("truncate {}").format(raw_tables.table(contract)))
        cursor.execute("delete from catalog.submission where submission_id = %s", [receipt.submission.submission_id])
    ObjectStore(settings).delete(receipt.submission.object_key)
    pool.close()
    return seconds


def _load(submission_id: int) -> tuple[float, float]:
    settings, contract = Settings.from_environment(), load_contracts()[DATASET]
    with closing(connect(settings.database_url)) as connection:
        started = time.perf_counter()
        loaded = load(connection, ObjectStore(settings), contract, submission_id)
        seconds = time.perf_counter() - started
        with transaction(connection), connection.cursor() as cursor:
            cursor.execute(sql.SQL("select count(*) from {}").format(raw_tables.table(contract)))
            (count,) = cursor.fetchone() or (None,)
    if loaded is None or loaded.status != "loaded" or count != loaded.tally.loaded:
        raise SystemExit(f"{loaded}, but {count} rows are in raw")
    return seconds, _peak_memory()


def _peak_memory() -> float:
    """Of this process, in MiB; getrusage would count what the process that started it had."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def other(python: Path, name: str, settings: Settings, path: Path) -> float:
    """Another tool's load of the same file, in an environment of its own."""
    script = Path(__file__).with_name("load_with.py")
    output = subprocess.run(
        [python, script, name, path, settings.database_url], check=True, capture_output=True, text=True
    ).stdout
    return float(output.splitlines()[-1])


if __name__ == "__main__":
    main()
