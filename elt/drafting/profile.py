"""What the whole file holds, column by column: one pass, counts and first lines, constant memory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from elt.drafting.batches import Batch
from elt.drafting.cells import INTEGERS, NULL_WORDS, NUMBERS, SHOWN_CHARACTERS, Kind, kind_of
from elt.drafting.content import Content, content_of
from elt.drafting.fingerprints import NAMED_LINES, Fingerprints, Repeats
from elt.reading.records import Record

MOST_LEVELS = 1000  # distinct cells counted one by one, exactly; a column with more is no category
MOST_NAMED_LEVELS = 200  # of so many the first line is known
LEVEL_CHARACTERS = 200
SHAPE_CHARACTERS = 60
CACHE_LIMIT = 20_000
# Kinds whose cells' lengths are counted: a code has one length, a quantity several.
MEASURED = NUMBERS | {Kind.LEADING_ZERO, Kind.LONG_DIGITS, Kind.DATETIME}


@dataclass
class Seen:
    """How often something was seen, and the physical line of the first time."""

    count: int = 0
    first_line: int = 0


class _Look(NamedTuple):
    """What makes cells alike for counting."""

    kind: Kind
    content: Content | None
    is_stray: bool
    is_long: bool
    is_gap: bool


class _Judged(NamedTuple):
    """What is known of one distinct cell; its number, if it is one."""

    look: _Look
    number: int | Decimal | None


@dataclass
class ColumnProfile:
    """One column: its cells by kind and content, and the levels of what may be a category.

    `levels` counts each distinct cell as it stands, and is None where there are more than MOST_LEVELS of them.
    `missing` counts the cells that are blank, or a mark or word for a missing value, by their spelling. `shape` is the
    first other cell with its letters and digits replaced, so that it shows how a cell is written and not what it says.
    """

    position: int
    header: str
    kinds: dict[Kind, Seen] = field(default_factory=dict)
    contents: dict[Content, Seen] = field(default_factory=dict)
    missing: dict[str, Seen] = field(default_factory=dict)
    levels: dict[str, int] | None = field(default_factory=dict)
    level_lines: dict[str, int] = field(default_factory=dict)
    stray: Seen = field(default_factory=Seen)
    too_long: Seen = field(default_factory=Seen)
    above_100: Seen = field(default_factory=Seen)
    lengths: Counter[int] = field(default_factory=Counter)
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    shape: str = ""
    first_date: str | None = None
    last_date: str | None = None
    _cache: dict[str, _Judged] = field(default_factory=dict, repr=False)

    def add(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """The column's cells of a batch of records; each distinct one is looked at once."""
        cache, levels = self._cache, self.levels
        looks: dict[_Look, tuple[int, str]] = {}  # with how many cells look so, and the first of them
        numbers: list[int | Decimal] = []
        for cell, count in Counter(cells).items():
            look, number = cache.get(cell) or self._judge(cell)
            before, first = looks.get(look, (0, cell))
            looks[look] = before + count, first
            if number is not None:
                numbers.append(number)
                if number > 100:
                    _see(self.above_100, count, cell, cells, lines)
            elif look.is_gap:
                _see(self.missing.setdefault(cell, Seen()), count, cell, cells, lines)
            elif look.kind is Kind.DATE:
                self._add_date(cell.strip())
            if look.kind in MEASURED:
                self.lengths[min(len(cell.strip()), LEVEL_CHARACTERS)] += count
            if levels is not None:
                levels = self._add_level(levels, cell, count, cells, lines)
        self._add_numbers(numbers)
        for look, (count, first) in looks.items():
            self._add_look(look, count, first, cells, lines)

    def _judge(self, cell: str) -> _Judged:
        kind = kind_of(cell)
        text = cell.strip()
        number = None
        if kind in NUMBERS:
            number = int(text) if kind in INTEGERS else Decimal(text)
        is_stray = kind is not Kind.BLANK and (len(text) != len(cell) or "  " in text)
        is_gap = kind is Kind.BLANK or kind is Kind.MARK or text in NULL_WORDS
        judged = _Judged(_Look(kind, content_of(text, kind), is_stray, len(cell) > SHOWN_CHARACTERS, is_gap), number)
        if len(self._cache) >= CACHE_LIMIT:
            self._cache.clear()
        if len(cell) <= LEVEL_CHARACTERS:
            self._cache[cell] = judged
        return judged

    def _add_look(self, look: _Look, count: int, first: str, cells: Sequence[str], lines: Sequence[int]) -> None:
        seen = [self.kinds.setdefault(look.kind, Seen())]
        if look.content is not None:
            seen.append(self.contents.setdefault(look.content, Seen()))
        if look.is_stray:
            seen.append(self.stray)
        if look.is_long and look.kind is not Kind.BLANK:
            seen.append(self.too_long)
        line = lines[cells.index(first)]
        for one in seen:
            one.first_line = min(one.first_line or line, line)
            one.count += count
        if not self.shape and not look.is_gap:
            self.shape = shape_of(first.strip())

    def _add_numbers(self, numbers: Sequence[int | Decimal]) -> None:
        if numbers:
            self.minimum = min(numbers) if self.minimum is None else min(self.minimum, *numbers)
            self.maximum = max(numbers) if self.maximum is None else max(self.maximum, *numbers)

    def _add_date(self, text: str) -> None:
        self.first_date = min(self.first_date or text, text)
        self.last_date = max(self.last_date or text, text)

    def _add_level(
        self, levels: dict[str, int], cell: str, count: int, cells: Sequence[str], lines: Sequence[int]
    ) -> dict[str, int] | None:
        """The levels with one cell more; None once there are too many."""
        if cell in levels:
            levels[cell] += count
        elif len(levels) >= MOST_LEVELS or len(cell) > LEVEL_CHARACTERS:
            self.levels = None
            self.level_lines.clear()
        else:
            levels[cell] = count
            if len(levels) <= MOST_NAMED_LEVELS:
                self.level_lines[cell] = lines[cells.index(cell)]
        return self.levels

    def count(self, *kinds: Kind) -> int:
        """How many cells are of these kinds."""
        return sum(self.kinds[kind].count for kind in kinds if kind in self.kinds)


