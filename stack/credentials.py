"""The passwords and keys of one stack: made up at its first start, kept in its state directory, mode 0600."""

import base64
import json
import secrets
import sys
from collections.abc import Callable

from stack.home import Home

FILE = "secrets.json"

_MAKERS: dict[str, Callable[[], str]] = {
    "postgres_password": lambda: secrets.token_urlsafe(24),
    "owner_password": lambda: secrets.token_urlsafe(24),
    "reader_password": lambda: secrets.token_urlsafe(24),
    "airflow_database_password": lambda: secrets.token_urlsafe(24),
    "s3_access_key": lambda: secrets.token_hex(10).upper(),
    "s3_secret_key": lambda: secrets.token_hex(20),
    "session_secret": lambda: secrets.token_urlsafe(48),
    "airflow_jwt_secret": lambda: secrets.token_urlsafe(96),  # Airflow signs with HS512: at least 64 bytes
    "airflow_secret_key": lambda: secrets.token_urlsafe(48),
    "airflow_fernet_key": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "airflow_password": lambda: secrets.token_urlsafe(12),
    "supervisor_password": lambda: secrets.token_urlsafe(24),
    "researcher_key": lambda: "laurel_" + secrets.token_urlsafe(32),
    "admin_key": lambda: "laurel_" + secrets.token_urlsafe(32),
}


def make_up() -> dict[str, str]:
    """A new value for every secret, by name."""
    return {name: make() for name, make in _MAKERS.items()}


def load_or_create(home: Home) -> dict[str, str]:
    """Every secret by name. One that an earlier version did not have is made up now."""
    path = home.path / FILE
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if known and path.stat().st_mode & 0o077:
        path.chmod(0o600)
        told = f"{path} could be read by others, and is closed now. Whoever read it has every key: `./start.sh reset`."
        print(told, file=sys.stderr)  # what `env` prints is evaluated
    complete = {name: known.get(name) or make() for name, make in _MAKERS.items()}
    if complete != known:
        home.private_file(FILE, json.dumps(complete, indent=1))
    return complete
