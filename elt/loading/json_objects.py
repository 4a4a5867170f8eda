"""JSON objects in a cell: what Postgres takes as jsonb, and nothing that it would change or choke on."""

import json
import re
from typing import Any

DEEPEST = 64  # levels; Postgres and Python both go deeper, a file never needs to
_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,2})?")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parsed(text: str) -> dict[str, Any]:
    """The object. Raises ValueError where it is none, names a key twice, or holds what jsonb cannot."""
    if not text.startswith("{") or _depth(text) > DEEPEST:
        raise ValueError("no object")
    found = json.loads(
        text, object_pairs_hook=_once, parse_float=_number, parse_int=_number, parse_constant=_never
    )  # its strings and keys pass through _once
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _depth(text: str) -> int:
    """At most so many levels; brackets within strings count too, which refuses nothing that anybody writes."""
    deepest = depth = 0
    for sign in re.findall(r"[\[\]{}]", text):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """jsonb keeps the last of equal keys and loses the others: nothing vanishes here."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    for key, value in pairs:
        _check(key)
        _check(value)
    return found


def _check(value: Any) -> None:
    """No text that Postgres has no characters for."""
    if isinstance(value, str) and ("\x00" in value or _SURROGATE.search(value)):
        raise ValueError("no text")
    if isinstance(value, list):
        for item in value:
            _check(item)


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError("a number of more digits than a number column takes")
    return text


def _never(text: str) -> str:
    raise ValueError("no number of JSON")
