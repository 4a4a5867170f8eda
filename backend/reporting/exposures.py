"""The insights as dbt exposures, so that dbt's lineage ends at the page that people read.

`python -m backend.reporting.exposures` rewrites dbt/models/exposures.yml; a test fails while it is out of date.
"""

from pathlib import Path
from typing import Any

import yaml

from backend.reporting.registry import registry
from elt.settings import REPOSITORY

PATH = REPOSITORY / "dbt" / "models" / "exposures.yml"
HEADER = "# Written by `python -m backend.reporting.exposures` from backend/insights; do not edit by hand.\n"


def exposures() -> str:
    """The text of the exposures file: one exposure per insight that reads a mart, sorted by name."""
    entries: list[dict[str, Any]] = [
        {
            "name": insight.name,
            "label": insight.title,
            "type": "dashboard",
            "maturity": "high",
            "url": f"/insights/{insight.name}",
            "description": insight.question,
            "depends_on": [f"ref('{model}')" for model in insight.marts()],
            "owner": {"name": "Laurel"},
        }
        for insight in registry().values()
        if insight.marts()
    ]
    text = yaml.safe_dump({"version": 2, "exposures": entries}, sort_keys=False, allow_unicode=True, width=110)
    return HEADER + text


def main(path: Path = PATH) -> None:
    """Write the file that dbt reads."""
    path.write_text(exposures(), encoding="utf-8")


if __name__ == "__main__":
    main()
