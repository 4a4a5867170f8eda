"""Memory and processor time of the whole stack while nothing happens."""

import argparse
import os
import time
from pathlib import Path

import psutil

from stack.supervisor import leftovers


def name(process: psutil.Process) -> str:
    """Which part a process belongs to, from its command line."""
    words = " ".join(process.cmdline())
    for part in (
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "gunicorn",
        "postgres",
        "rclone",
        "supervisord",
    ):
        if part in words:
            return part
    return process.name()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    home = Path(os.environ.get("LAUREL_HOME") or ".run")
    before = {process.pid: sum(process.cpu_times()[:2]) for process in leftovers(home)}
    started = time.time()
    time.sleep(options.seconds)
    elapsed = time.time() - started
    parts: dict[str, list[float]] = {}
    for process in leftovers(home):
        part = parts.setdefault(name(process), [0, 0.0, 0.0])
        part[0] += 1
        part[1] += process.memory_full_info().pss / 2**20
        part[2] += sum(process.cpu_times()[:2]) - before.get(process.pid, 0.0)
    print(f"{'part':<15} {'processes':>9} {'MiB (PSS)':>10} {'% of a core':>12}")
    for part, (count, memory, seconds) in sorted(parts.items()):
        print(f"{part:<15} {count:>9.0f} {memory:>10.0f} {100 * seconds / elapsed:>12.1f}")
    totals = [sum(values) for values in zip(*parts.values(), strict=True)]
    print(f"{'total':<15} {totals[0]:>9.0f} {totals[1]:>10.0f} {100 * totals[2] / elapsed:>12.1f}")


if __name__ == "__main__":
    main()
