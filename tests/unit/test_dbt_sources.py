"""The sources that dbt reads are the contracts, and nothing else."""

import yaml

from elt.contracting.contract import load_contracts
from elt.contracting.dbt_sources import RAW_SCHEMA, STAGING, render_sources


def test_the_committed_files_are_what_the_contracts_say() -> None:
    rendered = render_sources()
    committed = {path: path.read_text(encoding="utf-8") for path in STAGING.glob("*/_*__sources.yml")}
    ours = {path: text for path, text in committed.items() if path.parent.name != "catalog"}
    assert ours == rendered, "Run `python -m elt.contracting.dbt_sources` and commit the result."


def test_every_contract_is_a_source_with_all_its_columns() -> None:
    tables = {
        (source["schema"], table["identifier"]): [column["name"] for column in table["columns"]]
        for text in render_sources().values()
        for source in yaml.safe_load(text)["sources"]
        for table in source["tables"]
    }
    assert tables == {
        (RAW_SCHEMA, contract.raw_table): [
            "_submission_id",
            "_line_number",
            *(field.column for field in contract.fields),
        ]
        for contract in load_contracts().values()
    }
