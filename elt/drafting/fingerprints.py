"""A number of 64 bits for every cell, on disk: what is distinct, repeated or a key is exact, in constant memory.

Two different texts among ten million share their number once in 370,000 files, and then a key is not proposed; no
value can be read back from them. Python draws the secret of its hash anew in each process, so that nobody can make
texts that share it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLOCK_NUMBERS = 2**20  # numbers written together, column after column: 8 MB
PART_ROWS = 2**21  # so many numbers are sorted at a time, 16 MB of them
NAMED_LINES = 5

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Repeats:
    """Rows that are not as they should be beside others: how many, and the first lines of them."""

    count: int
    lines: tuple[int, ...]


class Fingerprints:
    """The numbers of a table. Give it batches, then `close_writing`, then ask; a context manager frees the disk."""

    def __init__(self, column_count: int) -> None:
        self._width = column_count + 1  # the last one is the row's physical line number
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
        self._waiting.append([*batch, np.asarray(lines, np.uint64)])
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
        count = 0
        for hashes, _ in self._parts(columns):
            hashes.sort()
            count += int(np.count_nonzero(hashes[1:] != hashes[:-1])) + bool(len(hashes))
        return count

    def is_unique(self, columns: Sequence[int]) -> bool:
        """Whether no two rows are the same in these columns; most that are not show it in the first rows."""
        first = self._mixed(columns, 0)[: self.row_count]
        first.sort()
        if (first[1:] == first[:-1]).any():
            return False
        for hashes, _ in self._parts(columns):
            hashes.sort()
            if (hashes[1:] == hashes[:-1]).any():
                return False
        return True

    def first_rows(self, columns: Sequence[int], rows: int) -> Hashes:
        """One number for each of the file's first rows in these columns; never more than one block of them."""
        return self._mixed(columns, 0)[:rows]

    def repeats(self, columns: Sequence[int]) -> Repeats:
        """Rows that equal an earlier one in these columns."""
        count, named = 0, list[int]()
        for hashes, lines in self._parts(columns, with_lines=True):
            order = np.argsort(hashes, kind="stable")  # stable: of equals the first line stays first
            hashes = hashes[order]
            again = lines[order[1:][hashes[1:] == hashes[:-1]]]
            count += len(again)
            named = sorted([*named, *_smallest(again)])[:NAMED_LINES]
        return Repeats(count, tuple(named))

    def second_partners(self, column: int, partner: int) -> Repeats:
        """Rows whose value of `column` stands more often with another value of `partner`, and where that begins."""
        count, named = 0, list[int]()
        for hashes, lines, partners in self._parts_of_pairs(column, partner):
            order = np.lexsort((lines, partners, hashes))
            hashes, lines, partners = hashes[order], lines[order], partners[order]
            new_pair = np.append(True, (hashes[1:] != hashes[:-1]) | (partners[1:] != partners[:-1]))
            starts = np.flatnonzero(new_pair)
            sizes = np.diff(np.append(starts, len(hashes)))
            by_size = np.lexsort((lines[starts], -sizes, hashes[starts]))  # of each value, the usual pair first
            starts, sizes = starts[by_size], sizes[by_size]
            unusual = np.append(False, hashes[starts][1:] == hashes[starts][:-1])
            count += int(sizes[unusual].sum())
            named = sorted([*named, *_smallest(lines[starts[unusual]])])[:NAMED_LINES]
        return Repeats(count, tuple(named))

    def collision_rate(self, column: int) -> float:
        """How likely two rows drawn from the file's first block have the same value in this column."""
        first = self._mixed([column], 0)[: self.row_count]
        _, counts = np.unique(first, return_counts=True)
        return float(np.square(counts / len(first)).sum()) if len(first) else 1.0

    def _parts(self, columns: Sequence[int], with_lines: bool = False) -> Iterator[tuple[Hashes, Hashes]]:
        """All rows in parts, equal ones in the same part: the mixed numbers, and the lines where they are asked for."""
        part_count = -(-self.row_count // PART_ROWS)
        for part in range(part_count):
            hashes, lines = list[Hashes](), list[Hashes]()
            for block in range(self._block_count):
                mixed = self._mixed(columns, block)
                chosen = slice(None) if part_count == 1 else mixed % np.uint64(part_count) == part
                hashes.append(mixed[chosen])
                if with_lines:
                    lines.append(self._column(self._width - 1, block)[chosen])
            yield np.concatenate(hashes), np.concatenate(lines) if lines else hashes[0][:0]

    def _parts_of_pairs(self, column: int, partner: int) -> Iterator[tuple[Hashes, Hashes, Hashes]]:
        part_count = -(-self.row_count // PART_ROWS)
        for part in range(part_count):
            found: list[tuple[Hashes, Hashes, Hashes]] = []
            for block in range(self._block_count):
                hashes = self._mixed([column], block)
                chosen = hashes % np.uint64(part_count) == part
                lines, partners = self._column(self._width - 1, block), self._column(partner, block)
                found.append((hashes[chosen], lines[chosen], partners[chosen]))
            hashes, lines, partners = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
            yield hashes, lines, partners

    @property
    def _block_count(self) -> int:
        return -(-self.row_count // self._block)

    def _mixed(self, columns: Sequence[int], block: int) -> Hashes:
        """One number for the cells of a row in these columns; their order counts."""
        mixed = np.zeros(min(self._block, self.row_count - block * self._block), np.uint64)
        for column in columns:
            mixed = _scatter(mixed * np.uint64(0x9E3779B97F4A7C15) + self._column(column, block))
        return mixed

    def _column(self, column: int, block: int) -> Hashes:
        self._file.seek((block * self._width + column) * self._block * 8)
        rows = min(self._block, self.row_count - block * self._block)
        return np.frombuffer(self._file.read(rows * 8), np.uint64)


def _scatter(numbers: Hashes) -> Hashes:
    """splitmix64's last step: each bit of the result depends on every bit given."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _smallest(lines: Hashes) -> list[int]:
    if len(lines) > NAMED_LINES:
        lines = np.partition(lines, NAMED_LINES)[:NAMED_LINES]
    return [int(line) for line in lines]
