"""Which encoding a file is in: what its first bytes mark, what they allow, and what charset-normalizer says."""

import codecs
import re

from charset_normalizer import from_bytes

from elt.errors import Refused
from elt.reading.file_errors import FILE_SIGNATURES, empty_file, not_csv

# What a sender may state. All of them hold ASCII in single bytes, or are UTF-16: a delimiter is never half a character.
ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "windows-1252",
    "iso-8859-1",
    "iso-8859-15",
    "macintosh",
    "windows-1250",
    "iso-8859-2",
    "windows-1251",
    "iso-8859-5",
    "windows-1253",
    "iso-8859-7",
    "windows-1254",
    "iso-8859-9",
    "windows-1256",
)
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
NORMALIZER_BYTES = 32 * 1024  # so much of the lines that are not plain ASCII decides
BLANKS = b" \t\r\n\x00"
UTF16_BYTES = 64 * 1024
ASCII = frozenset(b"\t\n\r" + bytes(range(0x20, 0x7F)))
ASCII_SHARE = 0.02  # of the characters of any CSV, whatever its language
ASCII_UNITS = 4  # in the smallest of them


def detect_encoding(sample: bytes, stated: str | None) -> str:
    """A Python codec for the whole file. Raises Refused where this is no text, or not what the sender stated."""
    mark = next((mark for mark in BYTE_ORDER_MARKS if sample.startswith(mark)), b"")
    if not sample.removeprefix(mark).strip(BLANKS):
        raise empty_file()
    for signature, kind in FILE_SIGNATURES.items():
        if signature.match(sample.removeprefix(mark)):
            raise not_csv(kind)
    if mark:
        return _marked(BYTE_ORDER_MARKS[mark], stated)
    if stated:
        return _utf16(sample) or "utf-16-le" if stated == "utf-16" else stated
    return _utf16(sample) or _utf8(sample) or _eight_bit(sample)


def decode(sample: bytes, encoding: str) -> str:
    """The text of a sample. A character that its end cuts in two is left out; bytes that are none become U+FFFD."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample)


def _marked(encoding: str, stated: str | None) -> str:
    if stated and not encoding.startswith(stated[:6]):  # utf-16 for utf-16-le, utf-8 for utf-8-sig
        raise Refused(
            "wrong_encoding",
            f"The file is not {stated}, as was stated: its first bytes mark it as {encoding.removesuffix('-sig')}.",
            allowed="`encoding` as the file really is, or no `encoding` at all: then it is found out.",
            remedy="Send it again without `encoding`.",
        )
    return encoding


def _utf16(sample: bytes) -> str | None:
    """UTF-16 without its mark: line ends, digits and delimiters are always an ASCII byte beside a zero byte."""
    head = sample[: len(sample) // 2 * 2][:UTF16_BYTES]
    for encoding, low, high in (("utf-16-le", head[0::2], head[1::2]), ("utf-16-be", head[1::2], head[0::2])):
        ascii_units = sum(b == 0 and a in ASCII for a, b in zip(low, high, strict=True))
        # A stray zero byte in another encoding is a broken line's own trouble.
        if ascii_units >= max(ASCII_UNITS, ASCII_SHARE * len(low)):
            return encoding
    return None


def _utf8(sample: bytes) -> str | None:
    """UTF-8, also where some lines of it are broken: a bad byte among good characters is no other encoding."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        broken = len(re.findall("[\udc80-\udcff]", sample.decode("utf-8", errors="surrogateescape")))
        good = len(re.findall(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", sample))
        return "utf-8" if good > broken else None
    return "utf-8"


def _eight_bit(sample: bytes) -> str:
    """Windows-1252, which holds all of Latin-1's letters, unless a byte stands there that it does not know."""
    telling = b"\n".join(line for line in re.split(rb"[\r\n]+", sample) if not line.isascii())[:NORMALIZER_BYTES]
    best = from_bytes(telling, cp_isolation=["cp1252", "latin_1"]).best()
    if best is not None and best.encoding == "latin_1" and re.search(rb"[\x81\x8d\x8f\x90\x9d]", telling):
        return "iso-8859-1"
    return "windows-1252"
