"""A contract with a researcher's change put in, as JSON Merge Patch (RFC 7396) does; nothing is checked here."""

from collections.abc import Mapping
from typing import Any

from elt.errors import Refused


def merged(contract: Mapping[str, Any], change: Any) -> Any:
    """The contract with the change put in: null takes a member away.

    `fields` may be the whole list of columns, or an object that changes some of them, by header.
    """
    if not isinstance(change, Mapping):
        return change
    by_header = change.get("fields")
    result = _patched(contract, {key: value for key, value in change.items() if key != "fields"})
    if isinstance(by_header, Mapping):
        names = {field.get("name"): number for number, field in enumerate(contract.get("fields", []))}
        if unknown := sorted(str(name)[:50] for name in by_header if name not in names):
            raise Refused(
                "bad_contract",
                "The contract has no column with the header " + ", ".join(unknown[:5]) + ".",
                allowed="Headers: " + ", ".join(map(str, names)) + ".",
                remedy="Name columns by their header, or send the whole list of columns.",
            )
        result["fields"] = [_patched(field, by_header.get(field["name"], {})) for field in contract["fields"]]
        result["fields"] = [field for field in result["fields"] if field is not None]
    elif "fields" in change:
        result["fields"] = by_header
    return result


def _patched(target: Any, change: Any) -> Any:
    if not isinstance(change, Mapping):
        return change
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _patched(result.get(key), value)
    return result
