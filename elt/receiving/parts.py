"""The parts of a large upload, in the store: which are missing, where to put them, and all of them as one stream."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from elt.errors import Conflict, Refused
from elt.receiving.uploads import Upload
from elt.store import ObjectStore

URL_SECONDS = 3600
NAMED_PARTS = 100  # in an error's message; GET lists them all


@dataclass(frozen=True)
class Missing:
    """A part that has not arrived; `found_bytes` where something else lies in its place."""

    number: int
    byte_count: int
    found_bytes: int | None = None


def missing(store: ObjectStore, upload: Upload) -> list[Missing]:
    """Every part that is not in the store with its whole size, by number."""
    found = store.sizes(upload.prefix)
    expected = ((number, upload.part_size(number)) for number in range(1, upload.part_count + 1))
    return [
        Missing(number, size, found.get(upload.part_key(number)))
        for number, size in expected
        if found.get(upload.part_key(number)) != size
    ]


def part_url(store: ObjectStore, upload: Upload, number: int) -> str:
    """Where its sender may put this part, and nothing of another size, for URL_SECONDS."""
    return store.presigned_put(upload.part_key(number), upload.part_size(number), URL_SECONDS)


def parts_missing(gaps: list[Missing]) -> Conflict:
    """Names the parts, and those of another size among them."""
    numbers = ", ".join(str(gap.number) for gap in gaps[:NAMED_PARTS])
    more = f" and {len(gaps) - NAMED_PARTS} more" if len(gaps) > NAMED_PARTS else ""
    return Conflict(
        "parts_missing",
        f"Not every part has arrived whole. Missing: {numbers}{more}.",
        allowed="Every part in the store, each of the size that was asked for.",
        remedy="GET the upload: it lists what is missing with new URLs. Send those, then complete it again.",
        missing=[gap.number for gap in gaps],
        wrong_size=[gap.number for gap in gaps if gap.found_bytes is not None],
    )


def clear(store: ObjectStore, upload: Upload) -> None:
    """Remove its parts from the store."""
    for key in store.sizes(upload.prefix):
        store.delete(key)


@contextmanager
def content(store: ObjectStore, upload: Upload) -> Iterator[BinaryIO]:
    """The whole file. Raises NotFound where a part is gone, Refused at the end where the hash is not that announced."""
    with closing(_PartsInARow(store, upload)) as stream:
        yield cast(BinaryIO, stream)


class _PartsInARow(io.RawIOBase):
    """One part opened after the other."""

    def __init__(self, store: ObjectStore, upload: Upload) -> None:
        super().__init__()
        self._store = store
        self._keys = (upload.part_key(number) for number in range(1, upload.part_count + 1))
        self._opened = ExitStack()
        self._part: BinaryIO | None = None
        self._announced = upload.sha256
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Bytes of one part, at most `size`; nothing at the end."""
        if size < 0:
            return self.readall()
        while True:
            if self._part is None:
                key = next(self._keys, None)
                if key is None:
                    self._check()
                    return b""
                self._part = self._opened.enter_context(self._store.open(key))
            if chunk := self._part.read(size):
                if self._announced:
                    self._digest.update(chunk)
                return chunk
            self._opened.close()
            self._part = None

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def _check(self) -> None:
        if self._announced and self._digest.hexdigest() != self._announced:
            raise Refused(
                "hash_mismatch",
                "The bytes that arrived are not those whose SHA-256 was announced.",
                allowed="The file as it was when its hash was taken.",
                remedy="See that nothing writes to the file, and send it again.",
            )

    def close(self) -> None:
        """Let go of the part that is being read."""
        self._opened.close()
        super().close()
