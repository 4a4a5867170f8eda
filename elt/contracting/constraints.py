"""A column's constraints in a contract that a researcher wrote: which its type has, and what each may be."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from elt.contracting.contract import LARGEST_LIMIT
from elt.contracting.flaws import Flaws

CONSTRAINTS = {
    "string": ("required", "enum", "pattern", "maxLength"),
    "integer": ("required", "minimum", "maximum", "enum"),
    "year": ("required", "minimum", "maximum", "enum"),
    "number": ("required", "minimum", "maximum"),
    "boolean": ("required",),
    "date": ("required", "minimum", "maximum"),
    "datetime": ("required",),
    "object": ("required",),
}
# A pattern that cannot run for ever: characters and classes, at most three of them of varying number, one without end.
_ATOM = r"(?:\[\^?[^\[\]\\^]+\]|\\[dwsDWS.\-+*?()\[\]{}|^$/\\]|[^\\\[\](){}*+?|^$])"
_PATTERN = re.compile(rf"\^?(?:{_ATOM}(?:\{{\d{{1,4}}\}}|\{{\d{{1,2}},\d{{1,2}}\}}|\?|[*+])?)+\$?")
_VARYING = re.compile(rf"{_ATOM}(\{{\d+,\d+\}}|[?*+])")
MOST_VARYING = 3


def checked_constraints(flaws: Flaws, value: Any, kind: str, where: str) -> dict[str, Any]:
    """The constraints of a column of this type, as they are kept; those that say nothing are left out."""
    if not isinstance(value, Mapping):
        flaws.add(where, "is not a JSON object", 'An object such as {"required": true}.')
        return {}
    flaws.only(value, CONSTRAINTS[kind], where)
    found = {key: value[key] for key in CONSTRAINTS[kind] if value.get(key) is not None}
    if not isinstance(found.get("required", True), bool):
        flaws.add(f"{where}.required", "is neither", "true or false.")
    if "enum" in found:
        found["enum"] = flaws.texts(
            [str(v) if isinstance(v, int) else v for v in found["enum"]]
            if isinstance(found["enum"], list)
            else found["enum"],
            f"{where}.enum",
        )
    if "maxLength" in found and not (isinstance(found["maxLength"], int) and 0 < found["maxLength"] <= 100_000):
        flaws.add(f"{where}.maxLength", "is no such length", "A whole number from 1 to 100000.")
    if "pattern" in found:
        _check_pattern(flaws, found["pattern"], f"{where}.pattern")
    _take_limits(flaws, found, kind, where)
    return {key: limit for key, limit in found.items() if limit is not False}


def _check_pattern(flaws: Flaws, value: Any, where: str) -> None:
    good = isinstance(value, str) and len(value) <= 200 and _PATTERN.fullmatch(value) is not None
    varying = _VARYING.findall(value) if good else []
    good = good and len(varying) <= MOST_VARYING and varying.count("*") + varying.count("+") <= 1
    try:
        re.compile(value if good else "")
    except re.error:
        good = False
    if not good:
        flaws.add(
            where,
            "cannot be used",
            r"Characters, [classes], \d, \w, \s; at most three with {m,n} or ?, one with * or +; no groups, no |.",
        )


def _take_limits(flaws: Flaws, constraints: dict[str, Any], kind: str, where: str) -> None:
    """The limits as the type's own values: numbers are kept as numbers, also where a form sent them as text."""
    found: dict[str, Any] = {}
    for key in ("minimum", "maximum"):
        if key in constraints:
            limit = _limit(constraints[key], kind)
            if limit is None:
                allowed = "A date such as 2009-05-17." if kind == "date" else "A number."
                flaws.add(f"{where}.{key}", "is no limit of this type", allowed)
            else:
                found[key] = constraints[key] = limit
    if len(found) == 2 and found["minimum"] > found["maximum"]:
        flaws.add(f"{where}.minimum", "is above the maximum", "At most the maximum.")


def _limit(value: Any, kind: str) -> int | float | str | None:
    """A limit as JSON keeps it; None where it is none. Days are text, which sorts as they do."""
    try:
        if kind == "date":
            return date.fromisoformat(str(value)).isoformat()
        number = Decimal(str(value))
    except (ValueError, InvalidOperation):
        return None
    if isinstance(value, bool) or not number.is_finite() or abs(number) > LARGEST_LIMIT:
        return None
    return int(number) if number == number.to_integral_value() else float(number)
