"""Every setting of Laurel, read from the environment once, in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
GIBIBYTE = 1024**3


class MissingSetting(Exception):
    """A setting without which nothing can start; the message is its name and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where the parts are, and the secrets to reach them. docs/architecture.md says what each one means."""

    database_url: str
    reader_database_url: str
    s3_endpoint: str | None
    s3_public_endpoint: str | None
    s3_bucket: str
    s3_region: str
    s3_access_key: str
    s3_secret_key: str
    session_secret: str
    max_upload_bytes: int
    max_multipart_bytes: int
    api_url: str
    airflow_url: str
    home: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises MissingSetting with the name of the first variable that is neither set nor has a default."""

        def required(name: str) -> str:
            value = environment.get(name)
            if not value:
                raise MissingSetting(f'{name} is not set. `eval "$(./start.sh env)"` sets it for an embedded stack.')
            return value

        return cls(
            database_url=required("LAUREL_DATABASE_URL"),
            reader_database_url=required("LAUREL_READER_DATABASE_URL"),
            s3_endpoint=environment.get("LAUREL_S3_ENDPOINT") or None,  # None: AWS itself
            s3_public_endpoint=environment.get("LAUREL_S3_PUBLIC_ENDPOINT") or None,  # None: clients reach it likewise
            s3_bucket=environment.get("LAUREL_S3_BUCKET", "laurel"),
            s3_region=environment.get("LAUREL_S3_REGION", "us-east-1"),
            s3_access_key=required("LAUREL_S3_ACCESS_KEY"),
            s3_secret_key=required("LAUREL_S3_SECRET_KEY"),
            session_secret=required("LAUREL_SESSION_SECRET"),
            max_upload_bytes=int(environment.get("LAUREL_MAX_UPLOAD_BYTES", 5 * GIBIBYTE)),
            max_multipart_bytes=int(environment.get("LAUREL_MAX_MULTIPART_BYTES", 100 * GIBIBYTE)),
            api_url=environment.get("LAUREL_API_URL", "http://127.0.0.1:8000"),
            airflow_url=environment.get("AIRFLOW_URL", "http://127.0.0.1:8080"),
            home=Path(environment.get("LAUREL_HOME") or REPOSITORY / ".run"),
        )
