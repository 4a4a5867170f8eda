"""Lineage, from the text of the dbt project: what reads a column of a dataset, and which datasets a model reads."""

import re
from collections.abc import Iterable
from functools import cache

import yaml

from elt.dbt_build import PROJECT

_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")
_SOURCE = re.compile(r"""\bsource\(\s*['"](\w+)['"]\s*,\s*['"](\w+)['"]\s*\)""")
LEDGER = "catalog"


def readers(dataset_id: str, columns: Iterable[str]) -> list[str]:
    """Models that name one of these columns of the dataset and all that is built on them, then insights, by name."""
    family, _, table = dataset_id.partition("/")
    source = re.compile(rf"""['"]{family}['"]\s*,\s*['"]{table}['"]""")
    words = re.compile(r"\b(" + "|".join(map(re.escape, columns)) + r")\b") if columns else None
    models = _models()
    found = {name for name, text in models.items() if source.search(text) and words and words.search(text)}
    frontier = found
    while frontier:
        frontier = {name for name, text in models.items() if set(_REF.findall(text)) & frontier} - found
        found |= frontier
    insights = [name for name, reads in _exposures().items() if reads & found]
    return [f"model {name}" for name in sorted(found)] + [f"insight {name}" for name in sorted(insights)]


@cache
def datasets_behind(model: str) -> frozenset[str]:
    """The datasets that a model reads, through whatever other models: the source laurel.students is laurel/students."""
    text = _models().get(model, "")  # none: a seed
    own = {f"{family}/{table}" for family, table in _SOURCE.findall(text) if family != LEDGER}
    return frozenset(own).union(*(datasets_behind(name) for name in _REF.findall(text)))


@cache
def _models() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (PROJECT / "models").rglob("*.sql")}


@cache
def _exposures() -> dict[str, set[str]]:
    document = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))
    return {entry["name"]: set(_REF.findall(" ".join(entry["depends_on"]))) for entry in document["exposures"]}
