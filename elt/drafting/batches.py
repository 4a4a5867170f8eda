"""The file's good records in batches, column by column, as fast as Python's csv reads a block of lines at once.

What is good, and what is wrong with the rest, says `elt.reading.records` alone: a block in which every line is a record
of the right length is taken as csv gives it, which is the same; in any other block only lines that are plainly such
records.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from elt.reading.blocks import LINE_LIMIT, Block, Blocks
from elt.reading.detecting import Layout
from elt.reading.records import Record, records_of

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """Good records: `columns[j][i]` is a cell of the one that starts on line `lines[i]`. And the bad ones, if any."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    bad: Sequence[Record]


def read_batches(stream: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """Every record after the header, a batch for each block of the file."""
    blocks = Blocks(stream, layout.encoding)
    for block in blocks:
        batch = _whole_block(block, layout) or _mixed_block(blocks, block, layout)
        if batch.lines or batch.bad:
            yield batch


def _whole_block(block: Block, layout: Layout) -> Batch | None:
    """The block, if each of its lines after the header is blank or a record with a cell for every column."""
    first = max(0, layout.header_line_number + layout.header_line_count - block.first_number)
    if first > block.line_count or np.diff(block.offsets).max(initial=0) >= LINE_LIMIT:
        return None
    if first == block.line_count:
        return Batch([], [], [])
    text = block.plain[block.offsets[first] :].decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    lines.pop()  # what follows the last line end
    numbers: Sequence[int] = range(block.first_number + first, block.first_number + block.line_count)
    if not all(map(str.strip, lines)):
        written = [bool(line.strip(" ")) for line in lines]
        numbers, lines = list(compress(numbers, written)), list(compress(lines, written))
    rows = _rows(lines, layout)
    if rows is None:
        return None
    if not all(map(_is_written, rows)):
        numbers, rows = list(compress(numbers, map(_is_written, rows))), list(filter(_is_written, rows))
    return Batch(numbers, list(zip(*rows, strict=True)), [])


def _is_written(row: list[str]) -> bool:
    """Whether anything stands in the row: others are refused when a file is loaded, and say nothing of its columns."""
    return bool("".join(row).strip())


def _rows(lines: list[str], layout: Layout) -> list[list[str]] | None:
    """The cells of each line; None where one is no record, a record of another length, or part of one."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if layout.quote_char else csv.QUOTE_NONE
    reader = csv.reader(
        lines, delimiter=layout.delimiter, quotechar=layout.quote_char, quoting=quoting, strict=bool(layout.quote_char)
    )
    try:
        rows = list(reader)
    except csv.Error:
        return None
    # As many rows as lines: no quoted cell ran on into another line.
    width = len(layout.header)
    return rows if len(rows) == len(lines) and all(len(row) == width for row in rows) else None


def _mixed_block(blocks: Blocks, block: Block, layout: Layout) -> Batch:
    """The block's plain lines by csv, every other one as the loader reads it."""
    plain = _plain_lines(block, layout)
    candidates = np.flatnonzero(plain)
    lines = [block.line(int(index)).decode("utf-8", "surrogateescape").rstrip("\r\n") for index in candidates]
    rows = _rows(lines, layout)
    if rows is None:  # a cell that is itself a delimiter, and looks like one
        plain[:] = False
        candidates, rows = candidates[:0], []
    others = records_of(blocks, block, layout, plain)  # says too which of them stand within a quoted cell
    width = len(layout.header)
    good = [one for one in others if one.error is None and len(one.cells) == width and _is_written(one.cells)]
    bad = [record for record in others if record.error is not None or len(record.cells) != width]
    found = [
        (block.first_number + int(index), row)
        for index, row in zip(candidates, rows, strict=True)
        if plain[index] and _is_written(row)
    ]
    found = sorted([*found, *((record.line_number, record.cells) for record in good)])
    return Batch([line for line, _ in found], list(zip(*(row for _, row in found), strict=True)), bad)


def _plain_lines(block: Block, layout: Layout) -> Flags:
    """Lines with as many delimiters as a record has, and either no quotation mark or two around every cell."""
    data, offsets, width = np.frombuffer(block.plain, np.uint8), block.offsets, len(layout.header)
    is_delimiter = data == ord(layout.delimiter)
    short = np.diff(offsets) < LINE_LIMIT
    filled = np.diff(offsets) - _count(data == ord(" "), offsets) > 1
    right_length: Flags = filled & short & (_count(is_delimiter, offsets) == width - 1)
    if layout.quote_char is None:
        return right_length
    is_quote = data == ord(layout.quote_char)
    quotes = _count(is_quote, offsets)
    between: Flags = np.zeros(len(data), np.bool_)  # a delimiter between two cells in quotation marks
    between[1:-1] = is_delimiter[1:-1] & is_quote[:-2] & is_quote[2:]
    around = is_quote[offsets[:-1]] & is_quote[np.maximum(offsets[1:] - 2, 0)]
    all_quoted = around & (quotes == 2 * width) & (_count(between, offsets) == width - 1)
    right_length &= all_quoted | (quotes == 0)
    return right_length


def _count(signs: Flags, offsets: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many there are in each line."""
    return np.diff(np.searchsorted(np.flatnonzero(signs), offsets))
