"""The words after ./start.sh. Needs nothing but the standard library, so that `help` answers before an installation."""

import argparse
from pathlib import Path

DESCRIPTION = "`./start.sh`: Laurel on this machine, without Docker and without root."
TAKE_MORE_WORDS = ("test", "psql", "dbt")
NOT_RUNNING = 3  # the exit code that init scripts use for it


def parser() -> argparse.ArgumentParser:
    """What it understands; the parsed `verb` says which one was meant."""
    words = argparse.ArgumentParser(prog="./start.sh", description=DESCRIPTION)
    verbs = words.add_subparsers(required=True, metavar="VERB", dest="verb")

    def verb(name: str, help: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=help, description=help)

    verb("up", "install and start everything that is not running yet (also without a verb)")
    verb("stop", "stop every process; the data stays")
    verb("status", f"what runs, where, since when; exit code {NOT_RUNNING} where something does not")
    verb("test", "lint, types and every test, in a throw-away home; `test faults` kills parts; more words go to pytest")
    logs = verb("logs", "follow the logs of all processes, or of one")
    logs.add_argument("process", nargs="?", help="as `status` names it")
    reset = verb("reset", "stop, and delete the data, the accounts and the logs")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    verb("psql", "open the warehouse as its owner; more words go to psql")
    verb("dbt", "run dbt on the warehouse: ./start.sh dbt parse")
    load = verb("load", "send a data set through the API: ./start.sh load oulad DIR, ./start.sh load district")
    load.add_argument("family", choices=["oulad", "district"])
    load.add_argument(
        "directory", type=Path, nargs="?", help="the folder with its files; without one, the sample district is made"
    )
    _add_user_actions(verb("user", "add or list accounts, revoke their keys"))
    verb("env", 'print the stack\'s addresses and keys, for: eval "$(./start.sh env)"')
    verb("help", "this list")
    return words


def _add_user_actions(user: argparse.ArgumentParser) -> None:
    actions = user.add_subparsers(required=True, metavar="ACTION", dest="action")
    add = actions.add_parser("add", help="an account; prints its key, once")
    add.add_argument("name")
    roles = ["researcher", "teacher", "principal", "administrator", "auditor", "admin"]
    add.add_argument("--role", choices=roles, required=True, help="admin is another word for administrator")
    add.add_argument("--school", help="of a principal or teacher: laurel, or one school of several: district/3")
    add.add_argument("--teacher", help="of a teacher: the Teacher ID, as the school's files have it")
    actions.add_parser("revoke", help="every key of an account").add_argument("name")
    key = actions.add_parser("key", help="one more key of an account; prints it, once")
    key.add_argument("name")
    key.add_argument("--label", help="what it is for")
    key.add_argument("--read-only", action="store_true", help="it changes nothing")
    key.add_argument("--days", help="after so many days it opens nothing")
    actions.add_parser("password", help="set an account's password; asks for it").add_argument("name")
    help = "a read-only database login for a BI tool that shows what the account may see; prints its URL, once"
    actions.add_parser("database-login", help=help).add_argument("name")
    actions.add_parser("list", help="every account, with the number of its keys")


if __name__ == "__main__":
    parser().print_help()
