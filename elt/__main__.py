"""`python -m elt`: the pipeline's verbs by hand."""

import argparse
import logging
import sys
from collections.abc import Sequence
from contextlib import closing
from getpass import getpass
from pathlib import Path
from uuid import UUID

import psycopg2
from psycopg2.extensions import connection as Connection
from tqdm import tqdm

from elt import audit, ledger, warehouse
from elt.access import accounts, keys, logins, passwords
from elt.access.roles import OTHER_SPELLINGS, ROLES, role_named, scope_for, stranger_to
from elt.contracting.contract import load_contracts
from elt.contracting.registry import open_registry
from elt.database import connect, transaction
from elt.drafting import draft
from elt.drafting.headers import words_of
from elt.drafting.printing import print_draft
from elt.dry_runs import making as dry_run
from elt.errors import LaurelError, NotFound, Refused
from elt.ledger import Submission
from elt.loading.submissions import load
from elt.polling import PollFailed, due, poll
from elt.settings import MissingSetting, Settings
from elt.store import ObjectStore
from elt.transforming import run as transforming
from elt.versioning import retracting


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 where it worked, 1 where it did not; the reason goes to standard error."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if options.run is _draft:  # needs no stack
            _draft(options)
        else:
            options.run(Settings.from_environment(), options)
    except LaurelError as error:
        print(error.in_words(), file=sys.stderr)
        return 1
    except psycopg2.Error as error:  # its text may quote a row
        print(f"Postgres refused: {type(error).__name__}.", file=sys.stderr)
        return 1
    except (MissingSetting, PollFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m elt", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: object, help: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        return added

    verb("migrate", _migrate, "make or update schemas, raw tables, the reader's rights and the bucket")
    verb("poll", _poll, "adopt dropped files, remove retracted rows, load whatever waits")
    verb("transform", _transform, "build, test and publish the marts of changed datasets")
    verb("predict", _predict, "score students with published models, and train where none fits any more")
    help = "train and judge one outcome, print every figure with its interval, write nothing"
    verb("judge", _judge, help).add_argument("outcome", nargs="?", help="without it: which there are")
    verb("dry-runs", _dry_runs, "make the receipts of the dry runs that wait")
    for name, run, help in (
        ("load", _load, "load one submission now"),
        ("retract", _retract, "take one submission out of raw and, with the next transform, out of the marts"),
    ):
        verb(name, run, help).add_argument("id", type=UUID, help="the submission's id, as the API shows it")
    help = (
        "a contract for a file that nobody has described, to standard output; what was found in it, to standard error"
    )
    verb("draft", _draft, help).add_argument("file", type=Path, help="a CSV, also in .gz or .zip")
    status = verb("status", _status, "what was sent and what became of it, newest first")
    status.add_argument("--limit", type=int, default=20)
    _add_account_actions(verbs.add_parser("account", help="add or list accounts, revoke their keys"))
    return parser


def _add_account_actions(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="an account; prints its key, once")
    add.add_argument("name")
    add.add_argument("--role", choices=[*ROLES, *OTHER_SPELLINGS], required=True)
    add.add_argument("--school", help="of a principal or teacher: a source system of the marts, or one/school")
    add.add_argument("--teacher", help="of a teacher: the Teacher ID, as the school's files have it")
    add.set_defaults(run=_add_account)
    revoke = actions.add_parser("revoke", help="every key of an account")
    revoke.add_argument("name")
    revoke.set_defaults(run=_revoke_account)
    key = actions.add_parser("key", help="one more key of an account; prints it, once")
    key.add_argument("name")
    key.add_argument("--label", help="what it is for")
    key.add_argument("--read-only", action="store_true", help="it changes nothing")
    key.add_argument("--days", type=int, help="after so many days it opens nothing")
    key.set_defaults(run=_add_key)
    password = actions.add_parser("password", help="set an account's password; it is asked for, or read from a pipe")
    password.add_argument("name")
    password.set_defaults(run=_set_password)
    login = actions.add_parser("database-login", help="a read-only database login for a BI tool; its URL, once")
    login.add_argument("name")
    login.set_defaults(run=_add_login)
    actions.add_parser("list", help="every account, with the number of its keys").set_defaults(run=_list_accounts)


def _migrate(settings: Settings, options: argparse.Namespace) -> None:
    connection = connect(settings.database_url)
    try:
        for name in warehouse.prepare(connection, settings.reader_database_url, load_contracts()):
            print(f"applied {name}")
    finally:
        connection.close()
    ObjectStore(settings).create_bucket()


def _poll(settings: Settings, options: argparse.Namespace) -> None:
    with open_registry(settings) as contracts:
        print(
            poll(settings, ObjectStore(settings), contracts, progress=lambda ids: tqdm(ids, unit="file", disable=None))
        )


def _transform(settings: Settings, options: argparse.Namespace) -> None:
    print(transforming.transform(settings) or "Nothing to do.")


def _predict(settings: Settings, options: argparse.Namespace) -> None:
    from elt.predicting.running import predict  # scikit-learn takes a second to import: only where models are at work

    for outcome in predict(settings):
        print(f"{outcome.task}: {outcome.said}")


def _judge(settings: Settings, options: argparse.Namespace) -> None:
    from elt.predicting.judging import judge

    for line in judge(settings, options.outcome):
        print(line)


def _dry_runs(settings: Settings, options: argparse.Namespace) -> None:
    with open_registry(settings) as contracts:
        print(f"Receipts made: {dry_run.process(settings, ObjectStore(settings), contracts)}.")


def _load(settings: Settings, options: argparse.Namespace) -> None:
    connection = connect(settings.database_url)
    try:
        submission = _submission(connection, options.id)
        with open_registry(settings) as contracts:
            contract = contracts[submission.dataset_id]
        print(load(connection, ObjectStore(settings), contract, submission.submission_id) or "Nothing to do.")
    finally:
        connection.close()


def _retract(settings: Settings, options: argparse.Namespace) -> None:
    connection = connect(settings.database_url)
    try:
        with transaction(connection):
            retracting.request(connection, _submission(connection, options.id))
    finally:
        connection.close()
    _poll(settings, options)


def _draft(options: argparse.Namespace) -> None:
    if not options.file.is_file():
        raise NotFound("unknown_file", "There is no such file.", remedy="Give the path of a CSV.")
    name = "_".join(words_of(options.file.name.partition(".")[0])) or "draft"
    print_draft(draft(lambda: options.file.open("rb"), f"research/{name}"))


def _status(settings: Settings, options: argparse.Namespace) -> None:
    connection = connect(settings.database_url)
    try:
        with transaction(connection):
            for submission in ledger.page(connection, limit=options.limit):
                counts = f"{submission.lines_read or 0:>9,} read {submission.rows_rejected or 0:>6,} rejected"
                print(f"{submission.id}  {submission.dataset_id:<26} {submission.status:<10} {counts}")
        print("waiting for a transform: " + (", ".join(due(connection)) or "nothing"))
    finally:
        connection.close()


def _add_account(settings: Settings, options: argparse.Namespace) -> None:
    with closing(connect(settings.database_url)) as connection:
        with transaction(connection):
            scope = scope_for(role_named(options.role), options.school, options.teacher)
            key = accounts.add(connection, options.name, options.role, scope)
            stranger = stranger_to(connection, scope)
        print(key)
    if stranger:
        print(stranger, file=sys.stderr)


def _revoke_account(settings: Settings, options: argparse.Namespace) -> None:
    with closing(connect(settings.database_url)) as connection, transaction(connection):
        count = accounts.revoke(connection, options.name)
    print(f"Keys revoked: {count}. The account's submissions stay.")


def _add_key(settings: Settings, options: argparse.Namespace) -> None:
    with closing(connect(settings.database_url)) as connection:
        with transaction(connection):
            account_id = accounts.number_of_open(connection, options.name)
            scope = keys.READ if options.read_only else keys.FULL
            if options.days is not None and not 1 <= options.days <= keys.DAYS_MAXIMUM:
                raise Refused("bad_days", "A key opens for whole days.", allowed=f"--days 1 to {keys.DAYS_MAXIMUM}.")
            key, issued = keys.issue(connection, account_id, options.label, scope, options.days)
            audit.record(connection, account_id, "key.create", str(issued.id), {"scope": scope, "days": options.days})
        print(key)


def _set_password(settings: Settings, options: argparse.Namespace) -> None:
    password = getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with closing(connect(settings.database_url)) as connection, transaction(connection):
        passwords.set_password(connection, options.name, password)
    print("The password is set. Sessions that were open are ended.")


def _add_login(settings: Settings, options: argparse.Namespace) -> None:
    with closing(connect(settings.database_url)) as connection:
        with transaction(connection):
            login = logins.create(connection, settings, options.name)
        print(login.url)


def _list_accounts(settings: Settings, options: argparse.Namespace) -> None:
    with closing(connect(settings.database_url)) as connection, transaction(connection):
        for name, role, keys, created_at, closed_at in accounts.listing(connection):
            closed = f", closed {closed_at:%Y-%m-%d}" if closed_at else ""
            print(f"{name:<24} {role:<13} keys: {keys}  since {created_at:%Y-%m-%d}{closed}")


def _submission(connection: Connection, id: UUID) -> Submission:
    submission = ledger.find(connection, id)
    if submission is None:
        raise NotFound(
            "unknown_submission", "There is no such submission.", remedy="`python -m elt status` lists them."
        )
    return submission


if __name__ == "__main__":
    sys.exit(main())
