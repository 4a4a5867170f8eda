"""A stream of bytes that is looked at, counted and hashed on its way."""

import hashlib
import io
from typing import BinaryIO

from elt.detecting import SAMPLE_BYTES
from elt.errors import Refused


class Source(io.RawIOBase):
    """Passes a stream on once; `sample()` shows its beginning first. Raises Refused past `max_bytes`."""

    def __init__(self, stream: BinaryIO, max_bytes: int | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._max_bytes = max_bytes
        self._head = b""
        self._digest = hashlib.sha256()
        self.byte_count = 0

    @property
    def sha256(self) -> str:
        """Of everything read so far, as hexadecimal."""
        return self._digest.hexdigest()

    def sample(self) -> bytes:
        """The first bytes (at most SAMPLE_BYTES); reading still starts with them."""
        while len(self._head) < SAMPLE_BYTES and (chunk := self._stream.read(SAMPLE_BYTES - len(self._head))):
            self._head += chunk
        return self._head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._head[: len(buffer)] or self._stream.read(len(buffer))
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
