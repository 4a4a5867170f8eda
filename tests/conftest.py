"""What every test run starts from."""

import os

from hypothesis import settings

from tests import shared_data

# The same examples in every run: what breaks a build must break it again. HYPOTHESIS_PROFILE=default looks for others.
settings.register_profile("laurel", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "laurel"))

# Nothing that a developer's shell happens to export reaches a test; fixtures say what they need.
for name in [name for name in os.environ if name.startswith(("LAUREL_", "AIRFLOW_", "DBT_"))]:
    if name != shared_data.VARIABLE:
        del os.environ[name]
