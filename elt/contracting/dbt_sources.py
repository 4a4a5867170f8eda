"""Describes the raw tables to dbt, so that contracts are the only place where a column is written down.

`python -m elt.contracting.dbt_sources` writes `dbt/models/staging/<family>/_<family>__sources.yml` for every family of
contracts.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from elt.contracting.contract import Contract, load_contracts
from elt.settings import REPOSITORY

STAGING = REPOSITORY / "dbt" / "models" / "staging"
HEADER = "# Written by `python -m elt.contracting.dbt_sources` from elt/contracts; change those, not this file.\n"
# A dry run reads the file that is tried beside the rows of raw (elt/dry_runs/making.py).
RAW_SCHEMA = "{{ 'dry_run_raw' if target.name == 'dry_run' else 'raw' }}"
PROVENANCE = (
    {"name": "_submission_id", "description": "The submission the row came with (`catalog.submission`)."},
    {"name": "_line_number", "description": "The physical line of that file on which the row begins, header included."},
)


def render_sources() -> dict[Path, str]:
    """The text of each family's sources file, by its path."""
    families: dict[str, list[Contract]] = {}
    for contract in load_contracts().values():
        families.setdefault(contract.name.split("/")[0], []).append(contract)
    return {
        STAGING / family / f"_{family}__sources.yml": HEADER + _as_yaml(_family_document(family, contracts))
        for family, contracts in families.items()
    }


def _as_yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _family_document(family: str, contracts: Iterable[Contract]) -> dict[str, Any]:
    return {
        "sources": [
            {
                "name": family,
                "schema": RAW_SCHEMA,
                "description": f"Rows of the live submissions of {family}'s datasets, as their files had them.",
                "tables": [_table(contract) for contract in contracts],
            }
        ],
    }


def _table(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.name.split("/")[1],
        "identifier": contract.raw_table,
        "description": contract.description,
        "columns": [
            *(dict(column) for column in PROVENANCE),
            *({"name": field.column, "description": field.description} for field in contract.fields),
        ],
    }


def main() -> None:
    """Write every file anew."""
    for path, text in render_sources().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
