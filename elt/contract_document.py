"""A contract that a researcher wrote, checked at the edge: every error says where it is and what is allowed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from elt.checking import ColumnChecker
from elt.contract import DEFAULT_MAX_REJECTED_RATE, LARGEST_LIMIT, Field, normalise
from elt.errors import Refused

TYPES = ("string", "integer", "number", "boolean", "date", "datetime", "year")
PERSONAL = ("identifier", "name", "contact", "birth", "location", "health", "finance")
CONSTRAINTS = {
    "string": ("required", "enum", "pattern", "maxLength"),
    "integer": ("required", "minimum", "maximum", "enum"),
    "year": ("required", "minimum", "maximum", "enum"),
    "number": ("required", "minimum", "maximum"),
    "boolean": ("required",),
    "date": ("required", "minimum", "maximum"),
    "datetime": ("required",),
}
COLUMN = re.compile(r"[a-z][a-z0-9_]{0,54}")  # __v and a version's number may come behind it
OLD_COLUMN = re.compile(r".*__v\d+")
SYSTEM_COLUMNS = ("cmax", "cmin", "ctid", "tableoid", "xmax", "xmin")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MOST_FIELDS, MOST_VALUES = 1000, 2000
LENGTHS = {"title": 200, "description": 4000, "name": 200, "example": 1000, "value": 1000}
# A pattern that cannot run for ever: characters and classes, at most three of them of varying number, one without end.
_ATOM = r"(?:\[\^?[^\[\]\\^]+\]|\\[dwsDWS.\-+*?()\[\]{}|^$/\\]|[^\\\[\](){}*+?|^$])"
_PATTERN = re.compile(rf"\^?(?:{_ATOM}(?:\{{\d{{1,4}}\}}|\{{\d{{1,2}},\d{{1,2}}\}}|\?|[*+])?)+\$?")
_VARYING = re.compile(rf"{_ATOM}(\{{\d+,\d+\}}|[?*+])")
MOST_VARYING = 3


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a contract: where (`fields[2].type`), what, and what would be right."""

    where: str
    message: str
    allowed: str


def checked(document: Any, name: str, version: int) -> dict[str, Any]:
    """The contract in the form that is kept. Raises Refused, with every flaw, where it is none."""
    flaws: list[Flaw] = []
    contract = _Check(flaws).document(document, name, version)
    if flaws:
        shown = "; ".join(f"{flaw.where}: {flaw.message}" for flaw in flaws[:5])
        raise Refused(
            "bad_contract",
            f"The contract has {len(flaws)} {'flaw' if len(flaws) == 1 else 'flaws'}: {shown}"
            + (" …" if len(flaws) > 5 else "."),
            allowed="; ".join(dict.fromkeys(flaw.allowed for flaw in flaws[:5])),
            remedy="`flaws` names each place; correct them and send the contract again.",
            flaws=[asdict(flaw) for flaw in flaws],
        )
    return contract


