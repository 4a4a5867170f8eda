"""A contract that a researcher wrote, checked at the edge: every error says where it is and what is allowed."""

import re
from collections.abc import Mapping
from typing import Any

from elt.contracting.constraints import checked_constraints
from elt.contracting.contract import DEFAULT_MAX_REJECTED_RATE, Field, normalise
from elt.contracting.flaws import Flaws
from elt.contracting.personal import without_values
from elt.loading.checking import ColumnChecker

TYPES = ("string", "integer", "number", "boolean", "date", "datetime", "year", "object")
PERSONAL = ("identifier", "name", "contact", "birth", "location", "health", "special", "finance")
COLUMN = re.compile(r"[a-z][a-z0-9_]{0,54}")  # __v and a version's number may come behind it
OLD_COLUMN = re.compile(r".*__v\d+")
SYSTEM_COLUMNS = ("cmax", "cmin", "ctid", "tableoid", "xmax", "xmin")
MOST_FIELDS = 1000


def checked(document: Any, name: str, version: int) -> dict[str, Any]:
    """The contract in the form that is kept. Raises Refused, with every flaw, where it is none."""
    flaws = Flaws()
    contract = _document(flaws, document, name, version)
    if flaws:
        raise flaws.refusal()
    return contract


def _document(flaws: Flaws, document: Any, name: str, version: int) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        flaws.add("contract", "is not a JSON object", "A Table Schema with title, description and fields.")
        return {}
    known = ("name", "title", "description", "version", "maxRejectedRate", "missingValues", "primaryKey", "fields")
    flaws.only(document, known, "contract")
    fields = _fields(flaws, document.get("fields"))
    missing_values = flaws.texts(document.get("missingValues", [""]), "missingValues")
    if "" not in missing_values:
        flaws.add("missingValues", "does not hold the empty cell", 'A list of texts with "" among them.')
    contract = {
        "name": name,
        "title": flaws.text(document, "title", "title"),
        "description": flaws.text(document, "description", "description"),
        "version": version,
        "maxRejectedRate": _rate(flaws, document.get("maxRejectedRate", DEFAULT_MAX_REJECTED_RATE)),
        "missingValues": missing_values,
        "primaryKey": _key(flaws, document.get("primaryKey", []), fields),
        "fields": fields,
    }
    if not flaws:
        _examples(flaws, contract)
    return contract


def _rate(flaws: Flaws, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        flaws.add("maxRejectedRate", "is no such share", "A number between 0 and 1, such as 0.05.")
        return DEFAULT_MAX_REJECTED_RATE
    return float(value)


def _fields(flaws: Flaws, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_FIELDS:
        flaws.add("fields", "is no list of columns", f"1 to {MOST_FIELDS} columns.")
        return []
    fields = [_field(flaws, entry, f"fields[{number}]") for number, entry in enumerate(value)]
    for key in ("name", "column"):
        _unlike(flaws, [field.get(key, "") for field in fields], key)
    return fields


def _unlike(flaws: Flaws, names: list[str], key: str) -> None:
    tidied = [normalise(name) for name in names]
    for number, name in enumerate(tidied):
        if name and name in tidied[:number]:
            flaws.add(f"fields[{number}].{key}", "is another column's too", f"Each {key} once.")


def _field(flaws: Flaws, entry: Any, where: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        flaws.add(where, "is not a JSON object", "An object with name, column, type, description and example.")
        return {}
    known = ("name", "column", "type", "description", "personal", "example", "constraints", "addedIn")
    flaws.only(entry, known, where)
    kind = entry.get("type")
    if kind not in TYPES:
        flaws.add(f"{where}.type", "is not a type", "One of " + ", ".join(TYPES) + ".")
        kind = "string"
    personal = entry.get("personal")
    if personal is not None and personal not in PERSONAL:
        flaws.add(f"{where}.personal", "is no such kind", "null, or one of " + ", ".join(PERSONAL) + ".")
    constraints = checked_constraints(flaws, entry.get("constraints") or {}, kind, f"{where}.constraints")
    field = {
        "name": flaws.text(entry, "name", f"{where}.name"),
        "column": _column(flaws, entry.get("column"), f"{where}.column"),
        "type": kind,
        "description": flaws.text(entry, "description", f"{where}.description"),
        "example": flaws.text(entry, "example", f"{where}.example"),
    }
    optional = {"personal": personal, "constraints": constraints, "addedIn": entry.get("addedIn")}
    field |= {key: value for key, value in optional.items() if value}
    return field if flaws else without_values(field)


def _column(flaws: Flaws, value: Any, where: str) -> str:
    allowed = "Small letters, digits and _, starting with a letter, at most 55; not ending in __v and digits."
    if not isinstance(value, str) or not COLUMN.fullmatch(value) or OLD_COLUMN.fullmatch(value):
        flaws.add(where, "cannot be the name of a column", allowed)
        return ""
    if value in SYSTEM_COLUMNS:
        flaws.add(where, "is a name of Postgres's own", "Any but " + ", ".join(SYSTEM_COLUMNS) + ".")
    return value


def _key(flaws: Flaws, value: Any, fields: list[dict[str, Any]]) -> list[str]:
    """The names of the key's columns, which may not be empty then: nobody has to say so as well."""
    names = [value] if isinstance(value, str) else value
    by_name = {field.get("name"): field for field in fields}
    if not isinstance(names, list) or len(set(map(str, names))) != len(names):
        flaws.add("primaryKey", "is no such list", "Names of columns, each once; [] where rows have no key.")
        return []
    for name in names:
        if not isinstance(name, str) or name not in by_name:
            flaws.add("primaryKey", "names no column", "Names (headers) of columns of this contract.")
        else:
            by_name[name]["constraints"] = {**by_name[name].get("constraints", {}), "required": True}
    return list(names)


def _examples(flaws: Flaws, contract: Mapping[str, Any]) -> None:
    missing_values = tuple(contract["missingValues"])
    for number, entry in enumerate(contract["fields"]):
        field = Field(
            entry["name"], entry["column"], entry["type"], "", entry.get("constraints", {}), None, entry["example"]
        )
        result = ColumnChecker(field, missing_values)[entry["example"]]
        if not isinstance(result, str):
            allowed = "An example that fits the column's own type and constraints."
            flaws.add(f"fields[{number}].example", result.message, allowed)
