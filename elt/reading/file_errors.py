"""What can be wrong with a file as a whole, and what to tell its sender."""

import re
from collections import Counter

from elt.contracting.contract import Contract, HeaderMatch, normalise
from elt.errors import Refused

NAMED_UNKNOWN_COLUMNS = 5
LISTED_COLUMNS = 20
NAME_LENGTH = 100  # characters shown of a column's name
CONTROL_SHARE = 0.02  # of the characters at the beginning; text has none at all
# How what people send with a CSV's name begins, and what it is. Archives that are taken never get here whole.
FILE_SIGNATURES = {
    re.compile(rb"PK\x03\x04"): "a ZIP archive or a spreadsheet (.xlsx, .ods)",
    re.compile(rb"\xd0\xcf\x11\xe0"): "an old Excel workbook (.xls)",
    re.compile(rb"\x1f\x8b"): "a gzip archive",
    re.compile(rb"BZh[1-9]1AY&SY"): "a bzip2 archive",
    re.compile(rb"\xfd7zXZ\x00"): "an xz archive",
    re.compile(rb"7z\xbc\xaf\x27\x1c"): "a 7-Zip archive",
    re.compile(rb"\x28\xb5\x2f\xfd"): "a Zstandard archive",
    re.compile(rb"Rar!\x1a\x07"): "a RAR archive",
    re.compile(rb"%PDF-"): "a PDF",
    re.compile(rb"\x89PNG"): "a PNG picture",
    re.compile(rb"\xff\xd8\xff"): "a JPEG picture",
    re.compile(rb"GIF8[79]a"): "a GIF picture",
    re.compile(rb"PAR1[\x00-\x1f]"): "a Parquet file",
    re.compile(rb"SQLite format 3\x00"): "an SQLite database",
    re.compile(rb"\{\\rtf"): "a rich text document",
    re.compile(rb"\s*<(!doctype html|html|head)\b", re.IGNORECASE): "a web page",
    re.compile(rb"\s*<\?xml\b"): "an XML file",
}


def not_csv(kind: str) -> Refused:
    return Refused(
        "not_csv",
        f"This is not a CSV file: it looks like {kind}.",
        allowed="Plain text, one record a line, cells separated by comma, semicolon, tab or |; as it is, in a gzip "
        "file (.csv.gz) or in a ZIP archive (.zip).",
        remedy="Save or export it as CSV (UTF-8) and send that.",
    )


def empty_file() -> Refused:
    return Refused("empty_file", "The file is empty.", remedy="Send a CSV with a header and at least one line.")


def header_only() -> Refused:
    return Refused("header_only", "The file has a header and no lines.", remedy="Send the file with its data.")


def preamble(number: int) -> Refused:
    above = "One line stands" if number == 2 else f"{number - 1:,} lines stand"
    return Refused(
        "preamble",
        f"{above} above the header, which seems to be on line {number}.",
        allowed="A file whose first line is the header; blank lines above it do no harm.",
        remedy=f"Delete everything above line {number} and send the file again.",
        header_line=number,
    )


def check_is_text(lines: list[str]) -> None:
    """Raises Refused where what should be lines of text is binary: told by control characters, not by a signature."""
    head = "".join(lines[:50])[:4096]
    if len(re.findall("[\x00-\x08\x0e-\x1f\x7f\ufffd]", head)) > CONTROL_SHARE * len(head):
        raise not_csv("binary data")


def check_header(header: list[str], match: HeaderMatch, contract: Contract, encoding: str) -> None:
    """Raises Refused unless the header names each column of the contract once, and nothing else."""
    expected = [field.name for field in contract.fields]
    if len(match.missing) == len(contract.fields):
        raise Refused(
            "wrong_header",
            f"No column of {contract.name} is in the first line"
            + (", which is one single cell under the delimiter that was stated or found." if len(header) == 1 else "."),
            allowed="The first line must name the columns, in this spelling: " + ", ".join(expected) + ".",
            remedy="Check that the file belongs to this dataset, that its first line is the header, that its cells "
            f"are separated by comma, semicolon, tab or |, and that its encoding is {encoding}, as it was read.",
            missing=list(match.missing),
        )
    names = [normalise(cell) for cell in header]
    counts = Counter(names)
    repeated = [name for name in expected if counts[normalise(name)] > 1]
    if repeated:
        raise Refused(
            "duplicate_header",
            "The header names a column more than once.",
            allowed="Each column once.",
            remedy="Remove or rename the repeated column: " + ", ".join(repeated) + ".",
            repeated=repeated,
        )
    blank = [position for position, name in enumerate(names, start=1) if not name]
    if blank and not match.missing and len(blank) == len(match.unknown):
        raise Refused(
            "blank_header",
            "The header has a cell without a name: column " + ", ".join(map(str, blank)) + ".",
            allowed="Exactly these columns, in this spelling and any order: " + ", ".join(expected) + ".",
            remedy="Delete the column, also where all its cells are empty, or the delimiter at the end of each line.",
            columns=blank,
        )
    if match.missing or match.unknown:
        unknown = _unknown_columns(header, match, contract)
        parts = ["missing: " + ", ".join(match.missing)] if match.missing else []
        parts += ["unknown: " + ", ".join(unknown)] if unknown else []
        raise Refused(
            "wrong_header",
            f"The header does not match {contract.name}: " + "; ".join(parts) + ".",
            allowed="Exactly these columns, in this spelling and any order: " + ", ".join(expected) + ".",
            remedy="Rename, add or remove columns so that the header matches. A column that was added "
            "may be left empty where its contract says that its cells may be.",
            missing=list(match.missing),
            unknown=unknown,
        )


def _unknown_columns(header: list[str], match: HeaderMatch, contract: Contract) -> list[str]:
    """Columns that the contract does not know: by name in what is plainly a header, else by place.

    A first line that is data, or runs on into data because a line end was lost, must not be quoted.
    """
    plainly_header = len(match.missing) <= len(contract.fields) / 2 and len(match.unknown) <= NAMED_UNKNOWN_COLUMNS
    found = set(match.positions)
    unknown = [
        _printable(normalise(cell)) or "(blank)" if plainly_header else f"column {position + 1}"
        for position, cell in enumerate(header)
        if position not in found
    ]
    more = len(unknown) - LISTED_COLUMNS
    return unknown if more <= 0 else [*unknown[:LISTED_COLUMNS], f"and {more:,} more"]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:NAME_LENGTH])
