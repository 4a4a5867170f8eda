"""What every test run starts from."""

import os

from tests import shared_data

# Nothing that a developer's shell happens to export reaches a test; fixtures say what they need.
for name in [name for name in os.environ if name.startswith(("LAUREL_", "AIRFLOW_", "DBT_"))]:
    if name != shared_data.VARIABLE:
        del os.environ[name]
