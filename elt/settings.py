"""Every setting of Laurel, read from the environment once, in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

REPOSITORY = Path(__file__).resolve().parent.parent
GIBIBYTE = 1024**3


class MissingSetting(Exception):
    """A setting without which nothing can start; the message is its name and what to do."""


class BadSetting(MissingSetting):
    """A setting with a value that cannot be meant; the message is its name and what is allowed."""


@dataclass(frozen=True)
class SmtpServer:
    """Where e-mail goes out. `is_tls`: encrypted from the first byte on; otherwise by STARTTLS, but on this machine."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    sender: str
    is_tls: bool

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, so that nobody can listen."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @classmethod
    def from_url(cls, url: str, sender: str) -> "SmtpServer":
        """smtp://user:password@host:587, or smtps:// for TLS from the start. Raises BadSetting."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "@" not in sender:
            raise BadSetting(
                "LAUREL_SMTP_URL must be smtp://USER:PASSWORD@HOST:587 or smtps://…:465, and LAUREL_SMTP_FROM the "
                "address that messages come from."
            )
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 587),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sender=sender,
            is_tls=is_tls,
        )


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
    oidc_issuer: str | None
    oidc_client_id: str | None
    oidc_client_secret: str | None
    oidc_claim: str
    api_url: str
    airflow_url: str
    backend_url: str
    smtp: SmtpServer | None
    home: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises MissingSetting with the name of the first variable that is neither set nor has a default."""

        def required(name: str) -> str:
            value = environment.get(name)
            if not value:
                raise MissingSetting(f'{name} is not set. `eval "$(./start.sh env)"` sets it for an embedded stack.')
            return value

        def unless_none(name: str) -> str | None:
            """None for `none` as well: containers are given every variable, and none may be empty."""
            value = environment.get(name)
            return None if value in ("", "none") else value

        api_url = environment.get("LAUREL_API_URL", "http://127.0.0.1:8000")
        smtp_url, sender = unless_none("LAUREL_SMTP_URL"), environment.get("LAUREL_SMTP_FROM", "")
        issuer = unless_none("LAUREL_OIDC_ISSUER")
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
            oidc_issuer=issuer,
            oidc_client_id=required("LAUREL_OIDC_CLIENT_ID") if issuer else None,
            oidc_client_secret=unless_none("LAUREL_OIDC_CLIENT_SECRET"),
            oidc_claim=environment.get("LAUREL_OIDC_CLAIM", "email"),
            api_url=api_url,
            airflow_url=environment.get("AIRFLOW_URL", "http://127.0.0.1:8080"),
            backend_url=environment.get("LAUREL_BACKEND_URL") or api_url,
            smtp=SmtpServer.from_url(smtp_url, sender) if smtp_url else None,
            home=Path(environment.get("LAUREL_HOME") or REPOSITORY / ".run"),
        )
