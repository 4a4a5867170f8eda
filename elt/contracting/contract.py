"""Contracts: one Table Schema file per dataset says what a file must look like, and what its raw table is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTRACTS = Path(__file__).parent.parent / "contracts"
INT4_MAXIMUM = 2**31 - 1
LARGEST_LIMIT = 2**63 - 1  # of a minimum or maximum
DEFAULT_MAX_REJECTED_RATE = 0.05
DEFAULT_MAX_REMOVED_RATE = 0.3
# Where the table of a dataset stands: of a contract that ships with Laurel, or of one that a researcher described.
SHIPPED_SCHEMA = "raw"
DESCRIBED_SCHEMA = "raw_private"


@dataclass(frozen=True)
class Field:
    """One column: its header in the file, its column in raw, and what a cell of it may hold."""

    name: str
    column: str
    type: str
    description: str
    constraints: Mapping[str, Any]
    personal: str | None
    example: str
    added_in: int = 1  # the contract's version that brought the column; files from before may lack it
    is_wide: bool = False  # eight bytes for whole numbers of any range, so that a wider range needs no rewrite

    @property
    def postgres_type(self) -> str:
        """The type of the column in raw."""
        if self.type == "integer" and not self.is_wide:
            maximum = self.constraints.get("maximum")
            return "integer" if maximum is not None and maximum <= INT4_MAXIMUM else "bigint"
        return {
            "string": "text",
            "integer": "bigint",
            "number": "numeric",
            "boolean": "boolean",
            "date": "date",
            "datetime": "timestamptz",
            "year": "integer",
            "object": "jsonb",
        }[self.type]


@dataclass(frozen=True)
class HeaderMatch:
    """How a file's header fits a contract: `positions[i]` is where in the file the contract's i-th field stands."""

    positions: tuple[int, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """What a file of one dataset must look like."""

    name: str
    title: str
    description: str
    version: int
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    missing_values: tuple[str, ...]
    max_rejected_rate: float
    max_removed_rate: float
    schema: Mapping[str, Any]
    raw_schema: str = SHIPPED_SCHEMA  # another one while a file is only tried (elt.dry_runs.making)
    is_described: bool = False  # by a researcher; otherwise it ships with Laurel

    @property
    def raw_table(self) -> str:
        """Name of the table in schema raw: `laurel/students` lands in raw.laurel_students."""
        return self.name.replace("/", "_")

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns of raw that identify a row within one file; empty where the dataset has no key."""
        by_name = {field.name: field.column for field in self.fields}
        return tuple(by_name[name] for name in self.primary_key)

    def with_headers(self, headers: Mapping[str, str]) -> "Contract":
        """The same contract for a file that calls some fields otherwise: `headers` gives the file's name of a field."""
        return replace(
            self,
            fields=tuple(replace(field, name=headers.get(field.name, field.name)) for field in self.fields),
            primary_key=tuple(headers.get(name, name) for name in self.primary_key),
        )

    def to_table_schema(self) -> dict[str, Any]:
        """The contract as Frictionless Table Schema, ready for JSON."""
        return dict(self.schema)

    def match_header(self, header: list[str]) -> HeaderMatch:
        """Match by name, in any order. Only surrounding and repeated white space is forgiven, nothing is guessed."""
        found = {normalise(cell): position for position, cell in enumerate(header)}
        wanted = {normalise(field.name) for field in self.fields}
        return HeaderMatch(
            positions=tuple(found.get(normalise(field.name), -1) for field in self.fields),
            missing=tuple(field.name for field in self.fields if normalise(field.name) not in found),
            unknown=tuple(cell.strip() for cell in header if normalise(cell) not in wanted),
        )


def normalise(header: str) -> str:
    """A header cell with its white space tidied: what two spellings must share to be the same column."""
    return " ".join(header.split())


def parse_contract(document: Mapping[str, Any], *, is_described: bool = False) -> Contract:
    """A contract from its document (Table Schema). Raises KeyError where a required part is missing."""
    fields = tuple(
        Field(
            name=field["name"],
            column=field["column"],
            type=field["type"],
            description=field["description"],
            constraints=field.get("constraints", {}),
            personal=field.get("personal"),
            example=str(field["example"]),
            added_in=field.get("addedIn", 1),
            is_wide=is_described,
        )
        for field in document["fields"]
    )
    return Contract(
        name=document["name"],
        title=document["title"],
        description=document["description"],
        version=document["version"],
        fields=fields,
        primary_key=tuple(document.get("primaryKey", ())),
        missing_values=tuple(document.get("missingValues", ("",))),
        max_rejected_rate=document.get("maxRejectedRate", DEFAULT_MAX_REJECTED_RATE),
        max_removed_rate=document.get("maxRemovedRate", DEFAULT_MAX_REMOVED_RATE),
        schema=document,
        raw_schema=DESCRIBED_SCHEMA if is_described else SHIPPED_SCHEMA,
        is_described=is_described,
    )


class TableSchemaLoader(yaml.SafeLoader):
    """YAML without its dates: an example such as 2009-05-17 stays the text that a CSV would hold."""


TableSchemaLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def load_contracts() -> dict[str, Contract]:
    """Every contract that ships with Laurel, by dataset name, sorted."""
    paths = sorted(CONTRACTS.glob("*/*.yaml"))
    # A SafeLoader by descent, and the files are our own.
    documents = (yaml.load(path.read_text(encoding="utf-8"), TableSchemaLoader) for path in paths)  # noqa: S506
    contracts = map(parse_contract, documents)
    return {contract.name: contract for contract in contracts}
