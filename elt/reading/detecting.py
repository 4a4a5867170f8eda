"""What the beginning of a file tells: its encoding, its dialect, and how its header fits the contract."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from elt.contracting.contract import Contract, HeaderMatch, normalise
from elt.reading.encoding import decode, detect_encoding
from elt.reading.file_errors import check_header, check_is_text, empty_file, header_only, preamble

SAMPLE_BYTES = 256 * 1024
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
QUOTES = {"double": '"', "single": "'", "none": None}
HEADER_LINES = 20  # more than the cells of any header take that hold line ends
PREAMBLE_LINES = 100  # so far down a header is looked for, to tell where it is
QUOTE_LINES = 200  # so many lines say whether cells stand in '…'
LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
EXCEL_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Stated:
    """What the sender says of a file; None: to be found out. `quote` names one of QUOTES."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None

    def as_json(self) -> dict[str, str]:
        """What was stated, for the ledger."""
        return {name: value for name, value in vars(self).items() if value is not None}


NOTHING_STATED = Stated()


@dataclass(frozen=True)
class Compression:
    """How the CSV is packed: `gzip`, or `zip` with the member that holds it."""

    format: str
    member: str | None = None


@dataclass(frozen=True)
class Layout:
    """How the text of a file is laid out.

    `encoding` is a Python codec that takes a byte order mark away. `quote_char` is `"`, `'` or None (nothing is
    quoted). The header starts on physical line `header_line_number` (from 1; nothing above it is data) and takes
    `header_line_count` lines; records follow.
    """

    encoding: str
    delimiter: str
    quote_char: str | None
    line_terminator: str
    header_line_number: int
    header_line_count: int
    header: list[str]

    @property
    def dialect(self) -> dict[str, Any]:
        """As shown on the submission, in the words of Frictionless Table Dialect."""
        return {
            "delimiter": self.delimiter,
            "quoteChar": self.quote_char,
            "lineTerminator": self.line_terminator,
            "headerRows": [self.header_line_number],
        }


@dataclass(frozen=True)
class Front(Layout):
    """The layout of a file that fits a contract: how its header does, and how it was packed."""

    match: HeaderMatch
    compression: Compression | None = None


@dataclass(frozen=True)
class _Header:
    """A candidate: what the header would be under one delimiter and one quotation mark."""

    delimiter: str
    quote_char: str | None
    line_count: int
    cells: list[str]
    found: int = field(default=0)  # columns of the contract; without a contract, evidence that this is the dialect


def read_front(
    sample: bytes,
    contract: Contract,
    stated: Stated = NOTHING_STATED,
    compression: Compression | None = None,
    *,
    may_be_padded: bool = False,
) -> Front:
    """How to read a file, from its first bytes: all of it, or SAMPLE_BYTES. Raises Refused where it is no such CSV.

    With `may_be_padded`, cells without a name at the end of the header are passed over.
    """
    layout, lines = _read_layout(sample, contract, stated)
    named = without_blanks_at_end(layout.header) if may_be_padded else layout.header
    match = contract.match_header(named)
    if match.missing:
        check_is_text(lines)
    few = 2 * len(match.missing) >= len(contract.fields)
    if few and (number := _header_further_down(lines, layout, contract, stated)):
        raise preamble(number)
    check_header(named, match, contract, layout.encoding)
    first_record = layout.header_line_number - 1 + layout.header_line_count
    if len(sample) < SAMPLE_BYTES and not any(line.strip(" \r\n") for line in lines[first_record:]):
        raise header_only()
    return Front(**vars(layout), match=match, compression=compression)


def without_blanks_at_end(cells: list[str]) -> list[str]:
    """The cells up to the last one that holds something."""
    count = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    return cells[:count]


def read_layout(sample: bytes, stated: Stated = NOTHING_STATED) -> Layout:
    """How to read a file that no contract describes yet. Raises Refused where it is no text, or empty."""
    layout, lines = _read_layout(sample, None, stated)
    check_is_text(lines)
    return layout


def read_header(sample: bytes, encoding: str, dialect: Mapping[str, Any]) -> list[str]:
    """The header of a file that was read before, with the encoding and dialect that the ledger has of it."""
    lines = LINE.findall(decode(sample, encoding))[dialect.get("headerRows", [1])[0] - 1 :]
    return next(_records(lines, dialect["delimiter"], dialect["quoteChar"]), (1, list[str]()))[1]


