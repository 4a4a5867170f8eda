"""The draft contract: what was found, as the Table Schema document that a researcher edits and confirms."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from elt.contracting.contract import DEFAULT_MAX_REJECTED_RATE, LARGEST_LIMIT
from elt.drafting.deciding import Column, Decided
from elt.drafting.headers import words_of
from elt.drafting.keys import Key
from elt.drafting.types import YEARS

PERCENT_WORDS = frozenset({"pct", "percent", "percentage", "rate", "attendance", "score", "scores", "mark", "marks"})
STRAY_SHARE = 0.005  # so few cells above 100 do not make another scale
MOST_EXAMPLE_CHARACTERS = 100
EXAMPLES = {
    "string": "text",
    "integer": "0",
    "number": "0",
    "boolean": "true",
    "date": "2009-05-17",
    "datetime": "2009-05-17T08:30:00Z",
    "year": "2009",
}


def contract_document(name: str, decided: Decided, keys: Sequence[Key]) -> dict[str, Any]:
    """As elt.contracting.contract.parse_contract takes it. Every line that the loader can read at all keeps it."""
    key = keys[0].names if keys and keys[0].is_earned else ()
    title = name.rpartition("/")[2].replace("_", " ").strip()
    return {
        "name": name,
        "title": title[:1].upper() + title[1:],
        "description": f"One row per … Drafted from a file of {decided.file.lines_read:,} lines; say here what one row "
        "is, who collected it, and when.",
        "version": 1,
        "maxRejectedRate": DEFAULT_MAX_REJECTED_RATE,
        "missingValues": list(decided.missing_values),
        "primaryKey": list(key),
        "fields": [_field(column, column.draft.name in key) for column in decided.columns],
    }


def _field(column: Column, is_key: bool) -> dict[str, Any]:
    draft = column.draft
    constraints = ({"required": True} if is_key else {}) | _constraints(column)
    field: dict[str, Any] = {
        "name": draft.name,
        "column": draft.column,
        "type": draft.type,
        "description": f"Not described yet; in the draft's file {draft.evidence[0]}.",
        "example": _example(column, constraints),
    }
    if draft.personal is not None and draft.personal.confidence != "low":
        field["personal"] = draft.personal.kind
    return field | ({"constraints": constraints} if constraints else {})


def _constraints(column: Column) -> dict[str, Any]:
    draft = column.draft
    if draft.type == "year" and draft.minimum is not None:
        return {"minimum": YEARS[0], "maximum": YEARS[1]}
    if column.is_quantity and draft.minimum is not None:
        low, high = limits(column)
        named = {"minimum": int(low), "maximum": int(high)}
        return {name: limit for name, limit in named.items() if abs(limit) <= LARGEST_LIMIT}
    # A category written with stray white space would be another one once the file is mended.
    if draft.categories and draft.identifier is None and not column.profile.stray.count:
        return {"enum": list(draft.categories)}
    return {}


def limits(column: Column) -> tuple[Decimal, Decimal]:
    """The range to allow: what was found, rounded outwards, from 0 or to 100 where the numbers and header say so."""
    low, high = Decimal(column.draft.minimum or 0), Decimal(column.draft.maximum or 0)
    minimum = Decimal(0) if low >= 0 else -_rounded_up(-low)
    if ends_at_100(column):
        return minimum, max(high.to_integral_value(ROUND_CEILING), Decimal(100))
    return minimum, Decimal(0) if high < 0 else _rounded_up(high)


def ends_at_100(column: Column) -> bool:
    """Whether this looks like a scale of 0 to 100, a few cells perhaps above it."""
    low, high = Decimal(column.draft.minimum or 0), Decimal(column.draft.maximum or 0)
    few = column.profile.above_100.count <= STRAY_SHARE * column.there
    return bool(PERCENT_WORDS & set(words_of(column.draft.name))) and low >= 0 and high > 1 and few


def _rounded_up(number: Decimal) -> Decimal:
    """To one leading digit, and at least to 1, or to 10 from there on: 44 gives 50, 7 gives 10, 0.3 gives 1."""
    if number <= 1:
        return Decimal(1)
    step = Decimal(1).scaleb(max(number.adjusted(), 1))
    floor = number // step * step
    return floor if floor == number else floor + step


def _example(column: Column, constraints: dict[str, Any]) -> str:
    """Of nobody: a category, a number or a date as the file has it, or the shape of a text."""
    draft = column.draft
    if "enum" in constraints and draft.categories and column.profile.levels is not None:
        return max(draft.categories, key=column.profile.levels.__getitem__)
    if draft.minimum is not None and draft.type in ("integer", "number", "year", "date"):
        return draft.minimum if len(draft.minimum) <= MOST_EXAMPLE_CHARACTERS else EXAMPLES[draft.type]
    if draft.type == "string" and column.profile.shape:
        return column.profile.shape
    return EXAMPLES[draft.type]
