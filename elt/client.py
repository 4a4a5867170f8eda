"""Send a file to Laurel from anywhere: `python -m elt.client upload laurel/students FILE`.

This file may be copied and run alone (`python client.py …`); it needs Python 3.11, requests and tqdm. LAUREL_API_URL
and LAUREL_KEY (or LAUREL_RESEARCHER_KEY) say where and who. Broken off, even by a power cut, it goes on where it was
when it is run again: the file's own hash finds its upload, and the store knows what has arrived.

Exit codes: 0 every line is loaded; 3 loaded, but some lines were refused; 1 the file was refused; 2 the call was wrong;
4 no answer, or no outcome yet: run it again.
"""

# Everything in one file, though it is longer than others here: a researcher copies this one and needs no other.

import argparse
import base64
import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import requests
from tqdm import tqdm

Purpose = Mapping[str, bool]  # what an upload is for, besides a new submission: {"dry_run": True}
Stated = dict[str, str]  # what the sender says of the file's encoding and dialect: the API's own parameters

MEBIBYTE = 2**20
STATED = ("encoding", "delimiter", "quote")
TOO_OFTEN = 429
PATIENCE_SECONDS = 300  # how long a server that does not answer, or a store that takes nothing, is tried again
TOGETHER_SECONDS = 3600  # for a server that puts the parts of a hundred gigabytes together
TIMEOUT = (10, 120)
OVER = ("modelled", "rejected", "replaced", "retracted", "held")
SENT_BEFORE = "The same data had been sent before."
COUNTS = {"lines_read": "read", "rows_loaded": "loaded", "rows_rejected": "refused"}
WOULD_BE = {"lines_read": "read", "rows_accepted": "would be loaded", "rows_rejected": "would be refused"}
ROW_KINDS = ("new", "changed", "unchanged", "removed")
GONE = ("rejected", "replaced", "retracted")  # such a submission does not hold the file any more: it may be sent again


class GivenUp(Exception):
    """It ends here; the message says why, `exit_code` what kind of end it is."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class File:
    """What is sent. Raises GivenUp in check() where it is no longer what it was."""

    path: Path
    size: int
    modified: int
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "File":
        before = path.stat()
        digest = hashlib.sha256()
        with path.open("rb") as file, progress("reading", before.st_size) as bar:
            while block := file.read(MEBIBYTE):
                digest.update(block)
                bar.update(len(block))
        return cls(path, before.st_size, before.st_mtime_ns, digest.hexdigest())

    def check(self) -> None:
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified):
            raise GivenUp(f"{self.path} was changed while it was being sent. Send it again.", 1)


class Section:
    """A stretch of a file as the body of a request; the bar moves as it is read."""

    def __init__(self, file: File, offset: int, length: int, bar: "tqdm[Any]") -> None:
        self._file = file.path.open("rb")
        self._file.seek(offset)
        self._length = self._left = length
        self._bar = bar

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as requests asks for them."""
        chunk = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        self._bar.update(len(chunk))
        return chunk

    def take_back(self) -> None:
        """What was read of it has not arrived."""
        self._bar.update(self._left - self._length)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@contextmanager
def progress(what: str, total: int, done: int = 0) -> Iterator["tqdm[Any]"]:
    """A bar on a terminal, nothing elsewhere."""
    with tqdm(
        desc=what, total=total, initial=done, unit="B", unit_scale=True, unit_divisor=1024, disable=None, leave=False
    ) as bar:
        yield bar


class Api:
    """Laurel's API. A call that gets no answer is repeated for PATIENCE_SECONDS; each of them may be."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def call(
        self, method: str, path: str, body: Callable[[], Section] | None = None, **named: Any
    ) -> requests.Response:
        """Raises GivenUp with the problem's own words where the answer is an error. Each try gets a new `body`."""
        deadline, pause, told = time.monotonic() + PATIENCE_SECONDS, 1.0, False
        while True:
            try:
                with closing(body()) if body else nullcontext() as data:
                    whole = {"data": data, **named} if data else named
                    response = self._session.request(method, self._url + path, timeout=TIMEOUT, **whole)
                if response.status_code < 400 or response.status_code == 409:
                    return response
                if response.status_code < 500 and response.status_code != TOO_OFTEN:
                    raise GivenUp(words(response), 1)
                problem = words(response)
            except (requests.ConnectionError, requests.Timeout) as error:
                problem = type(error).__name__ + "."
            if time.monotonic() + pause > deadline:
                raise GivenUp(f"{self._url} gave no answer: {problem} Run this again later; it goes on.", 4)
            if not told:
                print(f"{self._url}: {problem} Trying again for {PATIENCE_SECONDS} s.", file=sys.stderr, flush=True)
                told = True
            time.sleep(pause)
            pause = min(2 * pause, 15)


