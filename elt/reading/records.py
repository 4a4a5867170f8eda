"""From bytes to records, each with the line on which it starts; how to read them, elt.reading.detecting found out."""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elt.reading.blocks import LINE_LIMIT, Block, Blocks
from elt.reading.detecting import Layout

RECORD_LINE_LIMIT = 200  # a quoted cell that runs over more lines is taken for an unclosed quote
# What surrogateescape makes of bytes that are not valid in the file's encoding.
UNDECODABLE = re.compile("[\udc80-\udcff]")
# A cell may be as long as a record may be; Python's limit is lower.
csv.field_size_limit(2 * LINE_LIMIT)


class Record(NamedTuple):
    """One record: `line_number` is the physical line it starts on (header = line 1); `error` is a code or None."""

    line_number: int
    cells: list[str]
    raw_text: str
    error: str | None


def read_records(stream: BinaryIO, front: Layout) -> Iterator[Record]:
    """Every record after the header; lines of nothing or blanks are passed over. Constant memory.

    A quote that is opened and not closed costs its own line only: reading goes on with the line after it.
    """
    blocks = Blocks(stream, front.encoding)
    for block in blocks:
        yield from records_of(blocks, block, front, np.zeros(block.line_count, np.bool_))


def records_of(blocks: Blocks, block: Block, front: Layout, proven: NDArray[np.bool_]) -> list[Record]:
    """The records of a block's lines but for the header and those that are `proven` good as they stand.

    A line that turns out to lie within a quoted cell is no longer proven; nor is one that comes again with the next
    block, because a cell that opens before it does not end in this one.
    """
    found: list[Record] = []
    done = max(0, front.header_line_number + front.header_line_count - block.first_number)
    proven[:done] = False
    for index in np.flatnonzero(~proven[done:]) + done:
        if index < done:
            continue
        taken = _record_at(block, int(index), front)
        if taken is None:
            blocks.give_back(block, int(index))
            proven[index:] = False
            break
        record, done = taken
        proven[index:done] = False
        if record:
            found.append(record)
    return found


def _record_at(block: Block, index: int, front: Layout) -> tuple[Record | None, int] | None:
    """The record that begins with this line, and the index after its last; None where the block ends too early."""
    line = _text(block, index)
    if len(line) >= LINE_LIMIT:
        return Record(block.first_number + index, [], line[:1000], "line_too_long"), index + 1
    if front.quote_char and front.quote_char in line:
        return _quoted_record(block, index, front, front.quote_char)
    text = line.rstrip("\r\n")
    record = Record(block.first_number + index, text.split(front.delimiter), text, None) if text.strip(" ") else None
    return record, index + 1


def _quoted_record(block: Block, first: int, front: Layout, quote: str) -> tuple[Record, int] | None:
    """A record in which a cell is quoted, and so may run over several lines."""
    number, lines, after = block.first_number + first, [_text(block, first)], first + 1
    room = np.searchsorted(block.offsets, int(block.offsets[first]) + LINE_LIMIT)
    last = min(block.line_count, first + RECORD_LINE_LIMIT, int(room))
    while True:
        try:
            reader = csv.reader(lines, delimiter=front.delimiter, quotechar=quote, strict=True)
            cells = next(reader)
        except csv.Error as error:
            code = "unclosed_quote" if "unexpected end of data" in str(error) else "stray_quote"
        else:
            if len(lines) == 1 or len(cells) == len(front.header):
                return Record(number, cells, "".join(lines).rstrip("\r\n"), None), after
            code = "stray_quote"  # the quote was closed by a later line's, and took whole records in between
        closing = _next_with_quote(block, after, last, quote) if code == "unclosed_quote" else None
        if closing is None:
            if code == "unclosed_quote" and last == block.line_count and not block.is_last:
                return None
            # With more than one line taken, the quote did open here, whatever came after it.
            code = "unclosed_quote" if len(lines) > 1 else code
            return Record(number, [], lines[0].rstrip("\r\n"), code), first + 1
        lines += [_text(block, index) for index in range(after, closing + 1)]
        after = closing + 1


def _next_with_quote(block: Block, start: int, end: int, quote: str) -> int | None:
    """The first of these lines that can close a cell."""
    return next((index for index in range(start, end) if quote.encode() in block.line(index)), None)


def _text(block: Block, index: int) -> str:
    return block.line(index).decode("utf-8", "surrogateescape")
