"""What the content of a single cell shows of a person, header or no header."""

import re
from enum import StrEnum

from elt.drafting.cells import Kind


class Content(StrEnum):
    """What a cell looks like; named as evidence names it: "412 of 412 cells look like e-mail addresses"."""

    EMAIL = "e-mail addresses"
    PHONE = "telephone numbers"
    SSN = "US social security numbers"
    ELEVEN_DIGITS = "numbers of 11 digits, as BVN and NIN have them"
    ADDRESS = "street addresses"
    PERSON_NAME = "names of people"
    CODE = "codes of letters and digits"


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(
    r"\+\d[\d ().-]{6,18}\d|0[789][01]\d{8}|\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}|\d{3}[-.]\d{3}[-.]\d{4}"
)
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_STREET = re.compile(
    r"(\d+[A-Za-z]?,? .*|.*\b)(street|st|road|rd|avenue|ave|close|crescent|cres|lane|drive|boulevard|blvd|estate|way|"
    r"p\.? ?o\.? ?box)\b.*",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Chief|Alhaji|Alhaja)\.? )?[^\W\d_a-z][^\W\d_]*(?:[ '-]+[^\W\d_a-z][^\W\d_]*\.?){1,3}"
)
_CODE = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z\d]+([-/_.][A-Za-z\d]+)*")
_NUMBERS = frozenset({Kind.INTEGER, Kind.LEADING_ZERO, Kind.LONG_DIGITS, Kind.SIGNED})


def content_of(text: str, kind: Kind) -> Content | None:
    """What the cell (its white space taken away) looks like; None for a plain number, date or word."""
    if kind in _NUMBERS:
        if len(text) < 11:
            return None
        if _PHONE.fullmatch(text):
            return Content.PHONE
        return Content.ELEVEN_DIGITS if len(text) == 11 else None
    if kind is not Kind.WORDS or len(text) > 200:
        return None
    if "@" in text and _EMAIL.fullmatch(text):
        return Content.EMAIL
    if text[0] in "+(0123456789":
        if _SSN.fullmatch(text):
            return Content.SSN
        if _PHONE.fullmatch(text):
            return Content.PHONE
    if " " in text:
        if (text[0].isdigit() or "ox" in text.lower()) and _STREET.fullmatch(text):
            return Content.ADDRESS
        return Content.PERSON_NAME if _NAME.fullmatch(text) else None
    return Content.CODE if not text.isalpha() and _CODE.fullmatch(text) else None
