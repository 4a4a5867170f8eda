"""A CSV file in memory, and its bytes."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """A header and the lines below it. A line may have more cells than the header: that is one of the flaws."""

    header: list[str]
    lines: list[list[str]]

    def column(self, name: str) -> int:
        """Position of a column."""
        return self.header.index(name)

    def records(self) -> Iterator[dict[str, str]]:
        """The lines by header; cells beyond the header are left out."""
        return (dict(zip(self.header, line, strict=False)) for line in self.lines)

    def write(self, path: Path) -> None:
        """Writes UTF-8, commas, LF: the same bytes on every system."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.header)
            writer.writerows(self.lines)


def table(rows: Iterable[dict[str, str]]) -> Table:
    """The rows as a table; all rows have the same keys in the same order. At least one row."""
    records = iter(rows)
    first = next(records)
    return Table(list(first), [list(first.values()), *(list(row.values()) for row in records)])
