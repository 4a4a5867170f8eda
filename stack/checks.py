"""`./start.sh test`: lint, types, and every test on real servers."""

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack.home import REPOSITORY, Home
from stack.steps import Steps

FAULTS = "faults"  # ./start.sh test faults: the long form of tests/faults, instead of everything else
# The one without a window goes first: it draws the same with a fifth less work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Servers and tests wait for each other half of the time, so there are twice as many as cores. Later words win: `-n 0`.
IN_PARALLEL = ["--numprocesses=4", "--no-loadscope-reorder"]  # tests/conftest.py says what stays together
LINTS = {
    "ruff": ["ruff", "check", "."],
    "mypy": ["mypy"],
    "sqlfluff": ["sqlfluff", "lint", "--disable-progress-bar", "dbt/models"],
}


def run(home: Home, options: argparse.Namespace) -> int:
    """Every check, the failing ones included; the exit code is 0 only where all passed. pytest's last line is last."""
    environment = os.environ | {
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
    }
    if options.rest[:1] == [FAULTS]:
        command = [sys.executable, "-m", "tests.faults", *options.rest[1:]]
        return subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode
    steps = Steps()
    _ensure_debian_packages(steps)
    with ThreadPoolExecutor() as pool:  # mypy and sqlfluff use one core each, and about as long
        passed = dict(zip(LINTS, pool.map(lambda name: _lint(name, environment, steps), LINTS), strict=True))
    failed = [name for name in LINTS if not passed[name]]
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}", flush=True)
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", *IN_PARALLEL, *options.rest], env=environment, cwd=REPOSITORY, check=False
    )
    return tests.returncode or (1 if failed else 0)


def _lint(name: str, environment: dict[str, str], steps: Steps) -> bool:
    """Whether the lint found nothing; what it found is printed in one piece."""
    with steps.step(name) as details:
        done = subprocess.run(LINTS[name], env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            details.append("FAILED")
            print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


def _ensure_debian_packages(steps: Steps) -> None:
    """Install a browser and libfaketime where that is possible; the tests that need them say so where it is not."""
    wanted = [] if any(map(shutil.which, BROWSERS)) else ["chromium-headless-shell"]
    wanted += [] if list(Path("/usr/lib").glob("*/faketime")) else ["libfaketime"]
    if not wanted or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    with steps.step(" and ".join(wanted)) as details:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-qq", "--no-install-recommends", *wanted]
        for command in (["apt-get", "update", "-qq"], install):
            if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
                details.append("could not be installed")
                return
