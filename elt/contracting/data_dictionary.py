"""docs/data-dictionary.md, from the contracts and the descriptions of the dbt models: nothing is written twice.

`python -m elt.contracting.data_dictionary` writes it; a test holds that it is current.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from elt.contracting.contract import Contract, load_contracts
from elt.settings import REPOSITORY

PATH = REPOSITORY / "docs" / "data-dictionary.md"
DBT = REPOSITORY / "dbt"
DOC_BLOCK = re.compile(r"{%\s*docs (\w+)\s*%}\s*(.*?)\s*{%\s*enddocs\s*%}", re.DOTALL)
DOC_REFERENCE = re.compile(r"""{{\s*doc\(['"](\w+)['"]\)\s*}}""")
INTRODUCTION = """# Data dictionary

Written by `python -m elt.contracting.data_dictionary` from `elt/contracts` and `dbt/models`; change those, not this
file. The same texts stand at `/docs/models` of a running stack, with lineage and SQL, and at `/api/v1/datasets`.

First what may be sent, then what is made of it.
"""


def render() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION, "## Files: what may be sent\n"]
    parts += [_contract(contract) for contract in load_contracts().values()]
    parts.append("## Marts: what is made of it\n")
    parts += [_model(model) for model in sorted(_marts(), key=lambda model: str(model["name"]))]
    parts.append("## Seeds: thresholds and scales\n")
    parts += [_model(seed) for seed in _documents("seeds", "seeds")]
    return "\n".join(parts)


def _contract(contract: Contract) -> str:
    lines = [f"### `{contract.name}`\n", f"{_flat(contract.description)}\n"]
    key = " + ".join(contract.primary_key) or "none"
    lines.append(f"Version {contract.version} · key: {key} · lands in `raw.{contract.raw_table}`\n")
    lines += ["| header | column | type | rules | meaning |", "|---|---|---|---|---|"]
    for field in contract.fields:
        rules = "; ".join(f"{name}: {_flat(str(value))}" for name, value in field.constraints.items())
        cells = (field.name, f"`{field.column}`", field.type, rules, _flat(field.description))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _marts() -> Iterator[dict[str, Any]]:
    """Only what readers see: the parts that marts are made of are described beside them."""
    names = {path.stem for path in (DBT / "models" / "marts").rglob("*.sql")}
    yield from (model for model in _documents("models/marts", "models") if model["name"] in names)


def _documents(folder: str, kind: str) -> Iterator[dict[str, Any]]:
    """Every entry of one kind in the YAML files below a folder of the dbt project, in the order of their names."""
    for path in sorted((DBT / folder).rglob("*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8")).get(kind, [])


def _model(model: dict[str, Any]) -> str:
    lines = [f"### `{model['name']}`\n", f"{_flat(model.get('description', ''))}\n"]
    lines += ["| column | meaning |", "|---|---|"]
    for column in model.get("columns", []):
        lines.append(f"| `{column['name']}` | {_flat(column.get('description', '')).replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def _flat(text: str) -> str:
    """On one line, with the shared descriptions put in."""
    blocks = _doc_blocks()
    return " ".join(DOC_REFERENCE.sub(lambda match: blocks[match[1]], text).split())


@cache
def _doc_blocks() -> dict[str, str]:
    texts = (path.read_text(encoding="utf-8") for path in sorted((DBT / "models").rglob("*.md")))
    return {name: body for text in texts for name, body in DOC_BLOCK.findall(text)}


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
