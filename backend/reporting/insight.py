"""What an insight consists of. Each file in backend/insights holds exactly one, as `INSIGHT`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from elt.access.policies import KNOW_PERSONS
from elt.access.roles import ROLES

Row = Mapping[str, Any]
Kind = Literal["text", "integer", "number", "rate", "p_value", "flag", "time"]

EVERYBODY = frozenset(ROLES)
OF_STUDENTS = frozenset(KNOW_PERSONS)  # lists single students: each role those of its scope, as the policies say
READABLE_SCHEMAS = frozenset({"marts", "catalog", "predictions"})
_RELATION = re.compile(r"\b(?:from|join)\s+([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?)", re.IGNORECASE)
# Behind a comma, or called as a function: whatever names a schema of the warehouse.
_IN_A_SCHEMA = re.compile(
    r"\b((?:access|catalog|information_schema|pg_catalog|predictions|public|seeds"
    r"|(?:raw|staging|intermediate|build|marts|dry_run)\w*)\.[a-z_][a-z0-9_]*)",
    re.IGNORECASE,
)
_COMMON_TABLE = re.compile(r"(?:\bwith|,)\s+([a-z_][a-z0-9_]*)\s+as\s+(?:materialized\s+)?\(", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column of an insight's rows: what people call it and how it is written. A `rate` lies between 0 and 1."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True)
class Parameter:
    """A choice the reader has. `values_sql` returns the allowed values, one per row, in the order to show them.

    Without a choice the SQL gets `default`, or what comes first where the reader's data lack it; None means all, and is
    shown as `all_label`. `is_sole_default`: whoever may choose one value alone need not choose it.
    """

    name: str
    label: str
    values_sql: str
    all_label: str | None = None
    default: str | None = None
    is_sole_default: bool = False


@dataclass(frozen=True)
class Definition:
    """What exactly is counted, so that two people read the same number the same way (see docs/insights.md)."""

    measure: str
    numerator: str
    denominator: str
    exclusions: str
    threshold: str
    threshold_seeds: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """The rows in words: a headline (a number, or few words) with its unit, a sentence or two, and what is behind them.

    `brief` takes the sentence's place where there is little room.
    """

    headline: str
    unit: str
    sentence: str
    details: tuple[str, ...] = ()
    brief: str | None = None


@dataclass(frozen=True)
class Insight:
    """A question, the SQL that answers it and the chart that shows it.

    `sql` is one statement on marts, predictions and the catalog's views; parameters are `%(name)s`. `chart` is a
    Vega-Lite spec without data: the rows become it. `datasets` are those whose rejected lines and arrival matter here.
    `related` names insights to go on to; a page links to those that the reader may see. `kpis` are those of the seed
    kpi that it tells more of.
    """

    name: str
    title: str
    question: str
    definition: Definition
    datasets: tuple[str, ...]
    sql: str
    columns: tuple[Column, ...]
    chart: Mapping[str, Any]
    finding: Callable[[Sequence[Row]], Finding]
    caveats: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    audience: frozenset[str] = EVERYBODY
    related: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()

    def relations(self) -> frozenset[str]:
        """The tables and views that the SQL reads (schema.name), its own common table expressions left out."""
        found: set[str] = set()
        for statement in (self.sql, *(parameter.values_sql for parameter in self.parameters)):
            own = {name.lower() for name in _COMMON_TABLE.findall(statement)}
            named = (*_RELATION.findall(statement), *_IN_A_SCHEMA.findall(statement))
            found |= {name.lower() for name in named} - own
        return frozenset(found)

    def marts(self) -> tuple[str, ...]:
        """The dbt models behind it, sorted by name."""
        return tuple(sorted(name.removeprefix("marts.") for name in self.relations() if name.startswith("marts.")))
