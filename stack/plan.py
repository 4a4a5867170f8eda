"""What one stack consists of: its settings, and the processes that run under the supervisor."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack import airflow, object_store
from stack.home import REPOSITORY, Home
from stack.ports import LOOPBACK
from stack.postgres import Cluster, cluster_directory, service_user

BUCKET = "laurel"
DATABASE_URLS = ("LAUREL_DATABASE_URL", "LAUREL_READER_DATABASE_URL", "LAUREL_AIRFLOW_DATABASE_URL")
STORE_SETTINGS = (
    "LAUREL_S3_ENDPOINT",
    "LAUREL_S3_BUCKET",
    "LAUREL_S3_REGION",
    "LAUREL_S3_ACCESS_KEY",
    "LAUREL_S3_SECRET_KEY",
)
TUNING = (
    *("LAUREL_MAX_UPLOAD_BYTES", "LAUREL_MAX_MULTIPART_BYTES", "LAUREL_S3_PUBLIC_ENDPOINT"),
    *("LAUREL_SMTP_URL", "LAUREL_SMTP_FROM", "LAUREL_PREDICTION_GATE"),
    *("LAUREL_OIDC_ISSUER", "LAUREL_OIDC_CLIENT_ID", "LAUREL_OIDC_CLIENT_SECRET", "LAUREL_OIDC_CLAIM"),
)
FROM_ENV_VERB = "LAUREL_STACK"  # set by `./start.sh env`: the shell's LAUREL_ variables describe an embedded stack

# What a user's shell may hold that would change how the processes behave.
_FOREIGN = (
    *("LAUREL_", "AIRFLOW_", "DBT_", "FLASK_", "GUNICORN_", "SUPERVISOR_", "RCLONE_"),
    *("PG", "PYTHON", "VIRTUAL_ENV"),
)


class UnusableEnvironment(Exception):
    """The environment names half of an external part; the message says what is missing."""


@dataclass(frozen=True)
class Program:
    """One supervised process."""

    name: str
    command: list[str]
    stop_signal: str = "TERM"
    user: str | None = None
    is_server: bool = False  # the others are its clients: they stop before it does
    ends_its_children: bool = False  # and may wait in vain for children who are told to end as well


@dataclass(frozen=True)
class Plan:
    """A stack, decided: where its state is, which ports and secrets it has, and which parts are somebody else's."""

    home: Home
    ports: dict[str, int]
    credentials: dict[str, str]
    external: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster | None:
        """The embedded Postgres; None where an external one was named."""
        if DATABASE_URLS[0] in self.external:
            return None
        directory = cluster_directory(self.home.path)
        return Cluster(directory, self.ports["postgres"], self.credentials["postgres_password"])

    @property
    def has_embedded_store(self) -> bool:
        return "LAUREL_S3_ACCESS_KEY" not in self.external

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['backend']}"

    @property
    def airflow_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['airflow']}"

    def laurel_variables(self) -> dict[str, str]:
        """The settings that docs/architecture.md lists, and Airflow's database."""
        cluster, secret = self.cluster, self.credentials
        values = {
            "LAUREL_HOME": str(self.home.path),
            "LAUREL_API_URL": self.api_url,
            "LAUREL_SESSION_SECRET": secret["session_secret"],
            "AIRFLOW_URL": self.airflow_url,
        }
        if cluster:
            urls = (
                cluster.url("laurel", "laurel", secret["owner_password"]),
                cluster.url("laurel", "laurel_reader", secret["reader_password"]),
                cluster.url("airflow", "airflow", secret["airflow_database_password"]),
            )
            values |= dict(zip(DATABASE_URLS, urls, strict=True))
        if self.has_embedded_store:
            values |= {
                "LAUREL_S3_ENDPOINT": object_store.endpoint(self.ports["s3"]),
                "LAUREL_S3_BUCKET": BUCKET,
                "LAUREL_S3_REGION": "us-east-1",
                "LAUREL_S3_ACCESS_KEY": secret["s3_access_key"],
                "LAUREL_S3_SECRET_KEY": secret["s3_secret_key"],
            }
        return values | self.external

    def variables(self) -> dict[str, str]:
        """Everything that the stack's processes are told through their environment."""
        laurel, secret = self.laurel_variables(), self.credentials
        database_url = laurel.pop("LAUREL_AIRFLOW_DATABASE_URL")
        store = object_store.environment(secret["s3_access_key"], secret["s3_secret_key"])
        return {
            **laurel,
            **(store if self.has_embedded_store else {}),
            **airflow.environment(self.home, self.ports["airflow"], database_url, self.credentials),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
        }

    def environment(self) -> dict[str, str]:
        """The environment of every process: the user's, without what would change their behaviour, and ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        path = f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', os.defpath)}"
        return kept | self.variables() | {"PATH": path}

    def programs(self) -> list[Program]:
        """The processes of this stack, in the order in which they start."""
        programs = []
        if self.cluster:
            # INT: a fast shutdown, which does not wait for clients to leave.
            command, user = self.cluster.command(), service_user()
            programs.append(Program("postgres", command, "INT", user, is_server=True, ends_its_children=True))
        if self.has_embedded_store:
            command = object_store.supervised_command(self.home.path / "s3", self.ports["s3"])
            programs.append(Program("s3", command, is_server=True))
        programs.append(Program("backend", backend_command(LOOPBACK, self.ports["backend"])))
        programs += [
            Program(name, command, ends_its_children=name == "airflow-triggerer")
            for name, command in airflow.commands().items()
        ]
        return programs


def backend_command(host: str, port: int) -> list[str]:
    """The backend in the foreground."""
    return [
        *(str(Path(sys.prefix) / "bin" / "gunicorn"), "backend.app:create_app()"),
        *("--bind", f"{host}:{port}", "--workers", "2", "--threads", "24"),
        *("--worker-class", "gthread", "--timeout", "120", "--graceful-timeout", "20"),
        *("--access-logfile", "-", "--no-control-socket"),
        *("--limit-request-line", "8190"),  # its most: a file's note may stand in the query
        # As usual, but without the query: a file's name may be a person's.
        *("--access-logformat", '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)s ms'),
    ]


def external_parts(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The settings of parts that the user runs elsewhere. Raises UnusableEnvironment where one is named by half."""
    if FROM_ENV_VERB in environment:
        return {}
    given = {name: environment[name] for name in (*DATABASE_URLS, *STORE_SETTINGS, *TUNING) if environment.get(name)}
    _require_all(given, DATABASE_URLS)
    if any(name in given for name in STORE_SETTINGS):
        _require_all(given, ("LAUREL_S3_ACCESS_KEY", "LAUREL_S3_SECRET_KEY"), always=True)
    return given


def _require_all(given: Mapping[str, str], names: tuple[str, ...], always: bool = False) -> None:
    missing = [name for name in names if name not in given]
    if missing and (always or len(missing) < len(names)):
        raise UnusableEnvironment(
            f"{', '.join(missing)} must be set too, to use a part that runs elsewhere. "
            "Set all of them, or none to use the embedded part."
        )