def shape_of(text: str) -> str:
    """`LHS-0042 Ada` as `AAA-0000 Aaa`, and not longer than an example needs to be."""
    return "".join(_shape_of_character(character) for character in text[:SHAPE_CHARACTERS]).strip()


def _shape_of_character(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character.isascii() and character.isprintable() else "_"


def _see(seen: Seen, count: int, cell: str, cells: Sequence[str], lines: Sequence[int]) -> None:
    if not seen.count:
        seen.first_line = lines[cells.index(cell)]
    seen.count += count


@dataclass
class FileProfile:
    """The whole file: its columns, and the lines that are no record of them by the loader's code for what is wrong."""

    columns: list[ColumnProfile]
    fingerprints: Fingerprints
    lines_read: int = 0
    bad_lines: dict[str, Repeats] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """Records with as many cells as the header; lines read less the bad ones."""
        return self.fingerprints.row_count


def profile_file(header: Sequence[str], batches: Iterable[Batch], fingerprints: Fingerprints) -> FileProfile:
    """Read every record once. `fingerprints` is filled on the way, and still open afterwards."""
    columns = [ColumnProfile(position, cell) for position, cell in enumerate(header)]
    profile = FileProfile(columns, fingerprints)
    for batch in batches:
        profile.lines_read += len(batch.lines) + len(batch.bad)
        if batch.lines:
            fingerprints.add(batch.columns, batch.lines)
            for column, cells in zip(columns, batch.columns, strict=True):
                column.add(cells, batch.lines)
        for record in batch.bad:
            _count_bad(profile, record)
    fingerprints.close_writing()
    return profile


def _count_bad(profile: FileProfile, record: Record) -> None:
    """A line that is no record, by the loader's code for what is wrong with it."""
    code = record.error or ("too_few_cells" if len(record.cells) < len(profile.columns) else "too_many_cells")
    before = profile.bad_lines.get(code, Repeats(0, ()))
    lines = (*before.lines, record.line_number)[:NAMED_LINES]
    profile.bad_lines[code] = Repeats(before.count + 1, lines)
