"""What the beginning of a file tells: its encoding, its dialect, and how its header fits the contract."""

import codecs
import csv
import re
from dataclasses import dataclass
from typing import Any

from charset_normalizer import from_bytes

from elt.contract import Contract, HeaderMatch, normalise
from elt.errors import Refused

SAMPLE_BYTES = 256 * 1024
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


@dataclass(frozen=True)
class Compression:
    """How the CSV is packed: `gzip`, or `zip` with the member that holds it."""

    format: str
    member: str | None = None


@dataclass(frozen=True)
class Front:
    """What the beginning of a file tells: how to read it, and how its header fits the contract.

    `encoding` is a Python codec that takes a byte order mark away. `quote_char` is `"`, `'` or None (nothing is
    quoted). The header starts on physical line `header_line_number` (from 1; nothing above it is data) and takes
    `header_line_count` lines; records follow.
    """

    encoding: str
    delimiter: str
    quote_char: str | None
    header_line_number: int
    header_line_count: int
    header: list[str]
    match: HeaderMatch
    compression: Compression | None = None

    @property
    def dialect(self) -> dict[str, Any]:
        """The dialect as shown on the submission."""
        return {"delimiter": self.delimiter, "quoteChar": self.quote_char}


def read_front(sample: bytes, contract: Contract) -> Front:
    """Decide encoding, delimiter and header from the first bytes of a file. Raises Refused where it is no such CSV."""
    if not sample.strip(b" \t\r\n\x00" + codecs.BOM_UTF8):
        raise Refused("empty_file", "The file is empty.", remedy="Send a CSV with a header and at least one line.")
    encoding = _encoding(sample)
    text = sample.decode(encoding, errors="surrogateescape" if encoding != "utf-16" else "ignore")
    if "\x00" in text[:4096]:
        raise _not_csv("binary data")
    lines = enumerate(re.split(r"\r\n|\n|\r", text), start=1)
    number, first_line = next(((number, line) for number, line in lines if line.strip()), (1, ""))
    headers = {delimiter: _cells(first_line, delimiter) for delimiter in DELIMITERS}
    # The delimiter is the one under which most of the contract's columns appear, so no guess from the data is needed.
    delimiter = min(DELIMITERS, key=lambda candidate: len(contract.match_header(headers[candidate]).missing))
    header = headers[delimiter]
    match = contract.match_header(header)
    _check_header(header, match, contract)
    return Front(encoding, delimiter, '"', number, 1, header, match)


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
        broken = len(re.findall("[\udc80-\udcff]", sample.decode("utf-8", errors="surrogateescape")))
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
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell longer than any header
        return []


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
