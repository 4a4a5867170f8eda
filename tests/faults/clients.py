"""Researchers who upload, replace and retract while parts die, and remember every promise they were given."""

import threading
import time
import uuid
from dataclasses import dataclass, field

import requests

from tests.faults.files import STUDENTS, File

GIVE_UP_SECONDS = 90
LARGE = 10_000  # lines: worth timing
ALLOWED = (200, 201, 202, 409, 503)  # all that trouble with parts may be answered with


@dataclass
class Promise:
    """A submission that was answered with 201, or 200 where an earlier 201 was lost on its way."""

    id: str
    file: File
    replaces: str | None = None
    retraction: bool = False  # a DELETE of it was answered with 202


@dataclass
class Book:
    """What was sent and what was promised, by everybody."""

    files: dict[str, File] = field(default_factory=dict)  # by sha256: also those that were never promised
    promises: dict[str, Promise] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)  # answers that no dying part excuses
    unanswered: int = 0
    upload_seconds: list[float] = field(default_factory=list)  # of large files, where the first try was answered
    lock: threading.Lock = field(default_factory=threading.Lock)

    def promised(self, promise: Promise) -> None:
        with self.lock:
            self.promises.setdefault(promise.id, promise)

    def surprised(self, text: str) -> None:
        with self.lock:
            self.surprises.append(text)

    def replaceable(self) -> list[Promise]:
        """Promises that nobody has replaced or taken back yet, oldest first."""
        gone = {promise.replaces for promise in self.promises.values()}
        return [promise for promise in self.promises.values() if not promise.retraction and promise.id not in gone]


class Client:
    """One researcher. Each call is one HTTP request, repeated under the same Idempotency-Key while nobody answers."""

    def __init__(self, api: str, key: str, book: Book, patient: bool = True) -> None:
        self._api = api
        self._headers = {"Authorization": f"Bearer {key}"}
        self._book = book
        self._tries = 0
        self._patience = GIVE_UP_SECONDS if patient else 0.0

    def send(self, file: File, replaces: str | None = None) -> Promise | None:
        """Upload; None where no promise was given."""
        with self._book.lock:
            self._book.files[file.sha256] = file
        method, path = "POST", f"datasets/{STUDENTS}/submissions"
        if replaces:
            method, path = "PUT", f"submissions/{replaces}/file"
        headers = {"Content-Type": "text/csv", "Idempotency-Key": str(uuid.uuid4())}
        start = time.monotonic()
        answer = self._request(method, path, headers=headers, data=file.content)
        if file.lines >= LARGE and answer is not None and self._tries == 1:
            self._book.upload_seconds.append(time.monotonic() - start)
        if answer is None or answer.status_code not in (200, 201):
            return None
        promise = Promise(answer.json()["id"], file, replaces)
        if answer.json()["sha256"] != file.sha256:
            self._book.surprised(f"submission {promise.id} was promised for other bytes than were sent")
        self._book.promised(promise)
        return promise

    def retract(self, promise: Promise) -> None:
        """Take a submission back; the book remembers it where the API said yes."""
        answer = self._request("DELETE", f"submissions/{promise.id}")
        if answer is not None and answer.status_code == 202:
            promise.retraction = True

    def _request(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: object
    ) -> requests.Response | None:
        deadline = time.monotonic() + self._patience
        self._tries = 0
        while True:
            self._tries += 1
            try:
                answer = requests.request(
                    method, f"{self._api}/{path}", headers=self._headers | (headers or {}), timeout=60, **more
                )
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code not in ALLOWED:
                self._book.surprised(
                    f"{method} {path.partition('/')[0]} was answered with {answer.status_code}: {answer.text[:300]}"
                )
                return None
            if answer is not None and answer.status_code != 503:
                return answer
            if time.monotonic() > deadline:
                with self._book.lock:
                    self._book.unanswered += 1
                return None
            time.sleep(0.3)
