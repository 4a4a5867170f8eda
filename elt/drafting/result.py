"""What drafting gives back: plain values, ready for JSON by `dataclasses.asdict`. None holds a value of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["pass", "warning", "fail"]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Personal:
    """Why a column is taken for data about a person.

    `kind` is one of the contracts' words: identifier, name, contact, birth, location, health, special (religion,
    ethnicity and the like), finance. A kind of low confidence is shown, but not yet written into the contract.
    """

    kind: str
    confidence: Confidence
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Identifier:
    """Why a column is taken for the number or code of something: such a column is no quantity."""

    confidence: Confidence
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class ColumnDraft:
    """One column of the file as drafted, with what was counted in the whole file.

    `name` is the header in the file, `column` its name in raw, `type` a Table Schema type. `missing_count` and
    `distinct_count` are exact; missing cells are no value. `minimum`, `maximum` (as text, of numbers, years and dates)
    and `categories` are None where they do not apply, and always where the column is personal.
    """

    name: str
    column: str
    type: str
    evidence: tuple[str, ...]
    missing_count: int
    distinct_count: int
    minimum: str | None
    maximum: str | None
    categories: tuple[str, ...] | None
    personal: Personal | None
    identifier: Identifier | None


@dataclass(frozen=True)
class Place:
    """Where something was found. Lines are physical ones (the header is one too), the first few of them."""

    columns: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One check's answer at one place; a check that found nothing gives one finding with the verdict `pass`.

    `stage` is file, header, columns, rows or relations. `count` is how many cells, lines or columns it is about.
    """

    stage: str
    check: str
    verdict: Verdict
    place: Place
    message: str
    remedy: str
    count: int


@dataclass(frozen=True)
class Draft:
    """A draft contract for a file, and what the file itself needs.

    `contract` is a Table Schema document as `elt.contracting.contract` reads it. `candidate_keys` are the smallest sets
    of columns of which no two lines are the same, the most likely key first; `contract["primaryKey"]` is the first
    of them where it is no accident, else empty. `screening` has at least one finding of every check, in the order of
    the stages.
    """

    contract: Mapping[str, Any]
    encoding: str
    dialect: Mapping[str, Any]
    lines_read: int
    columns: tuple[ColumnDraft, ...]
    candidate_keys: tuple[tuple[str, ...], ...]
    screening: tuple[Finding, ...]
