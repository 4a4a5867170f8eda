"""The long form: hundreds of rounds, `./start.sh test faults --rounds 220 --seed 7`. Interrupted, it goes on.

`--airflow` runs the whole stack with two schedulers, and kills those and their tasks: a round then takes minutes, since
Airflow misses a dead task only after two.

Each round adds a line to the report, a file of JSON lines; the same seed goes on after its last round, on fresh parts.
`--document` writes the figures of the report into docs/reliability.md and kills nothing.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stack.home import REPOSITORY
from tests.faults import document
from tests.faults.parts import AirflowPlan, PartsPlan, running_parts
from tests.faults.rounds import Trial

# The mix, over and over: a dbt round takes ten times as long as any other.
MIX = [*("loader", "backend", "postgres", "store") * 4, "loader", "backend", "loader", "dbt"]
AIRFLOW_MIX = ["scheduler"]
DRAIN_EVERY = 25  # rounds after which everything that was promised must be loaded
DEFAULT_REPORT = REPOSITORY / "logs" / "faults.jsonl"


def main() -> int:
    """Exit code 1 as soon as a truth is broken; the logs of the parts are then kept beside the report."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the parts are ended, too
    options = _options()
    if options.document:
        document.write(document.read(options.report))
        return 0
    done = _rounds_done(options.report, options.seed)
    mix, plan_type, drain_every = (AIRFLOW_MIX, AirflowPlan, 5) if options.airflow else (MIX, PartsPlan, DRAIN_EVERY)
    if done >= options.rounds:
        print(f"Seed {options.seed} has {done} rounds in {options.report}; --rounds asks for no more.")
        return 0
    with running_parts(plan_type) as parts:
        trial = Trial(parts, options.seed)
        trial.prepare()
        _add(options.report, {"kind": "begin", "seed": options.seed, "after": done, **_origin()})
        broken: list[str] = []
        for number in range(done + 1, options.rounds + 1):
            one = trial.run(number, mix[(number - 1) % len(mix)])
            _add(options.report, {"kind": "round", "seed": options.seed, **asdict(one)})
            print(
                f"{number:4} {one.part:9}{one.victim:16}{'hit' if one.hit else '   '} {one.back_seconds:6.1f} s",
                flush=True,
            )
            broken = one.broken
            if not broken and (number % drain_every == 0 or number == options.rounds):
                broken = trial.settle()
                _add(options.report, {"kind": "drained", "seed": options.seed, "broken": broken, **trial.figures()})
            if broken:
                break
        if broken:
            kept = options.report.with_suffix(".logs")
            shutil.copytree(parts.plan.home.logs, kept, dirs_exist_ok=True)
            print("\n".join(["", *broken, f"The logs of the parts are in {kept}."]))
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./start.sh test faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides files, victims and moments (%(default)s)")
    parser.add_argument("--rounds", type=int, default=220, help="of this seed, with those in the report (%(default)s)")
    parser.add_argument(
        "--airflow", action="store_true", help="kill schedulers of a whole stack; use a seed of its own"
    )
    parser.add_argument("--report", type=Path, default=DEFAULT_REPORT, help="where each round adds a line")
    parser.add_argument("--document", action="store_true", help="write the report's figures into docs/reliability.md")
    return parser.parse_args()


def _rounds_done(report: Path, seed: int) -> int:
    lines = report.read_text().splitlines() if report.exists() else []
    numbers = [line["number"] for line in map(json.loads, lines) if line["kind"] == "round" and line["seed"] == seed]
    return max(numbers, default=0)


def _origin() -> dict[str, str]:
    """The commit that is tested, and when."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=REPOSITORY, capture_output=True, check=False
    )
    return {"commit": commit.stdout.decode().strip(), "at": datetime.now(UTC).isoformat(timespec="seconds")}


def _add(report: Path, line: Mapping[str, Any]) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main())
