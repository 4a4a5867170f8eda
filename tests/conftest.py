"""What every test run starts from."""

import gc
import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests import shared_data

# The same examples in every run: what breaks a build must break it again. HYPOTHESIS_PROFILE=default looks for others.
settings.register_profile("laurel", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "laurel"))

# Nothing that a developer's shell happens to export reaches a test; fixtures say what they need.
for name in [name for name in os.environ if name.startswith(("LAUREL_", "AIRFLOW_", "DBT_"))]:
    if name != shared_data.VARIABLE:
        del os.environ[name]

# What starts from the same system, which is slow to make: the stack, a modelled warehouse (two, each for half of what
# builds on one), the parts to be killed. They take longest, so they begin: a worker that ends early takes the rest.
TOGETHER = {
    "stack": ("tests/e2e/",),
    "marts": ("tests/integration/marts/",),
    "insights": (
        "tests/integration/insights/",
        "tests/integration/api/test_api_described_datasets.py",
        "tests/integration/api/test_api_targets.py",
        "tests/integration/api/test_load_oulad.py",
    ),
    "parts": ("tests/faults/",),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    names = [*TOGETHER, ""]
    items.sort(key=lambda item: names.index(_together(item.nodeid)))


def pytest_collection_finish() -> None:
    """What is imported by now stays: to search it for garbage again and again takes a twentieth of the time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _together(nodeid: str) -> str:
    return next((name for name, paths in TOGETHER.items() if nodeid.startswith(paths)), "")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Several processes share the run: each file stays in one of them, and so do the files of each entry of TOGETHER.

    --dist=loadgroup would say the same, but groups nothing with this pytest (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return _together(nodeid) or nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFile(config, log)
