"""`./start.sh`: Laurel on this machine, without Docker and without root."""

import argparse
import fcntl
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psycopg2.extensions import make_dsn, parse_dsn

from stack import checks, credentials, district, failures, oulad, ports, sample, status, verbs
from stack.home import REPOSITORY, Home
from stack.plan import Plan, external_parts
from stack.postgres import psql
from stack.starting import StartFailed, start
from stack.steps import Steps
from stack.supervisor import Supervisor, leftovers


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 where it worked; the reason goes to standard error where not."""
    parser = verbs.parser()
    options, rest = parser.parse_known_args(arguments or ["up"])
    options.rest = rest
    if options.rest and options.verb not in verbs.TAKE_MORE_WORDS:
        parser.error(f"unknown arguments: {' '.join(options.rest)}")
    try:
        return VERBS[options.verb](Home.from_environment(), options)
    except failures.EXPECTED as error:
        print(f"\n{failures.in_words(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _plan(home: Home) -> Plan:
    """The plan of the running stack, or of the next start on the ports of the last."""
    return Plan(home, ports.load(home.path / ports.FILE), credentials.load_or_create(home), external_parts())


def _running(home: Home) -> Plan:
    """The plan of a stack that must run for what is asked. Raises StartFailed where it does not."""
    plan = _plan(home)
    if not Supervisor(plan).is_running():
        raise StartFailed("Laurel is not running. `./start.sh` starts it.")
    return plan


def _with_database(home: Home) -> Plan:
    """The plan of a stack whose warehouse is asked; an external Postgres answers without the stack."""
    plan = _plan(home)
    return _running(home) if plan.cluster else plan


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """No other ./start.sh starts, stops or deletes this stack meanwhile."""
    with (home.path / "start.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another ./start.sh is at work here; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _up(home: Home, options: argparse.Namespace) -> int:
    home.create()
    steps = Steps()
    with _alone(home):
        plan = _plan(home)
        supervisor = Supervisor(plan)
        if not (supervisor.is_running() and supervisor.is_current()):
            if supervisor.is_running() or leftovers(home.path):
                with steps.step("what ran of an earlier start or version is stopped"):
                    supervisor.stop()
            wanted = ports.remembered(home.path / ports.FILE)
            chosen = ports.choose(wanted)
            if moved := ports.moved(wanted, chosen):
                with steps.step("ports") as details:
                    details += moved
            home.private_file(ports.FILE, ports.to_text(chosen))
            plan = Plan(home, chosen, plan.credentials, plan.external)
            supervisor = Supervisor(plan)
        start(plan, supervisor, steps)
    status.print_welcome(plan, steps.elapsed)
    return 0


def _stop(home: Home, options: argparse.Namespace) -> int:
    plan = _plan(home)
    with _alone(home):
        Supervisor(plan).stop()
    print("Laurel is stopped. `./start.sh` starts it again.")
    return 0


def _status(home: Home, options: argparse.Namespace) -> int:
    plan = _plan(home)
    return status.print_status(plan, Supervisor(plan))


def _logs(home: Home, options: argparse.Namespace) -> int:
    names = [program.name for program in _plan(home).programs()]
    if options.process not in (None, *names):
        raise StartFailed(f"There is no process {options.process}. There are: {', '.join(names)}.")
    files = [home.logs / f"{name}.log" for name in ([options.process] if options.process else names)]
    return subprocess.run(
        ["tail", "-n", "50", "-F", *(file for file in files if file.exists())], check=False
    ).returncode


def _reset(home: Home, options: argparse.Namespace) -> int:
    plan = _plan(home)
    if not options.yes:
        print(f"This deletes every uploaded file, every table and every account in {home.path}.")
        if input("Type yes to go on: ").strip() != "yes":
            print("Nothing was deleted.")
            return 1
    with _alone(home):
        Supervisor(plan).stop()
        # Neither the cluster nor the logs are always inside the state directory.
        if plan.cluster and plan.cluster.directory.exists():
            shutil.rmtree(plan.cluster.directory)
        _empty(home.logs, keep=(".gitkeep",))
        _empty(home.path, keep=("venv", "uv", "install.lock", "start.lock"))  # what is installed is not data
    print("Everything is deleted. `./start.sh` starts afresh.")
    return 0


def _empty(directory: Path, keep: Sequence[str]) -> None:
    for path in directory.glob("*"):  # none where somebody deleted the directory
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _psql(home: Home, options: argparse.Namespace) -> int:
    if any("://" in word for word in options.rest):
        print("`./start.sh psql` is the warehouse's owner. With another login: psql URL.", file=sys.stderr)
        return 2
    plan = _with_database(home)
    address = parse_dsn(plan.laurel_variables()["LAUREL_DATABASE_URL"])
    secret = {"PGPASSWORD": address.pop("password")} if "password" in address else {}
    command = [psql(), make_dsn(**address), *options.rest]
    return subprocess.run(command, env=plan.environment() | secret, check=False).returncode


def _dbt(home: Home, options: argparse.Namespace) -> int:
    environment = _plan(home).environment()
    command = [sys.executable, "-m", "stack.dbt", *options.rest]
    return subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode


def _user(home: Home, options: argparse.Namespace) -> int:
    words = [options.action]
    if options.action != "list":
        words.append(options.name)
    if options.action == "add":
        words += ["--role", options.role]
        words += [f"--{name}={value}" for name in ("school", "teacher") if (value := vars(options)[name])]
    if options.action == "key":
        words += [f"--{name}={value}" for name in ("label", "days") if (value := vars(options)[name])]
        words += ["--read-only"] if options.read_only else []
    command = [sys.executable, "-m", "elt", "account", *words]
    return subprocess.run(command, env=_with_database(home).environment(), cwd=REPOSITORY, check=False).returncode


def _load(home: Home, options: argparse.Namespace) -> int:
    plan = _running(home)
    client = sample.Client(plan.api_url, plan.credentials["researcher_key"])
    database_url = plan.laurel_variables()["LAUREL_DATABASE_URL"]
    if options.family == "district":
        district.load(client, database_url, options.directory or district.generate(home))
    elif options.directory is None:
        raise StartFailed("OULAD is not made up: give the folder with its files, ./start.sh load oulad DIR.")
    else:
        oulad.load(client, database_url, options.directory)
    return 0


def _env(home: Home, options: argparse.Namespace) -> int:
    for name, value in status.shell_variables(_plan(home)).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _help(home: Home, options: argparse.Namespace) -> int:
    verbs.parser().print_help()
    return 0


VERBS: dict[str, Callable[[Home, argparse.Namespace], int]] = {
    "up": _up,
    "stop": _stop,
    "status": _status,
    "test": checks.run,
    "logs": _logs,
    "reset": _reset,
    "psql": _psql,
    "dbt": _dbt,
    "load": _load,
    "user": _user,
    "env": _env,
    "help": _help,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
