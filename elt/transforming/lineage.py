"""Lineage, from the text of the dbt project: what reads a column of a dataset, and which datasets a model reads."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import yaml
from jinja2 import ChainableUndefined, Environment

from elt.transforming.dbt_build import PROJECT

_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")
_SOURCE = re.compile(r"""\bsource\(\s*['"](\w+)['"]\s*,\s*['"](\w+)['"]\s*\)""")
LEDGER = ("catalog", "ledger")  # sources that are no datasets


class _Anything(ChainableUndefined):
    """Stands for what only dbt knows (macros, `this`, `execute`): it can be called, and holds nothing."""

    def __call__(self, *_arguments: object, **_named: object) -> "_Anything":  # type: ignore[override]
        return self


_JINJA = Environment(undefined=_Anything, extensions=["jinja2.ext.do"])  # noqa: S701 - the text is SQL


class Node(NamedTuple):
    """A dataset, a model, a mart or an insight: one place on the way of the data."""

    kind: str
    name: str


def readers(dataset_id: str, columns: Iterable[str]) -> list[str]:
    """Models that name one of these columns of the dataset and all that is built on them, then insights, by name."""
    family, _, table = dataset_id.partition("/")
    source = re.compile(rf"""['"]{family}['"]\s*,\s*['"]{table}['"]""")
    words = re.compile(r"\b(" + "|".join(map(re.escape, columns)) + r")\b") if columns else None
    models = _models()
    found = {name for name, text in models.items() if source.search(text) and words and words.search(text)}
    frontier = found
    while frontier:
        frontier = {name for name in models if _references(name)[0] & frontier} - found
        found |= frontier
    insights = [name for name, reads in _exposures().items() if reads & found]
    return [f"model {name}" for name in sorted(found)] + [f"insight {name}" for name in sorted(insights)]


@cache
def datasets_behind(model: str) -> frozenset[str]:
    """The datasets that a model reads, through whatever other models: the source laurel.students is laurel/students."""
    if model not in _models():
        return frozenset()  # a seed
    models, own = _references(model)
    return own.union(*(datasets_behind(name) for name in models))


def around(node: Node) -> frozenset[Node]:
    """The node, all that is made from it, and all that it is made from."""
    return frozenset({node}) | _reached(node, direct()) | _reached(node, _turned())


@cache
def direct() -> Mapping[Node, frozenset[Node]]:
    """What each model and each insight reads itself: datasets and models. Seeds and the ledger are left out."""
    models, layers = _models(), _layers()
    found: dict[Node, frozenset[Node]] = {}
    for name in models:
        refs, datasets = _references(name)
        read = {Node(layers[ref], ref) for ref in refs if ref in models}
        found[Node(layers[name], name)] = frozenset({*(Node("dataset", dataset) for dataset in datasets), *read})
    for name, reads in _exposures().items():
        found[Node("insight", name)] = frozenset(Node(layers[ref], ref) for ref in reads if ref in models)
    return MappingProxyType(found)


@cache
def _turned() -> Mapping[Node, frozenset[Node]]:
    found: dict[Node, set[Node]] = {}
    for node, read in direct().items():
        for one in read:
            found.setdefault(one, set()).add(node)
    return {node: frozenset(readers) for node, readers in found.items()}


def _reached(node: Node, steps: Mapping[Node, frozenset[Node]]) -> frozenset[Node]:
    reached: set[Node] = set()
    frontier = {node}
    while frontier:
        frontier = {one for at in frontier for one in steps.get(at, ())} - reached
        reached |= frontier
    return frozenset(reached)


@cache
def _references(model: str) -> tuple[frozenset[str], frozenset[str]]:
    """The models and the datasets that a model names: in its text, and where its Jinja puts a name together."""
    text = _models()[model]
    refs, sources = set(_REF.findall(text)), set(_SOURCE.findall(text))

    def ref(name: object) -> str:
        refs.add(str(name))
        return str(name)

    def source(family: object, table: object) -> str:
        sources.add((str(family), str(table)))
        return f"{family}.{table}"

    _JINJA.from_string(text).render(ref=ref, source=source)
    datasets = frozenset(f"{family}/{table}" for family, table in sources if family not in LEDGER)
    return frozenset(refs) - {""}, datasets


@cache
def _layers() -> dict[str, str]:
    """By model: `mart` where readers see it, else `model`."""
    root = PROJECT / "models"
    return {
        path.stem: "mart" if path.relative_to(root).parts[0] == "marts" else "model" for path in root.rglob("*.sql")
    }


@cache
def _models() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (PROJECT / "models").rglob("*.sql")}


@cache
def _exposures() -> dict[str, set[str]]:
    document = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))
    return {entry["name"]: set(_REF.findall(" ".join(entry["depends_on"]))) for entry in document["exposures"]}
