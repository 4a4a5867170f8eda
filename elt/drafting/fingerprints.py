"""A number of 64 bits for every cell, on disk: what is distinct, repeated or a key is exact, in constant memory.

Two different texts among ten million share their number once in 370,000 files, and then a key is not proposed; no
value can be read back from them. Python draws the secret of its hash anew in each process, so that nobody can make
texts that share it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BLOCK_NUMBERS = 2**20  # numbers written together, column after column: 8 MB
PART_ROWS = 2**20  # so many numbers are sorted at a time, 8 MB of them
NAMED_LINES = 5

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Repeats:
    """Rows that are not as they should be beside others: how many, and the first lines of them."""

    count: int
    lines: tuple[int, ...]


class _Part(NamedTuple):
    """Rows, each block's equal ones as one: how many they are, the first's line, and lines of others among them."""

    hashes: Hashes
    values: Hashes
    lines: Hashes
    counts: npt.NDArray[np.int64]
    repeated_lines: Hashes


class Fingerprints:
    """The numbers of a table. Give it batches, then `close_writing`, then ask; a context manager frees the disk."""

    def __init__(self, column_count: int) -> None:
        self.whole_row = column_count  # where the number of a row's cells all together stands
        self._width = column_count + 2  # the last one is the row's physical line number
        self._block = max(BLOCK_NUMBERS // self._width, 1)  # rows
        self._file = tempfile.TemporaryFile(prefix="laurel-draft-")  # noqa: SIM115 - closed by close()
        self._waiting: list[list[Hashes]] = []
        self._waiting_rows = 0
        self.row_count = 0

    def __enter__(self) -> "Fingerprints":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def add(self, columns: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """A batch of rows, column by column, with the physical lines on which they start."""
        batch = [np.fromiter(map(hash, cells), np.int64, len(lines)).view(np.uint64) for cells in columns]
        self._waiting.append([*batch, _mix(batch, len(lines)), np.asarray(lines, np.uint64)])
        self._waiting_rows += len(lines)
        if self._waiting_rows >= self._block:
            self._write_blocks()

    def close_writing(self) -> None:
        """Everything is there; the last block is filled up with zeros that are never read."""
        self._write_blocks(last=True)
        self._file.flush()

    def _write_blocks(self, last: bool = False) -> None:
        joined = [np.concatenate(parts) for parts in zip(*self._waiting, strict=True)] if self._waiting else []
        start = 0
        while joined and (rows := min(self._block, len(joined[0]) - start)) and (rows == self._block or last):
            for column in joined:
                block = np.zeros(self._block, np.uint64)
                block[:rows] = column[start : start + rows]
                self._file.write(block.tobytes())
            start += rows
            self.row_count += rows
        rest = [column[start:] for column in joined]
        self._waiting_rows = len(rest[0]) if rest else 0
        self._waiting = [rest] if self._waiting_rows else []

    def distinct_count(self, columns: Sequence[int]) -> int:
        """How many different rows there are, of these columns alone."""
        return sum(len(np.unique(part.hashes)) for part in self._parts(columns))

    def is_unique(self, columns: Sequence[int]) -> bool:
        """Whether no two rows are the same in these columns; most that are not show it in the first rows."""
        first = self.first_rows(columns, self._block)
        if len(np.unique(first)) < len(first):
            return False
        parts = self._parts(columns)
        return all((part.counts == 1).all() and len(np.unique(part.hashes)) == len(part.hashes) for part in parts)

    def first_rows(self, columns: Sequence[int], rows: int) -> Hashes:
        """One number for each of the file's first rows in these columns; never more than one block of them."""
        return self._mixed(columns, 0)[:rows]

    def repeats(self, columns: Sequence[int]) -> Repeats:
        """Rows that equal an earlier one in these columns."""
        count, named = 0, list[int]()
        for part in self._parts(columns):
            order = np.lexsort((part.lines, part.hashes))
            hashes = part.hashes[order]
            again = part.lines[order[1:][hashes[1:] == hashes[:-1]]]  # the first of their block, not of the file
            count += int(part.counts.sum()) - len(hashes) + len(again)
            named = sorted([*named, *map(int, part.repeated_lines), *_smallest(again)])[:NAMED_LINES]
        return Repeats(count, tuple(named))

    def second_partners(self, column: int, partner: int) -> Repeats:
        """Rows whose value of `column` stands more often with another value of `partner`, and where that begins."""
        count, named = 0, list[int]()
        for part in self._parts([column, partner], divided_by=column):
            order = np.lexsort((part.lines, part.hashes))
            starts = np.flatnonzero(_is_new(part.hashes[order]))  # of the same pair in all blocks
            sizes = np.add.reduceat(part.counts[order], starts)
            lines, values = part.lines[order][starts], part.values[order][starts]
            by_size = np.lexsort((lines, -sizes, values))  # of each value, the usual pair first
            unusual = by_size[~_is_new(values[by_size])]
            count += int(sizes[unusual].sum())
            named = sorted([*named, *_smallest(lines[unusual])])[:NAMED_LINES]
        return Repeats(count, tuple(named))

    def collision_rate(self, column: int) -> float:
        """How likely two rows drawn from the file's first block have the same value in this column."""
        first = self._mixed([column], 0)[: self.row_count]
        _, counts = np.unique(first, return_counts=True)
        return float(np.square(counts / len(first)).sum()) if len(first) else 1.0

    def _parts(self, columns: Sequence[int], divided_by: int | None = None) -> Iterator[_Part]:
        """All rows in parts that are not empty, equal ones in the same part, each block's equal ones as one.

        Rows with an equal number in the column `divided_by` come into the same part, whatever else is in them.
        """
        part_count = -(-self.row_count // PART_ROWS)
        for number in range(part_count):
            found = [self._part_of_block(columns, divided_by, block, part_count, number) for block in self._blocks]
            part = _Part(*map(np.concatenate, zip(*found, strict=True)))
            if len(part.hashes):
                yield part._replace(repeated_lines=np.sort(part.repeated_lines)[:NAMED_LINES])

    def _part_of_block(
        self, columns: Sequence[int], divided_by: int | None, block: int, part_count: int, number: int
    ) -> _Part:
        hashes = self._mixed(columns, block)
        values = hashes if divided_by is None else self._mixed([divided_by], block)
        chosen = np.flatnonzero(values % np.uint64(part_count) == number)
        chosen = chosen[np.argsort(hashes[chosen], kind="stable")]  # stable: of equals the first line stays first
        is_new = _is_new(hashes[chosen])
        first = chosen[is_new]
        counts = np.diff(np.append(np.flatnonzero(is_new), len(chosen)))
        lines = self._column(self._width - 1, block)
        return _Part(hashes[first], values[first], lines[first], counts, np.sort(lines[chosen[~is_new]])[:NAMED_LINES])

    @property
    def _blocks(self) -> range:
        return range(-(-self.row_count // self._block))

    def _mixed(self, columns: Sequence[int], block: int) -> Hashes:
        """One number for the cells of a row in these columns; their order counts."""
        rows = min(self._block, self.row_count - block * self._block)
        return _mix([self._column(column, block) for column in columns], rows)

    def _column(self, column: int, block: int) -> Hashes:
        self._file.seek((block * self._width + column) * self._block * 8)
        rows = min(self._block, self.row_count - block * self._block)
        return np.frombuffer(self._file.read(rows * 8), np.uint64)


def _mix(columns: Sequence[Hashes], rows: int) -> Hashes:
    mixed = np.zeros(rows, np.uint64)
    for column in columns:
        mixed = _scatter(mixed * np.uint64(0x9E3779B97F4A7C15) + column)
    return mixed


def _scatter(numbers: Hashes) -> Hashes:
    """splitmix64's last step: each bit of the result depends on every bit given."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _is_new(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Of sorted numbers, each that differs from the one before."""
    is_new = np.ones(len(hashes), np.bool_)
    is_new[1:] = hashes[1:] != hashes[:-1]
    return is_new


def _smallest(lines: Hashes) -> list[int]:
    if len(lines) > NAMED_LINES:
        lines = np.partition(lines, NAMED_LINES)[:NAMED_LINES]
    return [int(line) for line in lines]