def _read_layout(sample: bytes, contract: Contract | None, stated: Stated) -> tuple[Layout, list[str]]:
    """The layout, and the lines of the sample with their ends."""
    encoding = detect_encoding(sample, stated.encoding)
    lines = LINE.findall(decode(sample, encoding))
    number, separator = _first_line(lines)
    delimiters, quotes = _choices(stated, separator)
    wanted = _names(contract) if contract else set()
    headers = [
        candidate
        for quote_char in quotes
        for delimiter in delimiters
        for candidate in _headers(lines[number - 1 :], delimiter, quote_char, wanted)
    ]
    header = max(headers, key=lambda candidate: candidate.found)  # the first of equals: they stand in order of use
    quote_char = header.quote_char
    if stated.quote is None and quote_char == '"' and _stands_in_single_quotes(lines[number:], header):
        quote_char = "'"
    end = re.search(r"\r\n|\n|\r", lines[number - 1])
    return (
        Layout(
            encoding=encoding,
            delimiter=header.delimiter,
            quote_char=quote_char,
            line_terminator=end.group() if end else "\n",
            header_line_number=number,
            header_line_count=header.line_count,
            header=header.cells,
        ),
        lines,
    )


def _first_line(lines: list[str]) -> tuple[int, str | None]:
    """Number of the first line that is not blank, and the delimiter that Excel's `sep=;` above it names."""
    written = [number for number, line in enumerate(lines, start=1) if line.strip()]
    if not written:
        raise empty_file()
    excel = EXCEL_SEPARATOR.fullmatch(lines[written[0] - 1].strip("\r\n"))
    if excel and len(written) > 1:
        return written[1], excel.group(1)
    return written[0], None


def _choices(stated: Stated, separator: str | None) -> tuple[list[str], list[str | None]]:
    delimiters = list(DELIMITERS.values())
    if stated.delimiter:
        delimiters = [DELIMITERS[stated.delimiter]]
    elif separator in delimiters:
        delimiters = [separator]
    return delimiters, [QUOTES[stated.quote]] if stated.quote else ['"', "'"]


def _headers(lines: list[str], delimiter: str, quote_char: str | None, wanted: set[str]) -> Iterator[_Header]:
    """What the header could be under this dialect: its first line, or more where a quoted cell runs over lines."""
    longest = HEADER_LINES if quote_char and quote_char in lines[0] else 1
    for count in (1, longest) if longest > 1 else (1,):
        line_count, cells = next(_records(lines[:count], delimiter, quote_char), (1, list[str]()))
        if wanted:
            found = len(wanted.intersection(map(normalise, cells)))
        else:
            unquoted = sum(cell[:1] not in ("'", '"') for cell in cells)
            found = len(lines) * _evidence(lines, delimiter, quote_char, len(cells)) + unquoted
        yield _Header(delimiter, quote_char, line_count, cells, found)


def _records(lines: Iterable[str], delimiter: str, quote_char: str | None) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of lines read so far. Stops where a cell is longer than any header's may be."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote_char else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote_char, quoting=quoting)
    with suppress(csv.Error):
        for cells in reader:
            yield reader.line_num, cells


def _cells(line: str, delimiter: str, quote_char: str | None) -> list[str]:
    """The cells of one line alone."""
    return next(_records([line], delimiter, quote_char), (1, list[str]()))[1]


def _names(contract: Contract) -> set[str]:
    return {normalise(field.name) for field in contract.fields}


def _evidence(lines: list[str], delimiter: str, quote_char: str | None, cell_count: int) -> int:
    """How much speaks for a dialect where no contract does: records as long as the header."""
    if cell_count < 2:
        return 0
    return sum(len(cells) == cell_count for _, cells in _records(lines[:QUOTE_LINES], delimiter, quote_char))


def _stands_in_single_quotes(lines: list[str], header: _Header) -> bool:
    """Whether cells are quoted with ' though the header is not: it mends lines and breaks none, or wraps a column.

    An apostrophe that happens to start a cell (`'s-Hertogenbosch`) does neither. Each line is looked at alone.
    """
    lines = [line for line in lines[header.line_count - 1 :][:QUOTE_LINES] if line.strip() and '"' not in line]
    if not any("'" in line for line in lines):
        return False
    width = len(header.cells)
    plain = [_cells(line, header.delimiter, None) for line in lines]
    whole = [len(cells) == width for cells in plain]
    quoted = [len(_cells(line, header.delimiter, "'")) == width for line in lines]
    mended = any(after and not before for before, after in zip(whole, quoted, strict=True))
    broken = any(before and not after for before, after in zip(whole, quoted, strict=True))
    rows = [cells for cells, is_whole in zip(plain, whole, strict=True) if is_whole]
    wrapped = len(rows) > 1 and any(
        all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in column) for column in zip(*rows, strict=True)
    )
    return (mended and not broken) or wrapped


def _header_further_down(lines: list[str], layout: Layout, contract: Contract, stated: Stated) -> int | None:
    """The line on which a header of this contract seems to stand, below the first line."""
    delimiters, quotes = _choices(stated, None)
    wanted = _names(contract)
    for number in range(layout.header_line_number + 1, min(len(lines), PREAMBLE_LINES) + 1):
        for quote_char in quotes:
            for delimiter in delimiters:
                cells = _cells(lines[number - 1], delimiter, quote_char)
                if 2 * len(wanted.intersection(map(normalise, cells))) > len(wanted):
                    return number
    return None
