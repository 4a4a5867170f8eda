"""Nobody is waited for without end: a client that neither sends nor reads is let go."""

from collections.abc import Mapping
from typing import Any

STALL_SECONDS = 60


def limit_silence(environ: Mapping[str, Any], seconds: float | None = None) -> None:
    """From now on, a read or write on the connection of this WSGI environment that takes longer raises TimeoutError.

    gunicorn's threads wait for ever by default, so a few sleeping laptops would use them all up.
    """
    socket: Any = environ.get("gunicorn.socket")
    if socket is not None and socket.fileno() >= 0:
        socket.settimeout(STALL_SECONDS if seconds is None else seconds)
