"""How long a thousand student pages take through the API of a running stack, and what memory the backend has meanwhile.

    eval "$(./start.sh env)"; .run/venv/bin/python -m bench.reports

Each page is asked for as the weekly run asks: as a ZIP of its PDF and its picture, two at a time.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import psutil
import requests

KIBIBYTES = 1024


def processes() -> list[psutil.Process]:
    """The backend's processes: those that listen on its port."""
    port = int(os.environ["LAUREL_API_URL"].rsplit(":", 1)[1])
    listening = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
        and connection.laddr
        and connection.laddr.port == port
        and connection.pid
    }
    if not listening:
        raise SystemExit("nothing on this machine listens on the port of LAUREL_API_URL")
    return [process for pid in listening for process in [psutil.Process(pid), *psutil.Process(pid).children()]]


def memory_mib() -> float:
    """Proportional set size of all of them."""
    total = 0
    for process in set(processes()):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / KIBIBYTES


def processor_seconds() -> float:
    """What they have used so far."""
    return sum(sum(process.cpu_times()[:2]) for process in set(processes()))


def build(count: int, at_once: int, page: Callable[[str], float], ids: list[str]) -> None:
    """Ask for so many pages, and print how it went, a tenth at a time."""
    numbers = islice(cycle(ids), count)
    started, before, seconds = time.monotonic(), processor_seconds(), []
    with ThreadPoolExecutor(at_once) as pool:
        for done, taken in enumerate(pool.map(page, numbers), start=1):
            seconds.append(taken)
            if done % max(count // 10, 1) == 0:
                print(f"{done:>6} pages {time.monotonic() - started:>7.1f} s  {memory_mib():>6.0f} MiB", flush=True)
    used = processor_seconds() - before
    print(
        f"{count} pages in {time.monotonic() - started:.0f} s; {1000 * used / count:.0f} ms of the backend's processor "
        f"time each; median {statistics.median(seconds):.2f} s, load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=2)
    options = parser.parse_args()
    api, headers = os.environ["LAUREL_API_URL"], {"Authorization": f"Bearer {os.environ['LAUREL_ADMIN_KEY']}"}

    def page(student: str) -> float:
        started = time.monotonic()
        path = f"{api}/api/v1/reports/student.zip"
        requests.get(path, params={"student": student}, headers=headers, timeout=300).raise_for_status()
        return time.monotonic() - started

    told = requests.get(f"{api}/api/v1/reports", headers=headers, timeout=300).json()["reports"]
    ids = next(report["parameter"]["allowed"] for report in told if report["name"] == "student")
    page(ids[0])  # the first one starts the renderer
    print(f"{len(ids)} students; before: {memory_mib():.0f} MiB")
    build(options.pages, options.at_once, page, ids)


if __name__ == "__main__":
    main()
