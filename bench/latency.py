"""How long from the upload of a 1,000-row file until its rows are in the marts, as the researcher sees it."""

import argparse
import csv
import io
import os
import statistics
import time

import requests

from elt.contracting.contract import load_contracts

DATASET = "laurel/survey"
ROWS = 1000


def survey(number: int) -> bytes:
    """A survey file that was never sent before."""
    contract = load_contracts()[DATASET]
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(field.name for field in contract.fields)
    row = [field.example for field in contract.fields]
    names = [field.name for field in contract.fields]
    for line in range(ROWS):
        row[names.index("First Name")] = f"Bench {number}-{line}-{time.time_ns()}"
        writer.writerow(row)
    return written.getvalue().encode()


def measure(session: requests.Session, api: str, number: int) -> dict[str, float]:
    """Seconds from sending to each state of one file."""
    started = time.time()
    sent = session.post(
        f"{api}/api/v1/datasets/{DATASET}/submissions",
        params={"filename": f"bench-{number}.csv"},
        data=survey(number),
        headers={"Content-Type": "text/csv"},
        timeout=60,
    )
    sent.raise_for_status()
    answered = time.time() - started
    while True:
        state = session.get(f"{sent.headers['Location']}?wait=30", timeout=60).json()
        if state["status"] in ("modelled", "rejected", "failed"):
            break
    if state["status"] != "modelled":
        raise SystemExit(f"the file ended as {state['status']}: {state}")
    session.delete(sent.headers["Location"], timeout=60).raise_for_status()
    return {"answered": answered, "modelled": time.time() - started}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--pause", type=float, default=25, help="seconds between files, so that each starts from rest")
    options = parser.parse_args()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {os.environ['LAUREL_RESEARCHER_KEY']}"
    taken = []
    for number in range(options.files):
        taken.append(measure(session, os.environ["LAUREL_API_URL"], number))
        print(
            f"{number + 1:>3}  201 after {taken[-1]['answered']:.2f} s, "
            f"in the marts after {taken[-1]['modelled']:.1f} s"
        )
        time.sleep(options.pause)
    times = sorted(one["modelled"] for one in taken)
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    print(f"median {statistics.median(times):.1f} s   p95 {p95:.1f} s   n = {len(times)}")


if __name__ == "__main__":
    main()
