"""gzip files as streams: what comes in in pieces is unpacked piece by piece."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from elt.reading.detecting import Compression
from elt.receiving.packing import PIECE_BYTES, Meter, broken_archive
from elt.receiving.streams import Content, Pieces

GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header and checksum


class Gunzip:
    """Unpacks a gzip file that comes in pieces. Raises Refused where it is broken or a bomb."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._member = zlib.decompressobj(GZIP_WINDOW)
        self._begun = False  # the member that is being read has had its first byte

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What these bytes unpack to, in small pieces. A file may be several gzip members, one after the other."""
        self._meter.went_in(len(packed))
        try:
            while packed or self._begun:
                if self._member.eof:
                    self._member, self._begun = zlib.decompressobj(GZIP_WINDOW), False
                if not self._begun and not (packed := packed.lstrip(b"\0")):  # padding, as tape and tar leave it
                    return
                self._begun = True
                piece = self._member.decompress(packed, PIECE_BYTES)
                packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
                self._meter.came_out(len(piece))
                if piece:
                    yield piece
                if not packed and not self._member.eof and len(piece) < PIECE_BYTES:
                    return
        except zlib.error as error:
            raise broken_archive() from error

    def finish(self) -> None:
        """Raises Refused where the file ended too early."""
        if self._begun and not self._member.eof:
            raise broken_archive()


def unpacked(packed: BinaryIO, meter: Meter) -> Pieces:
    """A gzip file's content as a stream, while the file is being read."""

    def pieces() -> Iterator[bytes]:
        gunzip = Gunzip(meter)
        while chunk := packed.read(PIECE_BYTES):
            yield from gunzip.feed(chunk)
        gunzip.finish()

    return Pieces(pieces())


def gzip_sample(head: bytes, size: int) -> bytes:
    """The first `size` bytes of a gzip file's content, from its own first bytes."""
    sample = b""
    for piece in Gunzip(Meter(None)).feed(head):
        sample += piece
        if len(sample) >= size:
            break
    return sample[:size]


class GzipWatcher:
    """Unpacks, on the side, a gzip file that is on its way into the store: is it whole, and what is in it?"""

    def __init__(self, max_bytes: int | None) -> None:
        self._gunzip = Gunzip(Meter(max_bytes))
        self._digest = hashlib.sha256()

    def feed(self, chunk: bytes) -> None:
        for piece in self._gunzip.feed(chunk):
            self._digest.update(piece)

    def content(self) -> Content:
        self._gunzip.finish()
        return Content(self._digest.hexdigest(), Compression("gzip"))
