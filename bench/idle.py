"""Memory and processor time of the whole stack while nothing happens."""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path

import psutil

from stack.home import Home
from stack.plan import FROM_ENV_VERB
from stack.supervisor import leftovers


def name(process: psutil.Process) -> str:
    """Which part a process belongs to, from its command line."""
    words = " ".join(process.cmdline()).replace("api_server", "api-server").replace("airflow worker", "executor")
    for part in (
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "executor",
        "gunicorn",
        "postgres",
        "rclone",
        "supervisord",
    ):
        if part in words:
            return part
    return process.name()


def of_stack(home: Path) -> set[psutil.Process]:
    """Every process of a stack; the children of Postgres's server are in no session of the supervisor's."""
    running = leftovers(home)
    return {*running, *(child for process in running for child in children(process))}


def children(process: psutil.Process) -> list[psutil.Process]:
    """Its descendants; none where it has just ended."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    chosen = os.environ.get(FROM_ENV_VERB)  # the home of the stack that `./start.sh env` described
    home = Path(chosen) if chosen else Home.from_environment().path
    before = {process: sum(process.cpu_times()[:2]) for process in of_stack(home)}
    if not before:
        print(f"No stack runs in {home}. `./start.sh` starts one.", file=sys.stderr)
        return 1
    started = time.time()
    time.sleep(options.seconds)
    elapsed = time.time() - started
    parts: dict[str, list[float]] = {}
    for process in of_stack(home):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
            seconds = sum(process.cpu_times()[:2]) - before.get(process, 0.0)
            figures = (1, process.memory_full_info().pss / 2**20, seconds)
            part = parts.setdefault(name(process), [0, 0.0, 0.0])
            part[:] = [old + new for old, new in zip(part, figures, strict=True)]
    print(f"{'part':<15} {'processes':>9} {'MiB (PSS)':>10} {'% of a core':>12}")
    for kind, (count, memory, seconds) in sorted(parts.items()):
        print(f"{kind:<15} {count:>9.0f} {memory:>10.0f} {100 * seconds / elapsed:>12.1f}")
    totals = [sum(values) for values in zip(*parts.values(), strict=True)]
    print(f"{'total':<15} {totals[0]:>9.0f} {totals[1]:>10.0f} {100 * totals[2] / elapsed:>12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
