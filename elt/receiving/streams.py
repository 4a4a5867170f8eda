"""A stream of bytes that is looked at, counted and hashed on its way."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from elt.errors import Refused
from elt.reading.detecting import SAMPLE_BYTES, Compression

READ_BYTES = 2**20


@dataclass(frozen=True)
class Content:
    """The CSV inside a file: its hash, the same however it is packed, and its packing."""

    sha256: str
    compression: Compression | None = None


class Pieces(io.RawIOBase):
    """Pieces of bytes as one stream, to be read once. Raises what making the pieces raises."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes at hand, at most `size`: without a copy where that is a whole piece."""
        if size < 0:
            return self.readall()
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            if len(piece) <= size:
                if piece:
                    return piece
                continue
            self._rest = memoryview(piece)
        taken, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return taken


class Watcher(Protocol):
    """Sees every byte that passes, and knows at the end what the content was. May raise Refused at any time."""

    def feed(self, chunk: bytes) -> None: ...

    def content(self) -> Content: ...


class Source(io.RawIOBase):
    """Passes a stream on once; `sample()` shows its beginning first. Raises Refused past `max_bytes`."""

    def __init__(self, stream: BinaryIO, max_bytes: int | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._max_bytes = max_bytes
        self._head = b""
        self._digest = hashlib.sha256()
        self._watcher: Watcher | None = None
        self.total_bytes: int | None = getattr(stream, "total_bytes", None)  # where its sender has told it
        self.byte_count = 0

    @property
    def sha256(self) -> str:
        """Of everything read so far, as hexadecimal."""
        return self._digest.hexdigest()

    def watched_by(self, watcher: Watcher) -> "Source":
        """The same, whose bytes are also shown to somebody else; said before the first is read."""
        self._watcher = watcher
        return self

    def content(self) -> Content:
        """Of the whole stream, once it was read. Raises Refused where it turned out to be broken."""
        return self._watcher.content() if self._watcher else Content(self.sha256)

    def sample(self) -> bytes:
        """The first bytes (at most SAMPLE_BYTES); reading still starts with them."""
        while len(self._head) < SAMPLE_BYTES and (chunk := self._stream.read(SAMPLE_BYTES - len(self._head))):
            self._head += chunk
        return self._head

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes at hand, at most `size` and a mebibyte, without a copy; all that is left where size is -1."""
        if size < 0:
            return self.readall()
        chunk = self._head[:size] or self._stream.read(min(size, READ_BYTES))
        self._head = self._head[len(chunk) :]
        self._digest.update(chunk)
        self.byte_count += len(chunk)
        if self._max_bytes is not None and self.byte_count > self._max_bytes:
            raise Refused(
                "too_large",
                f"The file is larger than {self._max_bytes:,} bytes.",
                allowed=f"At most {self._max_bytes:,} bytes a file.",
                remedy="Split it into several files; each may be sent on its own.",
            )
        if self._watcher:
            self._watcher.feed(chunk)
        return chunk

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def drained_sha256(self) -> str:
        """Read to the end, keeping nothing, and hash it all."""
        while self.read(2**20):
            pass
        return self.sha256

    def buffered(self) -> io.BufferedReader:
        """The same stream with reads that wait until they are full, as S3's parts must be."""
        return io.BufferedReader(self, 2**20)
