"""`python -m containers.health URL [COMPONENT]`: exit code 0 where all is well there.

The URL must answer with 200, and call the component healthy; `tcp://HOST:PORT` only has to accept a connection. Asked
often, so it imports nothing that takes long.
"""

import json
import socket
import sys
import urllib.request
from urllib.parse import urlsplit


def check(url: str, component: str | None = None) -> None:
    """Raises SystemExit or OSError where it is not healthy."""
    parts = urlsplit(url)
    if parts.scheme == "tcp":
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5).close()
        return
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a URL of docker-compose.yaml
        body = answer.read()
    if component and (json.loads(body).get(component) or {}).get("status") != "healthy":
        raise SystemExit(f"Airflow does not call its {component} healthy.")


if __name__ == "__main__":
    try:
        check(*sys.argv[1:])
    except OSError as error:
        raise SystemExit(f"No good answer: {error}.") from None
