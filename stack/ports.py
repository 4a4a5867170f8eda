"""Which ports of the loopback interface the stack listens on."""

import atexit
import json
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
FILE = "ports.json"  # in the state directory, from the first start on

# Ports this process has spoken for. Its servers take a while to listen, and another stack that starts meanwhile must
# not take them for free; an abstract Unix socket says so to every process of the machine, and ends with this one.
_reserved: dict[int, socket.socket] = {}

# The first choice for each listener; the next free one is taken where it is busy.
DEFAULTS = {"backend": 8000, "airflow": 8080, "s3": 9000, "supervisor": 9070, "postgres": 54320}


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def reserve(port: int) -> bool:
    """Speak for a port until this process ends; false where another stack has, or a server has it already."""
    if port in _reserved:
        return True
    if not is_free(port):
        return False
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0laurel-port-{port}")
    except OSError:
        claim.close()
        return False
    _reserved[port] = claim
    atexit.register(claim.close)
    return True


def any_free() -> int:
    """A port for a server of one test run, spoken for; not one of those that the kernel gives to clients."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 no secret
        if port not in _reserved and reserve(port):
            return port


def choose(remembered: dict[str, int]) -> dict[str, int]:
    """A free port per listener: the one it had, else the default, else the next free one after it."""
    chosen: dict[str, int] = {}
    for name, default in DEFAULTS.items():
        candidates = [remembered.get(name, default), *range(default, default + 1000)]
        chosen[name] = next(port for port in candidates if port not in chosen.values() and reserve(port))
    return chosen


def moved(wanted: dict[str, int], chosen: dict[str, int]) -> list[str]:
    """In words, who listens elsewhere than wanted: than at the last start, or than by default."""
    wanted = DEFAULTS | wanted
    return [
        f"{wanted[name]} is taken, {name} listens on {port}" for name, port in chosen.items() if port != wanted[name]
    ]


def remembered(path: Path) -> dict[str, int]:
    """The ports of the last start; empty before the first."""
    found: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return found


def load(path: Path) -> dict[str, int]:
    """The ports of the last start; before the first, those it would take now."""
    found = remembered(path)
    return found if found.keys() == DEFAULTS.keys() else choose(found)


def to_text(ports: dict[str, int]) -> str:
    """The content of the file that load() reads."""
    return json.dumps(ports, indent=1)
