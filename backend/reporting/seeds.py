"""The numbers of dbt's seeds, for the words of definitions: who changes a threshold there changes what is said here."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache

from elt.settings import REPOSITORY

SEEDS = REPOSITORY / "dbt" / "seeds"


@cache
def seed(name: str) -> Sequence[Mapping[str, str]]:
    """The rows of a seed, in the order of its file, all values as they are written there."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def kpi_threshold(name: str, source_system: str = "laurel") -> str:
    """One row of the seed kpi_threshold."""
    return next(
        row["threshold_value"]
        for row in seed("kpi_threshold")
        if (row["source_system"], row["threshold_name"]) == (source_system, name)
    )


def percent(rate: str) -> str:
    """0.80 as 80%."""
    return f"{100 * float(rate):g}%"
