"""An embedded S3 store: rclone serves one directory, one folder per bucket.

python -m stack.object_store DIRECTORY PORT
"""

import os
import socket
import sys
import time
from pathlib import Path

from stack.ports import LOOPBACK


def command(directory: Path, port: int, host: str = LOOPBACK) -> list[str]:
    """The server in the foreground; environment() gives it its keys."""
    return [
        *(str(Path(sys.prefix) / "bin" / "rclone"), "serve", "s3", str(directory)),
        *("--addr", f"{host}:{port}", "--config", "/dev/null"),
        # Every read goes to the file itself, and an ETag costs no reading of the file.
        *("--vfs-cache-mode", "off", "--etag-hash", ""),
        # No hash of its own of everything it writes and reads, which no client sees: half the time of a write, and four
        # fifths of a read's. The ledger's hash is compared at each load; a Content-MD5 that is sent still is.
        *("--no-checksum", "--ignore-checksum"),
        # Pages put the parts of large files here, from another port. Any page may ask: without a signed URL, which only
        # the backend makes, it gets nothing, and there is no cookie that a foreign page could make use of.
        *("--allow-origin", "*"),
    ]


def supervised_command(directory: Path, port: int) -> list[str]:
    """The same, tidied up first: for a supervisor that starts it again whenever it dies."""
    return [sys.executable, "-m", "stack.object_store", str(directory), str(port)]


def serve(directory: Path, port: int) -> None:
    """Become the server. First removes what a killed one had received by half, which no client sees or can delete."""
    for part in directory.rglob(".rclone_temp_put_*"):
        part.unlink()
    program = command(directory, port)
    os.execv(program[0], program)  # noqa: S606 - the arguments are ours


def environment(access_key: str, secret_key: str) -> dict[str, str]:
    """The server's one pair of keys. Not among its arguments, which every user of the machine can list."""
    pair = f"{access_key},{secret_key}".replace('"', '""')
    return {"RCLONE_AUTH_KEY": f'"{pair}"'}  # rclone reads a line of CSV: a pair is one field


def endpoint(port: int) -> str:
    """The URL that S3 clients need."""
    return f"http://{LOOPBACK}:{port}"


def wait_until_listening(port: int, seconds: float = 30) -> None:
    """Raises TimeoutError where nothing listens in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Nothing listens on port {port} after {seconds:.0f} s.") from error
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
