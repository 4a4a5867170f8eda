"""Makes the Python environment that requirements/ describes, and prints its directory.

Runs on any Python 3.11–3.13 with its standard library alone, as `python stack/install.py VERB`; everything else in this
package runs inside the environment.
"""

import fcntl
import hashlib
import html
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "requirements"
OLDEST_UV = (0, 5)


def main(verb: str) -> None:
    """Bring the environment up to date with the locks; the test verb needs more packages than the others."""
    home = Path(os.environ.get("LAUREL_HOME") or REPOSITORY / ".run").absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "install.lock").open("w")
    except OSError as error:
        raise SystemExit(f"{home} cannot be written to: {error.strerror}. LAUREL_HOME names another place.") from None
    environment = home / "venv"
    locks = [REQUIREMENTS / "runtime.txt"] + ([REQUIREMENTS / "dev.txt"] if verb == "test" else [])
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(environment, locks):
            install(home, environment, locks)
    print(environment)


def is_current(environment: Path, locks: list[Path]) -> bool:
    """Whether an earlier run installed all of these locks, and the Python it used is still there."""
    marker = environment / "installed"
    if not marker.exists() or not (environment / "bin" / "python").exists():
        return False
    return set(map(fingerprint, locks)) <= set(marker.read_text().split())


def fingerprint(lock: Path) -> str:
    """The hash of a lock file."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def install(home: Path, environment: Path, locks: list[Path]) -> None:
    """Make the environment anew where its Python is gone, and install exactly what the locks say."""
    start = time.monotonic()
    say("Installing what requirements/ lists; the first time downloads some 300 MB.")
    uv = find_uv(home)
    if not (environment / "bin" / "python").exists():
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment])
    marker = environment / "installed"
    marker.unlink(missing_ok=True)
    python = environment / "bin" / "python"
    # Compiled once here; else four processes of Airflow would compile the same files at their first start, at once.
    options = ["--quiet", "--require-hashes", "--compile-bytecode"]
    run([uv, "pip", "sync", *options, "--python", python, *locks])
    marker.write_text("\n".join(map(fingerprint, locks)))
    say(f"{time.monotonic() - start:6.1f} s  Python environment")


def find_uv(home: Path) -> Path:
    """uv: the one on PATH, else the pinned one, installed under the state directory."""
    on_path = shutil.which("uv")
    version = re.search(r"(\d+)\.(\d+)", output([on_path, "--version"])) if on_path else None
    if on_path and version and tuple(map(int, version.groups())) >= OLDEST_UV:
        return Path(on_path)
    folder = home / "uv"
    uv = folder / "bin" / "uv"
    if not uv.exists():
        unfinished = home / "uv.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        if not install_with_pip(unfinished):
            unpack_wheel(unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    return uv


def install_with_pip(folder: Path) -> bool:
    """Whether this Python has a pip, and pip could install uv into the folder."""
    if importlib.util.find_spec("pip") is None:
        return False
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    # What goes into a folder of its own cannot break the system, so pip need not warn root.
    command: list[str | Path] = [*pip, "--root-user-action=ignore", "--target", folder, "-r", REQUIREMENTS / "uv.txt"]
    return subprocess.run(command, stdout=sys.stderr).returncode == 0


def unpack_wheel(folder: Path) -> None:
    """Do without pip, which Debian packages separately: fetch uv's wheel, check its hash, unzip its program."""
    lock = (REQUIREMENTS / "uv.txt").read_text()
    version = lock.split("uv==")[1].split()[0]
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/uv/"
    with urllib.request.urlopen(index, timeout=60) as page:  # noqa: S310 - the user's own package index
        links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page.read().decode())]
    link = choose_wheel(links, version)
    with urllib.request.urlopen(urllib.parse.urljoin(index, link), timeout=300) as answer:  # noqa: S310 - checked by its hash
        wheel = answer.read()
    if hashlib.sha256(wheel).hexdigest() not in lock:
        raise SystemExit("The downloaded uv does not have a hash that requirements/uv.txt lists, so it is not used.")
    program = folder / "bin" / "uv"
    program.parent.mkdir(parents=True)
    archive = folder / "uv.whl"
    archive.write_bytes(wheel)
    with zipfile.ZipFile(archive) as files:
        program.write_bytes(files.read(f"uv-{version}.data/scripts/uv"))
    program.chmod(0o755)
    archive.unlink()


def choose_wheel(links: list[str], version: str) -> str:
    """The link to the wheel of this version for this machine. Ends the program where there is none."""
    kind = "manylinux" if platform.libc_ver()[0] else "musllinux"
    for link in links:
        name = urllib.parse.urlparse(link).path.rsplit("/", 1)[-1]
        tags = name.removeprefix(f"uv-{version}-")
        if name != tags and name.endswith(".whl") and kind in tags and platform.machine() in tags:
            return link
    raise SystemExit(f"There is no uv {version} for {platform.machine()}. Install uv yourself and put it on PATH.")


def run(command: list[str | Path]) -> None:
    """Run a command whose output is for the user. Ends the program with a word where it fails."""
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise SystemExit("The installation failed; the lines above say why. ./start.sh tries again.")


def output(command: list[str]) -> str:
    """What a command prints; nothing where it cannot run."""
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except OSError:
        return ""


def say(text: str) -> None:
    """Tell the user; standard output carries only the environment's directory."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
