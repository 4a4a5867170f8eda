"""Regular expressions of the values that a type and its bounds allow, in spellings that Postgres reads alike.

They may leave out rare spellings and values near a bound; they take in nothing that is not allowed.
"""

import math
from collections.abc import Mapping
from typing import Any

Constraints = Mapping[str, Any]
MONTHS = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"


class Unprovable(Exception):
    """A rule of the contract has no safe form as part of the expression; every line is judged then."""


def boolean(constraints: Constraints) -> str:
    """true or false, in any case, or 1 or 0."""
    if constraints.keys() - {"required"}:
        raise Unprovable
    return "(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|1|0)"


def whole(constraints: Constraints, digits: int) -> str:
    """Whole numbers of at most so many digits, within the bounds."""
    low, high = constraints.get("minimum"), constraints.get("maximum")
    if low is None and high is None:
        return rf"-?\d{{1,{digits}}}"
    most = 10**digits - 1
    return _between(-most if low is None else math.ceil(low), most if high is None else math.floor(high))


def number(constraints: Constraints) -> str:
    """Decimal numbers within the bounds."""
    low, high = constraints.get("minimum"), constraints.get("maximum")
    if low is None and high is None:
        return r"-?\d{1,30}(?:\.\d{1,30})?"
    most = 10**15 - 1
    lowest = -most if low is None else math.ceil(low)
    highest = most if high is None else math.floor(high)
    forms = [rf"{_between(lowest, highest)}(?:\.0{{1,30}})?"]
    if max(lowest, 0) <= highest - 1:
        forms.append(rf"{_between(max(lowest, 0), highest - 1)}\.\d{{1,30}}")
    if lowest + 1 <= min(highest, -1):
        forms.append(rf"{_between(lowest + 1, min(highest, -1))}\.\d{{1,30}}")
    return "(?:" + "|".join(forms) + ")"


def _between(low: int, high: int) -> str:
    """Whole numbers from low to high, without leading zeros or plus sign."""
    parts = []
    if low < 0:
        negative = _natural(max(1, -high), -low)
        parts += [f"-(?:{one})" for one in negative]
    if high >= 0:
        parts += _natural(max(0, low), high)
    if not parts:
        raise Unprovable
    return "(?:" + "|".join(parts) + ")"


def _natural(low: int, high: int) -> list[str]:
    """Expressions for the numbers from low to high (both ≥ 0): one for each run that shares its leading digits."""
    found = []
    while low <= high:
        zeros = 0  # of the longest block low…low+10^zeros-1 that starts here and stays within
        while low % 10 ** (zeros + 1) == 0 and low + 10 ** (zeros + 1) - 1 <= high and low > 0:
            zeros += 1
        step = 10**zeros
        last = low // step % 10
        count = min(9 - last, (high - low + 1) // step - 1)
        prefix = str(low // step)[:-1]
        digit = str(last) if count == 0 else f"[{last}-{last + count}]"
        found.append(prefix + digit + (rf"\d{{{zeros}}}" if zeros else ""))
        low += step * (count + 1)
    return found


def day(constraints: Constraints) -> str:
    """ISO dates in the whole years between the bounds, but for leap days."""
    low, high = constraints.get("minimum"), constraints.get("maximum")
    first = 1 if low is None else int(str(low)[:4]) + 1
    last = 9999 if high is None else int(str(high)[:4]) - 1
    years = _natural(max(first, 1000), last)
    if not years:
        raise Unprovable
    return f"(?:{'|'.join(years)})-{MONTHS}"


def moment(constraints: Constraints) -> str:
    """ISO dates with a time, with or without an offset."""
    if constraints.keys() - {"required"}:
        raise Unprovable
    return rf"(?:[12]\d{{3}})-{MONTHS}[T ]{CLOCK}(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)?"


def flat_object(constraints: Constraints) -> str:
    """JSON objects of one key at most, as a quoted cell holds them: every quote twice.

    That keys differ, no expression can say.
    """
    if constraints.keys() - {"required"}:
        raise Unprovable
    text = r'""[ !#-\[\]-~]{0,100}""'
    value = rf"(?:{text}|-?(?:0|[1-9]\d{{0,14}})(?:\.\d{{1,15}})?|true|false|null)"
    return rf"\{{ *(?:{text} *: *{value} *)?\}}"
