"""What every test run starts from."""

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

# By folder, what shares a fixture of the session that is slow to make: the stack, the parts to be killed, the school.
TOGETHER = ("tests/e2e/", "tests/faults/", "tests/integration/insights/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # --dist=loadgroup groups nothing with this pytest (xdist 1386)
    """Two processes share the run: each file, and each folder of TOGETHER, stays in one of them."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if path.startswith(folder)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFile(config, log)
