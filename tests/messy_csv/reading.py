"""Messy files, read as the loader reads them: what is wrong with each, and whether every line is accounted for."""

import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from elt.contracting.contract import Contract, normalise, parse_contract
from elt.errors import Refused
from elt.loading.checking import EMPTY_LINE
from elt.reading.detecting import Front, read_front, read_layout
from elt.reading.records import UNDECODABLE, Record, read_records
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv


@dataclass
class Reading:
    """What became of a file: either `refusal`, or so many lines read, of which some are refused, by code."""

    refusal: str | None = None
    header: list[str] = field(default_factory=list)
    lines_read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unaccounted: list[str] = field(default_factory=list)  # lines of the file that are in no record
    records: list[Record] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if self.refusal:
            return f"refused: `{self.refusal}`"
        counts = ", ".join(f"{count:,} `{code}`" for code, count in sorted(self.refused.items()))
        return f"of {self.lines_read:,} lines refused: {counts}" if counts else "valid"


def contract_of(header: list[str]) -> Contract:
    """A contract drafted from a header: each name once, all of them text."""
    names = list(dict.fromkeys(name for name in map(normalise, header) if name)) or ["x"]
    fields = [
        {"name": name, "column": f"c{number}", "type": "string", "description": "", "example": ""}
        for number, name in enumerate(names)
    ]
    contract = {"name": "t/t", "title": "", "description": "", "version": 1, "maxRejectedRate": 1, "fields": fields}
    return parse_contract(contract)


def read(path: Path) -> Reading:
    """Read a file, packed or not, by a contract drafted from its own header."""
    reading = Reading()
    try:
        with path.open("rb") as file, open_csv(Source(file)) as (csv, _):
            reading.header = read_layout(csv.sample()).header
            front = read_front(csv.sample(), contract_of(reading.header))
            content = csv.buffered().read()
    except Refused as refusal:
        reading.refusal = refusal.code
        return reading
    reading.records = list(read_records(io.BytesIO(content), front))
    reading.lines_read = len(reading.records)
    reading.refused = Counter(code for record in reading.records if (code := _error(record, front)))
    reading.unaccounted = _unaccounted(content, front, reading.records)
    return reading


def _error(record: Record, front: Front) -> str | None:
    if record.error:
        return record.error
    if not "".join(record.cells).strip():
        return EMPTY_LINE
    if len(record.cells) != len(front.header):
        return "too_few_cells" if len(record.cells) < len(front.header) else "too_many_cells"
    if any(UNDECODABLE.search(cell) for cell in record.cells):
        return "encoding"
    return "null_byte" if any("\x00" in cell for cell in record.cells) else None


def _unaccounted(content: bytes, front: Front, records: list[Record]) -> list[str]:
    """Lines with something on them, below the header, that no record holds in its raw text."""
    errors = "replace" if front.encoding.startswith("utf-16") else "surrogateescape"
    lines = io.TextIOWrapper(io.BytesIO(content), front.encoding, errors=errors, newline="").readlines()
    below = enumerate(lines, start=1)
    wanted = {number: line.rstrip("\r\n") for number, line in below if line.strip(" \r\n")}
    for number in range(1, front.header_line_number + front.header_line_count):
        wanted.pop(number, None)
    for record in records:
        for offset, line in enumerate(io.StringIO(record.raw_text, newline="").readlines() or [""]):
            number, text = record.line_number + offset, line.rstrip("\r\n")
            if wanted.get(number, text)[: len(text)] == text:
                wanted.pop(number, None)
    return [f"line {number}" for number in wanted]
