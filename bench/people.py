"""200 people at once clicking through the pages of a running stack: response times by page and by API call.

    uv venv other && uv pip install --python other locust
    eval "$(./start.sh env)"; .run/venv/bin/python -m bench.people --locust other/bin/locust

The people are accounts made for this and closed afterwards: one of twenty an administrator, one an auditor, one a
researcher, two principals of the sample school, and the others teachers, each of whom sees other students. locust, the
browser's stand-in, shares the machine with what it measures.
"""

import argparse
import json
import os
import subprocess
from pathlib import Path

from bench.reports import memory_mib, processor_seconds
from elt.access import accounts
from elt.access.roles import Scope
from elt.database import connect, transaction

TWENTY = ("administrator", "auditor", "researcher", "principal", "principal", *["teacher"] * 15)
NAME = "bench-people-{}"


def walkers() -> list[dict[str, str]]:
    """Twenty new accounts, with their keys."""
    connection = connect(os.environ["LAUREL_DATABASE_URL"])
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "select teacher_id from marts.dim_teacher where source_system = 'laurel' and is_current order by 1"
        )
        teachers = [teacher for (teacher,) in cursor.fetchall()]
        made = []
        for number, role in enumerate(TWENTY):
            of_school = Scope("laurel", None, teachers[number % len(teachers)] if role == "teacher" else None)
            scope = of_school if role in ("teacher", "principal") else None
            made.append({"role": role, "key": accounts.add(connection, NAME.format(number), role, scope)})
    connection.close()
    return made


def close_accounts() -> None:
    """Nobody gets in by them any more."""
    connection = connect(os.environ["LAUREL_DATABASE_URL"])
    with transaction(connection):
        for number in range(len(TWENTY)):
            accounts.revoke(connection, NAME.format(number))
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locust", default="locust", help="of an environment of its own")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=180)
    options = parser.parse_args()
    walk = Path(__file__).with_name("people_walk.py")
    command = [
        options.locust,
        "--locustfile",
        walk,
        "--headless",
        "--only-summary",
        "--reset-stats",  # the sign-ins of the first seconds are no clicking through pages
        "--host",
        os.environ["LAUREL_API_URL"],
    ]
    command += ["--users", str(options.people), "--spawn-rate", "10", "--run-time", f"{options.seconds}s"]
    environment = os.environ | {"LAUREL_WALKERS": json.dumps(walkers())}
    before, load = processor_seconds(), os.getloadavg()[0]
    try:
        subprocess.run(command, env=environment, check=False)
    finally:
        close_accounts()
    used = processor_seconds() - before
    print(
        f"backend: {used:.0f} s of processor time, {memory_mib():.0f} MiB; load {load:.1f} before, "
        f"{os.getloadavg()[0]:.1f} after"
    )


if __name__ == "__main__":
    main()
