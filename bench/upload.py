"""Uploading: what the API takes in per second, beside boto3's own upload_file into the same store, in one run.

Every round sends one file three ways: boto3, a raw body, a form, each after a rest, and in another order than in the
round before: an upload wakes Airflow, which would be at work while the next is measured. Then, with --flat-gib, a
generated stream, to see whether the backend's memory grows with it. Everything sent is removed again.
"""

import argparse
import http.client
import os
import secrets
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config

from elt.contracting.contract import load_contracts
from elt.database import connect
from elt.settings import Settings
from elt.store import ObjectStore

DATASET = "laurel/students"
MEBIBYTE = 2**20
SAMPLE_SECONDS = 0.05
REST_SECONDS = 8  # until what the last upload woke has ended, and the disk has what was written
BOUNDARY = "-" * 24 + secrets.token_hex(11)  # as curl makes one; a short one takes longer to look for
FORM_START = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\n'
    "Content-Type: text/csv\r\n\r\n"
).encode()
FORM_END = f"\r\n--{BOUNDARY}--\r\n".encode()


def blocks(byte_count: int) -> Iterator[bytes]:
    """A students' file of this size that was never sent before, a mebibyte at a time."""
    fields = load_contracts()[DATASET].fields
    header = ",".join(f.name for f in fields).encode() + b"\n"
    line = ",".join(f'"{f.example}"' for f in fields).encode() + b"\n"
    start = header + line.replace(b'"', f'"{uuid.uuid4()}'.encode(), 1)
    block = line * (MEBIBYTE // len(line) + 1)
    yield start
    left = byte_count - len(start)
    while left > 0:
        yield block[: min(left, MEBIBYTE)]
        left -= MEBIBYTE


def of_file(path: Path) -> Iterator[bytes]:
    """A file's bytes, a mebibyte at a time."""
    with path.open("rb") as file:
        while block := file.read(MEBIBYTE):
            yield block


@dataclass
class Bench:
    """The running stack, and what was sent to it."""

    settings: Settings
    key: str
    sent: list[str] = field(default_factory=list)

    def post(self, content: Iterator[bytes], byte_count: int, form: bool) -> None:
        """One upload through the API; retracted at once, before anything loads it."""
        api = urlsplit(self.settings.api_url)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "text/csv"}
        with closing(http.client.HTTPConnection(str(api.hostname), api.port or 80)) as connection:
            if form:
                headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
                byte_count += len(FORM_START) + len(FORM_END)
            headers["Content-Length"] = str(byte_count)
            body = in_form(content) if form else content
            connection.request("POST", f"/api/v1/datasets/{DATASET}/submissions", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                raise SystemExit(f"The upload was answered with {answer.status}: {text.decode()}")
            id = loads(text)["id"]
            connection.request("DELETE", f"/api/v1/submissions/{id}", headers={"Authorization": f"Bearer {self.key}"})
            connection.getresponse().read()
        self.sent.append(id)

    def with_boto3(self, path: Path) -> None:
        """The same file with boto3's own means: its defaults, but for the checksums that the embedded store refuses."""
        client = boto3.client(
            "s3",
            endpoint_url=self.settings.s3_endpoint,
            region_name=self.settings.s3_region,
            aws_access_key_id=self.settings.s3_access_key,
            aws_secret_access_key=self.settings.s3_secret_key,
            config=Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}),
        )
        client.upload_file(str(path), self.settings.s3_bucket, "bench/upload")
        client.delete_object(Bucket=self.settings.s3_bucket, Key="bench/upload")

    def clean(self) -> None:
        """Remove the objects of everything sent; the ledger keeps their retracted rows."""
        store = ObjectStore(self.settings)
        with closing(connect(self.settings.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute("select object_key from catalog.submission where id::text = any(%s)", [self.sent])
            for (key,) in cursor.fetchall():
                store.delete(key)
        self.sent.clear()


def in_form(content: Iterator[bytes]) -> Iterator[bytes]:
    """The file as a browser or `curl -F` sends it."""
    yield FORM_START
    yield from content
    yield FORM_END


def backend_processes(settings: Settings) -> list[psutil.Process]:
    """gunicorn's master and workers: whoever listens on the API's port."""
    port = urlsplit(settings.api_url).port
    listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    pids = {c.pid for c in listening if c.laddr and c.laddr.port == port and c.pid}
    found = {psutil.Process(pid) for pid in pids}  # one of those who share the socket
    found |= {parent for process in found if (parent := process.parent()) and "gunicorn" in str(parent.cmdline())}
    return list({*found, *(child for process in found for child in process.children())})


@contextmanager
def peak_memory(settings: Settings) -> Iterator[list[int]]:
    """The list receives two numbers at the end: the backend's memory (PSS, bytes) before, and its highest."""
    processes = backend_processes(settings)
    taken: list[int] = []
    done = threading.Event()

    def total() -> int:
        return sum(process.memory_full_info().pss for process in processes)

    def sample() -> None:
        while not done.wait(SAMPLE_SECONDS):
            taken.append(total())

    result: list[int] = []
    before = total()
    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield result
    finally:
        done.set()
        sampler.join()
        result.extend([before, max([before, *taken])])


def timed(act: Callable[[], None], byte_count: int) -> float:
    """MiB per second."""
    started = time.perf_counter()
    act()
    return byte_count / MEBIBYTE / (time.perf_counter() - started)


def compare(bench: Bench, mebibytes: int, rounds: int) -> None:
    rates: dict[str, list[float]] = {"boto3 upload_file": [], "raw body": [], "form": []}
    size = mebibytes * MEBIBYTE
    with tempfile.TemporaryDirectory() as directory, peak_memory(bench.settings) as memory:
        path = Path(directory) / "bench.csv"
        ways: list[tuple[str, Callable[[], None]]] = [
            ("boto3 upload_file", lambda: bench.with_boto3(path)),
            ("raw body", lambda: bench.post(of_file(path), size, form=False)),
            ("form", lambda: bench.post(of_file(path), size, form=True)),
        ]
        for number in range(rounds + 1):
            for name, act in ways:
                path.write_bytes(b"".join(blocks(size)))  # other bytes, or they would be known already
                os.sync()
                time.sleep(REST_SECONDS)
                rate = timed(act, size)
                if number > 0:  # the first round fills caches and pools
                    rates[name].append(rate)
            ways.append(ways.pop(0))  # nobody is always the one who comes behind another
            bench.clean()
    limit = statistics.median(rates["boto3 upload_file"])
    for name, taken in rates.items():
        median = statistics.median(taken)
        each = ", ".join(f"{rate:.0f}" for rate in taken)
        print(f"{name:<18} {median:7.0f} MiB/s   {median / limit:.2f} of boto3   (each: {each})")
    print(f"backend memory: {memory[0] / MEBIBYTE:.0f} MiB before, {memory[1] / MEBIBYTE:.0f} MiB at most")


def flat(bench: Bench, gibibytes: float) -> None:
    size = int(gibibytes * 1024) * MEBIBYTE
    for form in (False, True):
        with peak_memory(bench.settings) as memory:
            rate = timed(lambda form=form: bench.post(blocks(size), size, form), size)  # type: ignore[misc]
        bench.clean()
        print(
            f"{gibibytes:g} GiB {'form' if form else 'raw body'}: {rate:.0f} MiB/s, "
            f"backend memory {memory[0] / MEBIBYTE:.0f} MiB before, {memory[1] / MEBIBYTE:.0f} MiB at most"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mebibytes", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--flat-gib", type=float, default=0, help="also send streams of this size, and watch the memory"
    )
    options = parser.parse_args()
    bench = Bench(Settings.from_environment(), os.environ["LAUREL_RESEARCHER_KEY"])
    try:
        compare(bench, options.mebibytes, options.rounds)
        if options.flat_gib:
            flat(bench, options.flat_gib)
    finally:
        bench.clean()


if __name__ == "__main__":
    main()