def words(response: requests.Response) -> str:
    """What a problem document says, for a person."""
    try:
        problem = response.json()
    except requests.JSONDecodeError:
        return f"HTTP status {response.status_code}."
    return " ".join(str(problem[name]) for name in ("detail", "allowed", "remedy") if problem.get(name))


def confirm(api: Api, dataset: str, mapping: dict[str, str]) -> None:
    """Add to what this researcher's files call the dataset's columns; it is remembered, each column once."""
    path = f"/api/v1/datasets/{dataset}/mapping"
    known = api.call("GET", path).json()["mapping"]
    kept = {header: field for header, field in known.items() if field not in mapping.values()}
    api.call("PUT", path, json={**kept, **mapping})


def upload(api: Api, dataset: str, file: File, stated: Stated, threshold: int, parallel: int) -> list[str]:
    """Send the file; returns the ids of the submissions that hold it."""
    if file.size <= threshold:
        taken = _send_whole(api, dataset, file, stated)
        if taken.status_code == 200:
            print(SENT_BEFORE)
    else:
        taken = _send_parts(api, dataset, file, stated, parallel)
    if taken.status_code == 409:
        raise GivenUp(words(taken), 1)
    answer = taken.json()
    return [one["id"] for one in answer.get("submissions", [answer])]


def _send_whole(api: Api, dataset: str, file: File, stated: Stated) -> requests.Response:
    with progress("sending", file.size) as bar:

        def body() -> Section:
            bar.reset()
            return Section(file, 0, file.size, bar)

        return api.call(
            "POST",
            f"/api/v1/datasets/{dataset}/submissions",
            body if file.size else None,
            params={"filename": file.path.name, **stated},
            headers={"Content-Type": "text/csv"},
        )


def _send_parts(
    api: Api, dataset: str, file: File, stated: Stated, parallel: int, purpose: Purpose = MappingProxyType({})
) -> requests.Response:
    begun = _begin(api, dataset, file, stated, purpose)
    here = begun["links"]["self"]
    while True:
        _send_missing(api, here, file, parallel)
        try:
            response = api.call("POST", begun["links"]["complete"], params={"wait": 30})
        except GivenUp as end:
            if end.exit_code == 1:  # refused for what it is: nobody needs the parts any more
                api.call("DELETE", here)
            raise
        if response.status_code == 202:
            print("All parts have arrived; the server puts them together.")
            _wait_until_together(api, here)
        elif response.status_code != 409 or response.json()["code"] != "parts_missing":
            return response


def _wait_until_together(api: Api, here: str) -> None:
    """Raises GivenUp where that takes longer: nobody may be there to do it."""
    deadline = time.monotonic() + TOGETHER_SECONDS
    while api.call("GET", here, params={"wait": 30}).json()["status"] == "completing":
        if time.monotonic() > deadline:
            raise GivenUp("The parts are not put together yet; they are safe. Run this again later; it goes on.", 4)
        time.sleep(1)


def _begin(api: Api, dataset: str, file: File, stated: Stated, purpose: Purpose) -> Any:
    """The upload of this file: the one that was begun earlier, unless that has come to nothing."""
    path = f"/api/v1/datasets/{dataset}/uploads"
    told = sorted({**stated, **purpose}.items())
    name = " ".join([dataset, file.sha256, *(f"{key}={value}" for key, value in told)])
    body = {"filename": file.path.name, "bytes": file.size, "sha256": file.sha256, **purpose}
    for attempt in range(1, 1000):
        key = hashlib.sha256(f"{name} {attempt}".encode()).hexdigest()
        response = api.call("POST", path, json=body, params=stated, headers={"Idempotency-Key": key})
        if response.status_code == 409:
            raise GivenUp(words(response), 1)
        found = response.json()
        if found["status"] in ("open", "completing") or response.status_code == 201:
            if found["status"] == "completed":
                print(SENT_BEFORE)
            elif there := found["part_count"] - found["missing_count"]:
                print(f"Going on: {there} of {found['part_count']} parts are there already.")
            return found
        states = [api.call("GET", f"/api/v1/submissions/{id}").json()["status"] for id in found["submissions"]]
        if states and not set(states) & set(GONE):
            print(SENT_BEFORE)
            return found
    raise GivenUp("The file was refused or taken back too many times.", 1)


