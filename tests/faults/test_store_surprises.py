"""Objects that go or change between being listed and being read, behind the back of whoever serves them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest

from tests.faults import truths
from tests.faults.clients import Book, Client, Promise
from tests.faults.files import students_file
from tests.faults.parts import POLLERS, Parts, signal_all, wait_until

OTHER_BYTES = b"Student ID\nX\n"


@contextmanager
def nobody_polls(parts: Parts) -> Iterator[None]:
    """Between the promise and the load there is time for a surprise."""
    polls = [process for name in POLLERS for process in parts.family(name)]
    signal_all(polls, SIGSTOP)
    try:
        yield
    finally:
        signal_all(polls, SIGCONT)


def path_of(parts: Parts, key: str) -> Path:
    """Where the store keeps an object."""
    return parts.plan.home.path / "s3" / parts.settings.s3_bucket / key


def delete_through_the_store(parts: Parts, key: str) -> None:
    parts.store.delete(key)


def forget(parts: Parts) -> None:
    """The embedded store remembers a folder for five minutes, and fails meanwhile; one that starts anew looks."""
    doomed = parts.family("s3")
    signal_all(doomed, SIGKILL)
    parts.wait_until_back(doomed)


def delete_behind_its_back(parts: Parts, key: str) -> None:
    path_of(parts, key).unlink()
    forget(parts)


def overwrite_through_the_store(parts: Parts, key: str) -> None:
    parts.store.put(key, io.BytesIO(OTHER_BYTES))


def overwrite_behind_its_back(parts: Parts, key: str) -> None:
    path_of(parts, key).write_bytes(OTHER_BYTES)
    forget(parts)


def change_one_byte(parts: Parts, key: str) -> None:
    with path_of(parts, key).open("r+b") as file:
        file.seek(-2, io.SEEK_END)
        byte = file.read(1)
        file.seek(-1, io.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def state(parts: Parts, promise: Promise) -> tuple[str, str]:
    return parts.query("select status, error_code from catalog.submission where id = %s", [promise.id])[0]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("surprise", "code"),
    [
        (delete_through_the_store, "object_lost"),
        (delete_behind_its_back, "object_lost"),
        (overwrite_through_the_store, "object_changed"),
        (overwrite_behind_its_back, "object_changed"),
        (change_one_byte, "object_changed"),
    ],
)
def test_an_object_that_is_not_what_was_sent_is_named_and_mended_by_its_sender(
    parts: Parts, surprise: Callable[[Parts, str], None], code: str
) -> None:
    book = Book()
    client = Client(parts.api, parts.key, book)
    file, other = (students_file(Random(0), f"{surprise.__name__}-{n}", 3000) for n in range(2))
    with nobody_polls(parts):
        promise, unharmed = client.send(file), client.send(other)
        assert promise is not None
        assert unharmed is not None
        [(key,)] = parts.query("select object_key from catalog.submission where id = %s", [promise.id])
        surprise(parts, key)
    wait_until(lambda: state(parts, unharmed)[0] == "loaded", 30, "the other file is loaded")
    wait_until(lambda: state(parts, promise)[0] == "failed", 30, "the harmed file is refused")
    assert state(parts, promise) == ("failed", code)
    look_rows = "select count(*) from raw.laurel_students where student_id like %s"
    assert parts.query(look_rows, [f"{surprise.__name__}-0-%"]) == [(0,)]
    # The sender has the bytes; the same file again stands in for what was lost.
    again = client.send(file)
    assert again is not None
    assert again.id == promise.id
    wait_until(lambda: state(parts, promise)[0] == "loaded", 30, "the harmed file is loaded")
    assert [sentence for sentence in truths.broken(parts, book) if promise.id in sentence] == []
