"""Runs a program of this folder in a process of its own, with Airflow configured as the stack configures it.

A process of its own, because importing Airflow makes files in its home, logs to standard output, and warns.
"""

import os
import sys
from pathlib import Path

from elt.settings import REPOSITORY, Settings

DAGS = REPOSITORY / "airflow" / "dags"


def command(program: str, *arguments: str) -> list[str]:
    """The command line of one of the programs beside this file."""
    return [sys.executable, str(Path(__file__).parent / f"{program}.py"), *arguments]


def environment(home: Path, settings: Settings | None = None) -> dict[str, str]:
    """What the process sees: Airflow's folders, and the parts of `settings`."""
    variables = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(DAGS.parent / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": str(REPOSITORY),
    }
    if settings:
        variables |= {
            "LAUREL_DATABASE_URL": settings.database_url,
            "LAUREL_READER_DATABASE_URL": settings.reader_database_url,
            "LAUREL_S3_ENDPOINT": settings.s3_endpoint or "",
            "LAUREL_S3_BUCKET": settings.s3_bucket,
            "LAUREL_S3_ACCESS_KEY": settings.s3_access_key,
            "LAUREL_S3_SECRET_KEY": settings.s3_secret_key,
            "LAUREL_SESSION_SECRET": settings.session_secret,
            "LAUREL_HOME": str(settings.home),
        }
    return variables