def _send_missing(api: Api, here: str, file: File, parallel: int) -> None:
    """Send whatever is missing, a page of URLs after the other, until nothing is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    state = api.call("GET", here).json()
    with progress("sending", file.size, file.size - state["missing_bytes"]) as bar:
        while state["missing"]:
            file.check()
            before = state["missing_count"]
            trouble = _send_page(state["missing"], file, parallel, bar)
            state = api.call("GET", here).json()  # what has arrived, and new URLs for the rest
            bar.n = file.size - state["missing_bytes"]
            if state["missing_count"] < before:
                deadline = time.monotonic() + PATIENCE_SECONDS
            elif time.monotonic() > deadline:
                raise GivenUp(f"The store takes no parts: {trouble} Run this again later; it goes on.", 4)
            else:
                time.sleep(2)


def _send_page(parts: list[Any], file: File, parallel: int, bar: "tqdm[Any]") -> str:
    """Send these parts; returns the last trouble. One refused URL ends the page: then all need to be renewed."""
    troubles: list[str] = []
    renew = threading.Event()

    def send(part: Any) -> None:
        if renew.is_set():
            return
        with closing(Section(file, part["offset"], part["bytes"], bar)) as body:
            headers = {"Content-MD5": _md5(file, part["offset"], part["bytes"])}
            try:
                response = requests.put(part["url"], data=body, headers=headers, timeout=TIMEOUT)
            except (requests.ConnectionError, requests.Timeout) as error:
                troubles.append(type(error).__name__ + ".")
            else:
                if response.ok:
                    return
                troubles.append(f"HTTP status {response.status_code}.")
                if response.status_code in (400, 403):  # the URL has expired
                    renew.set()
            body.take_back()

    with ThreadPoolExecutor(parallel) as senders:
        list(senders.map(send, parts))
    return troubles[-1] if troubles else "none of them arrived."


def _md5(file: File, offset: int, left: int) -> str:
    """Of a stretch of the file, as S3 wants it: the store compares it with what has arrived."""
    digest = hashlib.md5(usedforsecurity=False)
    with file.path.open("rb") as opened:
        opened.seek(offset)
        while left and (block := opened.read(min(left, MEBIBYTE))):
            digest.update(block)
            left -= len(block)
    return base64.b64encode(digest.digest()).decode()


def outcome(api: Api, id: str, patience: float) -> int:
    """Wait until it is clear what became of a submission, say it, and return the exit code that tells it."""
    path = f"/api/v1/submissions/{id}"
    deadline = time.monotonic() + patience
    while True:
        found = api.call("GET", path, params={"wait": max(0, min(30, deadline - time.monotonic()))}).json()
        if found["status"] in OVER or time.monotonic() >= deadline:
            break
        time.sleep(1)
    print(f"{found['filename']}: {found['status']}, submission {id}")
    if found["lines_read"] is not None:
        counts = [f"{found[name]:,} {label}" for name, label in COUNTS.items()]
        print("  lines: " + ", ".join(counts))
    if found["error"]:
        print(f"  {found['error']['message']}")
    for group in found["error_groups"]:
        print(f"  {group['message']}")
    if found["rows_rejected"]:
        print(f"  The refused lines, with the reason of each: GET {found['links']['rejects']}")
    if found["status"] not in OVER:
        return 4
    if found["status"] != "modelled":
        return 1
    return 3 if found["rows_rejected"] else 0


def look(
    api: Api, dataset: str, file: File, stated: Stated, mapping: dict[str, str] | None, threshold: int, parallel: int
) -> requests.Response:
    """Send the file to be looked at only. What goes in parts carries no mapping: it is confirmed beforehand."""
    if file.size <= threshold:
        told = {"mapping": json.dumps(mapping)} if mapping else {}
        return _send_whole(api, dataset, file, {**stated, **told, "dry_run": "true"})
    if mapping:
        confirm(api, dataset, mapping)
    return _send_parts(api, dataset, file, stated, parallel, {"dry_run": True})


def dry_run(api: Api, taken: requests.Response, patience: float) -> int:
    """Say what the file that was taken would change, and return the exit code that sending it would end with."""
    if taken.status_code == 409:
        raise GivenUp(words(taken), 1)
    path = taken.json()["links"]["self"]
    deadline = time.monotonic() + patience
    while True:
        found = api.call("GET", path, params={"wait": max(0, min(30, deadline - time.monotonic()))}).json()
        if found["status"] in ("done", "rejected", "failed") or time.monotonic() >= deadline:
            break
        time.sleep(1)
    print(f"{found['filename']}: dry run {found['status']}; nothing was loaded")
    _print_receipt(found)
    if found["status"] not in ("done", "rejected"):
        return 4
    if found["status"] == "rejected":
        return 1
    return 3 if found["rows_rejected"] else 0


def _print_receipt(found: Any) -> None:
    """What is known of a dry run, for a person."""
    if found["lines_read"] is not None:
        print("  lines: " + ", ".join(f"{found[name]:,} {label}" for name, label in WOULD_BE.items()))
    if found["error"]:
        print(f"  {found['error']['message']}")
    for group in found["error_groups"] or []:
        print(f"  {group['message']}")
    if found["rows"]:
        print("  rows: " + ", ".join(f"{found['rows'][kind]:,} {kind}" for kind in ROW_KINDS))
    if found["held_for"]:
        print("  It would be held: it lacks many of the rows that it replaces.")
    for kpi in found["kpis"] or []:
        print(f"  {kpi['text']}")
    if found["rows_rejected"]:
        print(f"  The lines that would be refused, with the reason of each: GET {found['links']['rejects']}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m elt.client", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    send = parser.add_subparsers(required=True, metavar="VERB").add_parser("upload", help="send a file")
    url = os.environ.get("LAUREL_API_URL", "http://127.0.0.1:8000")
    send.add_argument("dataset", help="laurel/students, for example")
    send.add_argument("file", type=Path)
    send.add_argument("--api", default=url, metavar="URL", help="where Laurel is (%(default)s)")
    send.add_argument("--parts-above", type=int, default=64, metavar="M", help="larger files go in parts (%(default)s)")
    send.add_argument("--parallel", type=int, default=4, metavar="N", help="parts at the same time (%(default)s)")
    send.add_argument("--wait", type=float, default=3600, metavar="SECONDS", help="for the outcome (%(default)g)")
    send.add_argument("--dry-run", action="store_true", help="only say what the file would change")
    send.add_argument(
        "--mapping",
        type=json.loads,
        metavar="JSON",
        help='confirm what your files call columns: {"Sch ID": "Student ID"}',
    )
    send.add_argument("--encoding", help="of the file, where it is not to be found out: windows-1252, for example")
    send.add_argument("--delimiter", help="comma, semicolon, tab or pipe; otherwise found out")
    send.add_argument("--quote", help="double, single or none; otherwise found out")
    options = parser.parse_args(arguments)
    stated = {name: text for name in STATED if (text := getattr(options, name))}
    key = os.environ.get("LAUREL_KEY") or os.environ.get("LAUREL_RESEARCHER_KEY")
    if not key:
        parser.error("LAUREL_KEY is not set: the API key that you were given.")
    if not options.file.is_file():
        parser.error(f"{options.file} is not a file.")
    api = Api(options.api, key)
    try:
        file = File.read(options.file)
        if options.dry_run:
            threshold = options.parts_above * MEBIBYTE
            taken = look(api, options.dataset, file, stated, options.mapping, threshold, options.parallel)
            return dry_run(api, taken, options.wait)
        if options.mapping:
            confirm(api, options.dataset, options.mapping)
        ids = upload(api, options.dataset, file, stated, options.parts_above * MEBIBYTE, options.parallel)
        for id in ids:
            print(f"It is safe with the server, as submission {id}.")
        codes = [outcome(api, id, options.wait) for id in ids] if options.wait else [0]
    except GivenUp as end:
        print(end, file=sys.stderr)
        return end.exit_code
    except KeyboardInterrupt:
        print("Broken off. Run it again, and it goes on.", file=sys.stderr)
        return 130
    return next((code for code in (1, 4, 3) if code in codes), 0)


if __name__ == "__main__":
    sys.exit(main())
