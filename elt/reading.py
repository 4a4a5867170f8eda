"""From bytes to records: encoding, dialect and header of a CSV, then each record with the line on which it starts."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from elt.contract import Contract, HeaderMatch, normalise
from elt.errors import Refused

SAMPLE_BYTES = 256 * 1024
LINE_LIMIT = 2**20  # characters; a longer line is refused, so that memory stays flat whatever the file
RECORD_LINE_LIMIT = 200  # a quoted cell that runs over more lines is taken for an unclosed quote
NAMED_UNKNOWN_COLUMNS = 5
DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# First bytes of what people send with a CSV's name, and what it is.
FILE_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet (.xlsx, .ods)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PAR1": "a Parquet file",
}
# What surrogateescape makes of bytes that the encoding does not know; UTF-16 needs help to do the same.
UNDECODABLE = re.compile("[\udc80-\udcff]")
codecs.register_error("mark_undecodable", lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]
# A cell may be as long as a record may be; Python's limit is lower.
csv.field_size_limit(2 * LINE_LIMIT)


class Record(NamedTuple):
    """One record: `line_number` is the physical line it starts on (header = line 1); `error` is a code or None."""

    line_number: int
    cells: list[str]
    raw_text: str
    error: str | None


@dataclass(frozen=True)
class Front:
    """What the beginning of a file tells: how to read it, and how its header fits the contract."""

    encoding: str
    delimiter: str
    header: list[str]
    match: HeaderMatch

    @property
    def dialect(self) -> dict[str, str]:
        """The dialect as shown on the submission."""
        return {"delimiter": self.delimiter, "quoteChar": '"'}


def read_front(sample: bytes, contract: Contract) -> Front:
    """Decide encoding, delimiter and header from the first bytes of a file. Raises Refused where it is no such CSV."""
    if not sample.strip(b" \t\r\n\x00" + codecs.BOM_UTF8):
        raise Refused("empty_file", "The file is empty.", remedy="Send a CSV with a header and at least one line.")
    encoding = _encoding(sample)
    text = sample.decode(encoding, errors="surrogateescape" if encoding != "utf-16" else "ignore")
    if "\x00" in text[:4096]:
        raise _not_csv("binary data")
    first_line = next((line for line in re.split(r"\r\n|\n|\r", text) if line.strip()), "")
    if len(first_line) >= LINE_LIMIT:
        raise _not_csv("one endless line")
    headers = {delimiter: _cells(first_line, delimiter) for delimiter in DELIMITERS}
    # The delimiter is the one under which most of the contract's columns appear, so no guess from the data is needed.
    delimiter = min(DELIMITERS, key=lambda candidate: len(contract.match_header(headers[candidate]).missing))
    header = headers[delimiter]
    match = contract.match_header(header)
    _check_header(header, match, contract)
    return Front(encoding, delimiter, header, match)


def _encoding(sample: bytes) -> str:
    for mark, name in BYTE_ORDER_MARKS.items():
        if sample.startswith(mark):
            return name
    for signature, kind in FILE_SIGNATURES.items():
        if sample.startswith(signature):
            raise _not_csv(kind)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # incremental: a character may be cut at the end
        return "utf-8"
    except UnicodeDecodeError:
        best = from_bytes(sample, cp_isolation=["utf_8", "cp1252", "latin_1", "utf_16_le", "utf_16_be"]).best()
        # One bad byte in a file of good UTF-8 is a bad line, not another encoding.
        broken = len(UNDECODABLE.findall(sample.decode("utf-8", errors="surrogateescape")))
        multibyte = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]", sample))
        if best is None or multibyte > broken:
            return "utf-8"
        return best.encoding


def _not_csv(kind: str) -> Refused:
    return Refused(
        "not_csv",
        f"This is not a CSV file: it looks like {kind}.",
        allowed="Plain text, one record a line, cells separated by comma, semicolon, tab or |.",
        remedy="Save or export it as CSV (UTF-8) and send that.",
    )


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _check_header(header: list[str], match: HeaderMatch, contract: Contract) -> None:
    expected = [field.name for field in contract.fields]
    if len(match.missing) == len(contract.fields):
        raise Refused(
            "wrong_header",
            f"No column of {contract.name} is in the first line.",
            allowed="The first line must name the columns, in this spelling: " + ", ".join(expected) + ".",
            remedy="Check that the file belongs to this dataset, that its first line is the header, and that its cells "
            "are separated by comma, semicolon, tab or |.",
            missing=list(match.missing),
        )
    names = [normalise(cell) for cell in header]
    repeated = [name for name in expected if names.count(normalise(name)) > 1]
    if repeated:
        raise Refused(
            "duplicate_header",
            "The header names a column more than once.",
            allowed="Each column once.",
            remedy="Remove or rename the repeated column: " + ", ".join(repeated) + ".",
            repeated=repeated,
        )
    if match.missing or match.unknown:
        unknown = _unknown_columns(header, match, contract)
        parts = ["missing: " + ", ".join(match.missing)] if match.missing else []
        parts += ["unknown: " + ", ".join(unknown)] if unknown else []
        raise Refused(
            "wrong_header",
            f"The header does not match {contract.name}: " + "; ".join(parts) + ".",
            allowed="Exactly these columns, in this spelling and any order: " + ", ".join(expected) + ".",
            remedy="Rename, add or remove columns so that the header matches; an added column may be left empty.",
            missing=list(match.missing),
            unknown=unknown,
        )


def _unknown_columns(header: list[str], match: HeaderMatch, contract: Contract) -> list[str]:
    """Columns that the contract does not know: by name in what is plainly a header, else by place.

    A first line that is data, or runs on into data because a line end was lost, must not be quoted.
    """
    plainly_header = len(match.missing) <= len(contract.fields) / 2 and len(match.unknown) <= NAMED_UNKNOWN_COLUMNS
    found = set(match.positions)
    return [
        normalise(cell) or "(blank)" if plainly_header else f"column {position + 1}"
        for position, cell in enumerate(header)
        if position not in found
    ]


def read_records(stream: BinaryIO, front: Front) -> Iterator[Record]:
    """Every record after the header; lines of nothing or blanks are passed over. Constant memory.

    A quote that is opened and not closed costs its own line only: reading goes on with the line after it.
    """
    errors = "mark_undecodable" if front.encoding == "utf-16" else "surrogateescape"
    lines = _Lines(io.TextIOWrapper(stream, front.encoding, errors=errors, newline=""))
    delimiter = front.delimiter
    while (line := lines.next()) is not None:
        if line.strip():
            break  # the header
    while (line := lines.next()) is not None:
        number = lines.number
        if len(line) >= LINE_LIMIT:
            yield Record(number, [], line[:1000], "line_too_long")
        elif '"' in line:
            yield _quoted_record(line, number, lines, front)
        else:
            text = line.rstrip("\r\n")
            if text.strip(" "):
                yield Record(number, text.split(delimiter), text, None)


class _Lines:
    """Physical lines with their number, and a way to give lines back after reading too far ahead."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._returned: list[str] = []
        self.number = 0

    def next(self) -> str | None:
        """The next line with its ending, cut at LINE_LIMIT; None at the end of the file."""
        if self._returned:
            line = self._returned.pop()
        else:
            line = self._text.readline(LINE_LIMIT)
            if len(line) == LINE_LIMIT and not line.endswith(("\n", "\r")):
                while (rest := self._text.readline(LINE_LIMIT)) and not rest.endswith(("\n", "\r")):
                    pass
        if not line:
            return None
        self.number += 1
        return line

    def give_back(self, lines: list[str]) -> None:
        """Read these again, as if they had not been read."""
        self._returned.extend(reversed(lines))
        self.number -= len(lines)


def _quoted_record(line: str, number: int, lines: _Lines, front: Front) -> Record:
    """A record in which a cell is quoted, and so may run over several lines."""
    taken = [line]
    size = len(line)
    while True:
        try:
            cells = next(csv.reader(taken, delimiter=front.delimiter, strict=True))
        except csv.Error as error:
            code = "unclosed_quote" if "unexpected end of data" in str(error) else "stray_quote"
        else:
            if len(taken) == 1 or len(cells) == len(front.header):
                return Record(number, cells, "".join(taken).rstrip("\r\n"), None)
            code = "stray_quote"  # the quote was closed by a later line's, and took whole records in between
        following: list[str] = []
        while code == "unclosed_quote" and len(taken) + len(following) < RECORD_LINE_LIMIT and size < LINE_LIMIT:
            if (ahead := lines.next()) is None:
                break
            following.append(ahead)
            size += len(ahead)
            if '"' in ahead:  # only such a line can close the cell
                break
        if not following or '"' not in following[-1]:
            lines.give_back(taken[1:] + following)
            # With more than one line taken, the quote did open here, whatever came after it.
            return Record(number, [], line.rstrip("\r\n"), "unclosed_quote" if len(taken) > 1 else code)
        taken += following
