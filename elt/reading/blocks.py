"""A file as blocks of whole lines, in UTF-8 whatever it came in; constant memory."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 2**19
LINE_LIMIT = 2**20  # characters; a longer line is refused, so that memory stays flat whatever the file
KEPT_OF_A_LINE = 4 * LINE_LIMIT  # bytes: no fewer than LINE_LIMIT characters in any script
LINE_END = b"\n"
UTF8 = ("utf-8", "utf-8-sig", "ascii")
# What surrogateescape makes of bytes that the encoding does not know; UTF-16 needs help to do the same.
codecs.register_error("mark_undecodable", lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Block:
    """Whole physical lines as they were sent, the first of them being line `first_number` of the file."""

    data: bytes
    first_number: int
    is_last: bool

    @cached_property
    def plain(self) -> bytes:
        """The same lines, each ended by a line feed alone."""
        data = self.data
        if b"\r" in data:
            data = data.replace(b"\r\n", LINE_END).replace(b"\r", LINE_END)
        return data if data.endswith(LINE_END) else data + LINE_END

    @cached_property
    def line_count(self) -> int:
        """Physical lines of the block."""
        return self.plain.count(LINE_END)

    @cached_property
    def offsets(self) -> NDArray[np.int32]:
        """Where in `plain` each line begins, and where the last one ends: one more than there are lines."""
        return line_offsets(self.plain)

    def line(self, index: int) -> bytes:
        """A line with the end that it was sent with."""
        start, end = self._sent_offsets[index], self._sent_offsets[index + 1]
        return self.data[start:end]

    def lines_from(self, index: int) -> bytes:
        """All lines from this one on, as they were sent."""
        return self.data[self._sent_offsets[index] :]

    @cached_property
    def _sent_offsets(self) -> NDArray[np.int64]:
        """Where in `data` each line begins: where all lines end alike, this follows from `offsets`."""
        offsets = self.offsets.astype(np.int64)
        removed = len(self.plain) - len(self.data)
        if b"\r" not in self.data or (removed == 0 and b"\n" not in self.data):
            return offsets
        if -removed == self.line_count and self.data.endswith(b"\r\n"):
            return offsets + np.arange(len(offsets))
        return np.cumsum([0, *map(len, self.data.splitlines(keepends=True))])


def line_offsets(text: bytes) -> NDArray[np.int32]:
    """Where each line begins in a text whose lines all end in a line feed, and where the last one ends."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == LINE_END[0])
    offsets = np.zeros(len(ends) + 1, np.int32)
    np.add(ends, 1, out=offsets[1:], casting="unsafe")
    return offsets


class Blocks:
    """Gives block after block; lines that cannot be judged without those that follow may be given back."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._chunks = _utf8_chunks(stream, encoding)
        self._rest = b""
        self._next_number = 1

    def __iter__(self) -> Iterator[Block]:
        while (block := self._take()) is not None:
            yield block

    def give_back(self, block: Block, index: int) -> None:
        """Let the lines of the block from `index` on come again, at the head of the next one."""
        self._rest = block.lines_from(index) + self._rest
        self._next_number = block.first_number + index

    def _take(self) -> Block | None:
        data, cut = self._rest, 0
        while cut == 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                cut = len(data)
                break
            data += chunk
            cut = _last_line_end(data)
            if cut == 0 and len(data) > KEPT_OF_A_LINE:
                data = data[:KEPT_OF_A_LINE] + self._next_line_end()
                cut = _last_line_end(data)
        self._rest = data[cut:]
        if cut == 0:
            return None
        block = Block(data[:cut], self._next_number, is_last=chunk is None)
        self._next_number += block.line_count
        return block

    def _next_line_end(self) -> bytes:
        """Pass over the rest of an endless line; what follows, from its end on."""
        for chunk in self._chunks:
            ends = [place for end in (b"\n", b"\r") if (place := chunk.find(end)) >= 0]
            if ends:  # with what follows: a carriage return alone may be half of a line end
                return chunk[min(ends) :] + next(self._chunks, b"")
        return b""


def _last_line_end(data: bytes) -> int:
    """How many bytes are whole lines; a carriage return at the very end may be half of a line end."""
    return data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1


def _utf8_chunks(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The stream in UTF-8, without byte order mark. What its encoding does not know becomes bytes unknown to UTF-8."""
    if encoding in UTF8:
        first = stream.read(BLOCK_BYTES)
        yield first.removeprefix(codecs.BOM_UTF8)
        while chunk := stream.read(BLOCK_BYTES):
            yield chunk
        return
    errors = "mark_undecodable" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    while chunk := stream.read(BLOCK_BYTES):
        yield decoder.decode(chunk).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")
