"""`./start.sh`: Laurel on this machine, without Docker and without root."""

import argparse
import fcntl
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence

from stack import checks, credentials, ports, status
from stack.home import REPOSITORY, Home
from stack.plan import Plan, UnusableEnvironment, external_parts
from stack.postgres import psql
from stack.sample import SampleFailed
from stack.starting import StartFailed, start
from stack.steps import Steps
from stack.supervisor import Supervisor, leftovers

PORTS_FILE = "ports.json"


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 where it worked; the reason goes to standard error where not."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments or ["up"])
    options.rest = rest
    if options.rest and options.run not in (_psql, _dbt, checks.run):
        parser.error(f"unknown arguments: {' '.join(options.rest)}")
    try:
        return int(options.run(Home.from_environment(), options) or 0)
    except (StartFailed, SampleFailed, UnusableEnvironment, TimeoutError, RuntimeError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./start.sh", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: object, help: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        return added

    verb("up", _up, "install and start everything that is not running yet (also without a verb)")
    verb("stop", _stop, "stop every process; the data stays")
    verb("status", _status, "what runs, where, since when; exit code 3 where something does not")
    verb("test", checks.run, "lint, types and every test, in a throw-away home; more words go to pytest")
    logs = verb("logs", _logs, "follow the logs of all processes, or of one")
    logs.add_argument("process", nargs="?", help="as `status` names it")
    reset = verb("reset", _reset, "stop, and delete the data, the accounts and the logs")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    verb("psql", _psql, "open the warehouse as its owner; more words go to psql")
    verb("dbt", _dbt, "run dbt on the warehouse: ./start.sh dbt parse")
    user = verb("user", _user, "add an account; prints its key, once")
    user.add_argument("action", choices=["add"])
    user.add_argument("name")
    user.add_argument("--role", choices=["researcher", "admin"], required=True)
    verb("env", _env, 'print the stack\'s addresses and keys, for: eval "$(./start.sh env)"')
    verb("help", lambda home, options: parser.print_help(), "this list")
    return parser


def _plan(home: Home) -> Plan:
    """The plan of the running stack, or of the next start on the ports of the last."""
    return Plan(home, ports.load(home.path / PORTS_FILE), credentials.load_or_create(home), external_parts())


def _existing(home: Home) -> Plan:
    if not (home.path / PORTS_FILE).exists():
        raise StartFailed("Laurel was never started here. `./start.sh` starts it.")
    return _plan(home)


def _up(home: Home, options: argparse.Namespace) -> int:
    home.create()
    steps = Steps()
    with (home.path / "start.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another ./start.sh is at work here; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        plan = _plan(home)
        supervisor = Supervisor(plan)
        if not (supervisor.is_running() and supervisor.is_current()):
            if supervisor.is_running() or leftovers(home.path):
                with steps.step("what ran of an earlier start or version is stopped"):
                    supervisor.stop()
            chosen = ports.choose(plan.ports)
            home.private_file(PORTS_FILE, ports.to_text(chosen))
            plan = Plan(home, chosen, plan.credentials, plan.external)
            supervisor = Supervisor(plan)
        start(plan, supervisor, steps)
    status.print_welcome(plan, steps.elapsed)
    return 0


def _stop(home: Home, options: argparse.Namespace) -> None:
    Supervisor(_existing(home)).stop()
    print("Laurel is stopped. `./start.sh` starts it again.")


def _status(home: Home, options: argparse.Namespace) -> int:
    plan = _existing(home)
    return status.print_status(plan, Supervisor(plan))


def _logs(home: Home, options: argparse.Namespace) -> int:
    names = [program.name for program in _existing(home).programs()]
    if options.process not in (None, *names):
        raise StartFailed(f"There is no process {options.process}. There are: {', '.join(names)}.")
    files = [home.logs / f"{name}.log" for name in ([options.process] if options.process else names)]
    return subprocess.run(
        ["tail", "-n", "50", "-F", *(file for file in files if file.exists())], check=False
    ).returncode


def _reset(home: Home, options: argparse.Namespace) -> int:
    plan = _existing(home)
    cluster = plan.cluster
    if not options.yes:
        print(f"This deletes every uploaded file, every table and every account in {home.path}.")
        if input("Type yes to go on: ").strip() != "yes":
            print("Nothing was deleted.")
            return 1
    Supervisor(plan).stop()
    if cluster and cluster.directory.exists():
        shutil.rmtree(cluster.directory)  # not always inside the state directory
    for path in home.path.iterdir():
        if path.name not in ("venv", "uv", "install.lock", "start.lock"):  # what is installed is not data
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    print("Everything is deleted. `./start.sh` starts afresh.")
    return 0


def _psql(home: Home, options: argparse.Namespace) -> int:
    plan = _existing(home)
    command = [psql(), plan.laurel_variables()["LAUREL_DATABASE_URL"], *options.rest]
    return subprocess.run(command, env=plan.environment(), check=False).returncode


def _dbt(home: Home, options: argparse.Namespace) -> int:
    environment = _existing(home).environment()
    command = [sys.executable, "-m", "stack.dbt", *options.rest]
    return subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode


def _user(home: Home, options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "elt", "account", "add", options.name, "--role", options.role]
    return subprocess.run(command, env=_existing(home).environment(), cwd=REPOSITORY, check=False).returncode


def _env(home: Home, options: argparse.Namespace) -> None:
    for name, value in status.shell_variables(_existing(home)).items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
