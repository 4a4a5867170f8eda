"""Response times of each insight through the API of a running stack: first after a transform, and while it is kept.

eval "$(./start.sh env)"; .run/venv/bin/python -m bench.answers
"""

import os
import time
from collections.abc import Iterable
from statistics import median

import requests

ROUNDS = 20


def main() -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {os.environ['LAUREL_ADMIN_KEY']}"
    insights = f"{os.environ['LAUREL_API_URL']}/api/v1/insights"
    names = [one["name"] for one in session.get(insights, timeout=60).json()["insights"]]
    first, kept = {}, {}
    for name in names:
        first[name], *rest = (milliseconds(session, f"{insights}/{name}") for _ in range(ROUNDS + 2))
        kept[name] = rest[1:]  # the second may be the first answer of the server's other process
    for name in sorted(names, key=lambda one: -first[one]):
        print(f"{name:<28} first {first[name]:6.0f} ms   kept {told(kept[name])}")
    print(f"all, kept: {told(time for times in kept.values() for time in times)}")
    print(f"all, first: {told(first.values())}")


def told(taken: Iterable[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(taken)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"p50 {median(ordered):5.0f} ms   p95 {p95:5.0f} ms   n = {len(ordered)}"


def milliseconds(session: requests.Session, url: str) -> float:
    """Of one call, its whole answer read."""
    started = time.perf_counter()
    session.get(url, timeout=120).raise_for_status()
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