def merged(contract: Mapping[str, Any], change: Any) -> Any:
    """The contract with a change put in, as JSON Merge Patch (RFC 7396) does: null takes a member away.

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


class _Check:
    def __init__(self, flaws: list[Flaw]) -> None:
        self._flaws = flaws

    def _flaw(self, where: str, message: str, allowed: str) -> None:
        self._flaws.append(Flaw(where, message, allowed))

    def document(self, document: Any, name: str, version: int) -> dict[str, Any]:
        if not isinstance(document, Mapping):
            self._flaw("contract", "is not a JSON object", "A Table Schema with title, description and fields.")
            return {}
        known = ("name", "title", "description", "version", "maxRejectedRate", "missingValues", "primaryKey", "fields")
        self._only(document, known, "contract")
        fields = self._fields(document.get("fields"))
        missing_values = self._texts(document.get("missingValues", [""]), "missingValues")
        if "" not in missing_values:
            self._flaw("missingValues", "does not hold the empty cell", 'A list of texts with "" among them.')
        contract = {
            "name": name,
            "title": self._text(document, "title", "title"),
            "description": self._text(document, "description", "description"),
            "version": version,
            "maxRejectedRate": self._rate(document.get("maxRejectedRate", DEFAULT_MAX_REJECTED_RATE)),
            "missingValues": missing_values,
            "primaryKey": self._key(document.get("primaryKey", []), fields),
            "fields": fields,
        }
        if not self._flaws:
            self._examples(contract)
        return contract

    def _only(self, entry: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in sorted(set(entry) - set(known)):
            self._flaw(f"{where}.{str(key)[:50]}", "is not known", "Known here: " + ", ".join(known) + ".")

    def _text(self, entry: Mapping[str, Any], key: str, where: str) -> str:
        value, longest = entry.get(key), LENGTHS.get(key, 200)
        if not isinstance(value, str) or not value.strip() or len(value) > longest or UNSTORABLE.search(value):
            self._flaw(where, "is missing or no such text", f"Text of 1 to {longest} characters.")
            return ""
        return value.strip()

    def _texts(self, value: Any, where: str) -> list[str]:
        longest = LENGTHS["value"]
        good = isinstance(value, list) and 0 < len(value) <= MOST_VALUES and len(set(map(str, value))) == len(value)
        if not good or any(not isinstance(v, str) or len(v) > longest or UNSTORABLE.search(v) for v in value):
            self._flaw(where, "is no such list", f"1 to {MOST_VALUES} different texts.")
            return [""]
        return list(value)

    def _rate(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            self._flaw("maxRejectedRate", "is no such share", "A number between 0 and 1, such as 0.05.")
            return DEFAULT_MAX_REJECTED_RATE
        return float(value)

    def _fields(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not 0 < len(value) <= MOST_FIELDS:
            self._flaw("fields", "is no list of columns", f"1 to {MOST_FIELDS} columns.")
            return []
        fields = [self._field(entry, f"fields[{number}]") for number, entry in enumerate(value)]
        for key in ("name", "column"):
            self._unlike([field.get(key, "") for field in fields], key)
        return fields

    def _unlike(self, names: list[str], key: str) -> None:
        tidied = [normalise(name) for name in names]
        for number, name in enumerate(tidied):
            if name and name in tidied[:number]:
                self._flaw(f"fields[{number}].{key}", "is another column's too", f"Each {key} once.")

    def _field(self, entry: Any, where: str) -> dict[str, Any]:
        if not isinstance(entry, Mapping):
            self._flaw(where, "is not a JSON object", "An object with name, column, type, description and example.")
            return {}
        known = ("name", "column", "type", "description", "personal", "example", "constraints", "addedIn")
        self._only(entry, known, where)
        kind = entry.get("type")
        if kind not in TYPES:
            self._flaw(f"{where}.type", "is not a type", "One of " + ", ".join(TYPES) + ".")
            kind = "string"
        personal = entry.get("personal")
        if personal is not None and personal not in PERSONAL:
            self._flaw(f"{where}.personal", "is no such kind", "null, or one of " + ", ".join(PERSONAL) + ".")
        constraints = self._constraints(entry.get("constraints") or {}, kind, f"{where}.constraints")
        field = {
            "name": self._text(entry, "name", f"{where}.name"),
            "column": self._column(entry.get("column"), f"{where}.column"),
            "type": kind,
            "description": self._text(entry, "description", f"{where}.description"),
            "example": self._text(entry, "example", f"{where}.example"),
        }
        optional = {"personal": personal, "constraints": constraints, "addedIn": entry.get("addedIn")}
        return {**field, **{key: value for key, value in optional.items() if value}}

    def _column(self, value: Any, where: str) -> str:
        allowed = "Small letters, digits and _, starting with a letter, at most 55; not ending in __v and digits."
        if not isinstance(value, str) or not COLUMN.fullmatch(value) or OLD_COLUMN.fullmatch(value):
            self._flaw(where, "cannot be the name of a column", allowed)
            return ""
        if value in SYSTEM_COLUMNS:
            self._flaw(where, "is a name of Postgres's own", "Any but " + ", ".join(SYSTEM_COLUMNS) + ".")
        return value

    def _constraints(self, value: Any, kind: str, where: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._flaw(where, "is not a JSON object", 'An object such as {"required": true}.')
            return {}
        self._only(value, CONSTRAINTS[kind], where)
        found = {key: value[key] for key in CONSTRAINTS[kind] if value.get(key) is not None}
        if not isinstance(found.get("required", True), bool):
            self._flaw(f"{where}.required", "is neither", "true or false.")
        if "enum" in found:
            found["enum"] = self._texts(
                [str(v) if isinstance(v, int) else v for v in found["enum"]]
                if isinstance(found["enum"], list)
                else found["enum"],
                f"{where}.enum",
            )
        if "maxLength" in found and not (isinstance(found["maxLength"], int) and 0 < found["maxLength"] <= 100_000):
            self._flaw(f"{where}.maxLength", "is no such length", "A whole number from 1 to 100000.")
        if "pattern" in found:
            self._pattern(found["pattern"], f"{where}.pattern")
        self._limits(found, kind, where)
        return {key: limit for key, limit in found.items() if limit is not False}

    def _pattern(self, value: Any, where: str) -> None:
        good = isinstance(value, str) and len(value) <= 200 and _PATTERN.fullmatch(value) is not None
        varying = _VARYING.findall(value) if good else []
        good = good and len(varying) <= MOST_VARYING and varying.count("*") + varying.count("+") <= 1
        try:
            re.compile(value if good else "")
        except re.error:
            good = False
        if not good:
            self._flaw(
                where,
                "cannot be used",
                r"Characters, [classes], \d, \w, \s; at most three with {m,n} or ?, one with * or +; no groups, no |.",
            )

    def _limits(self, constraints: dict[str, Any], kind: str, where: str) -> None:
        """The limits as the type's own values: numbers are kept as numbers, also where a form sent them as text."""
        found: dict[str, Any] = {}
        for key in ("minimum", "maximum"):
            if key in constraints:
                limit = _limit(constraints[key], kind)
                if limit is None:
                    allowed = "A date such as 2009-05-17." if kind == "date" else "A number."
                    self._flaw(f"{where}.{key}", "is no limit of this type", allowed)
                else:
                    found[key] = constraints[key] = limit
        if len(found) == 2 and found["minimum"] > found["maximum"]:
            self._flaw(f"{where}.minimum", "is above the maximum", "At most the maximum.")

    def _key(self, value: Any, fields: list[dict[str, Any]]) -> list[str]:
        names = [value] if isinstance(value, str) else value
        by_name = {field.get("name"): field for field in fields}
        if not isinstance(names, list) or len(set(map(str, names))) != len(names):
            self._flaw("primaryKey", "is no such list", "Names of columns, each once; [] where rows have no key.")
            return []
        for name in names:
            if name not in by_name:
                self._flaw("primaryKey", "names no column", "Names (headers) of columns of this contract.")
            elif not by_name[name].get("constraints", {}).get("required"):
                self._flaw("primaryKey", f"`{name}` may be missing", "Columns with constraints.required = true.")
        return list(names)

    def _examples(self, contract: Mapping[str, Any]) -> None:
        for number, flaw in misfits(contract):
            self._flaw(f"fields[{number}].example", flaw, "An example that fits the column's own type and constraints.")


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


def misfits(contract: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The columns whose example is not what their own contract asks for, by number, and why."""
    missing_values = tuple(contract["missingValues"])
    for number, entry in enumerate(contract["fields"]):
        field = Field(
            entry["name"], entry["column"], entry["type"], "", entry.get("constraints", {}), None, entry["example"]
        )
        result = ColumnChecker(field, missing_values)[entry["example"]]
        if not isinstance(result, str):
            yield number, result.message
