"""Accounts and keys: given once, opened, revoked, and given again after a lost installation."""

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from elt import __main__ as command_line
from elt.access import accounts
from elt.access.roles import Scope, scopes_of
from elt.database import MIGRATIONS, connect, transaction
from elt.errors import Conflict, NotFound
from elt.settings import Settings
from stack.starting import ensure_demo_accounts
from tests.integration.conftest import OWNER_PASSWORD


@pytest.fixture
def ledger(database) -> Iterator[Connection]:
    connection = connect(database.url)
    with transaction(connection):
        yield connection
    connection.close()


def opens(connection: Connection, key: str) -> tuple[str, str] | None:
    account = accounts.authenticate(connection, key)
    return (account.name, account.role) if account else None


def test_a_revoked_account_opens_no_more_until_it_is_given_a_new_key(ledger: Connection) -> None:
    first = accounts.add(ledger, "ada", "researcher")
    account = accounts.authenticate(ledger, first)
    assert account
    with pytest.raises(Conflict):
        accounts.add(ledger, "ada", "administrator")
    assert accounts.revoke(ledger, "ada") == 1
    assert opens(ledger, first) is None
    assert accounts.find(ledger, account.account_id) is None  # nor a session that is still open

    second = accounts.add(ledger, "ada", "researcher")
    assert accounts.authenticate(ledger, second) == account  # whose submissions are still its own
    assert opens(ledger, first) is None


def test_an_unknown_name_cannot_be_revoked(ledger: Connection) -> None:
    with pytest.raises(NotFound):
        accounts.revoke(ledger, "nobody")


def test_demo_accounts_of_an_earlier_installation_take_the_new_keys(database, ledger: Connection) -> None:
    ensure_demo_accounts(database.url, "old-researcher", "old-admin")
    for _ in range(2):
        ensure_demo_accounts(database.url, "new-researcher", "new-admin")
    assert opens(ledger, "new-researcher") == ("demo-researcher", "researcher")
    assert opens(ledger, "new-admin") == ("demo-admin", "administrator")
    assert [(name, keys) for name, _, keys, *_ in accounts.listing(ledger)] == [
        ("demo-admin", 2),
        ("demo-researcher", 2),
    ]


def test_a_start_does_not_bring_a_revoked_demo_key_back(database, ledger: Connection) -> None:
    ensure_demo_accounts(database.url, "researcher", "admin")
    accounts.revoke(ledger, "demo-admin")
    ledger.commit()
    ensure_demo_accounts(database.url, "researcher", "admin")
    assert opens(ledger, "admin") is None


def test_the_command_line_adds_lists_and_revokes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    assert command_line.main(["account", "add", "Ada Obi", "--role", "researcher"]) == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith("laurel_")
    assert command_line.main(["account", "list"]) == 0
    printed = capsys.readouterr().out
    assert "Ada Obi" in printed
    assert key not in printed
    assert command_line.main(["account", "revoke", "Ada Obi"]) == 0
    assert command_line.main(["account", "revoke", "nobody"]) == 1
    assert "no account" in capsys.readouterr().err


def test_a_teacher_has_a_school_and_a_number_and_admin_is_another_word(
    settings: Settings, ledger: Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    add = ["account", "add"]
    assert command_line.main([*add, "ngozi", "--role", "teacher", "--school", "laurel", "--teacher", "T07"]) == 0
    teacher = accounts.authenticate(ledger, capsys.readouterr().out.strip())
    assert teacher
    assert scopes_of(ledger, teacher.account_id) == [Scope("laurel", None, "T07")]
    assert command_line.main([*add, "head", "--role", "principal", "--school", "district/3"]) == 0
    principal = accounts.authenticate(ledger, capsys.readouterr().out.strip())
    assert principal
    assert scopes_of(ledger, principal.account_id) == [Scope("district", "3")]
    assert command_line.main([*add, "boss", "--role", "admin"]) == 0
    assert opens(ledger, capsys.readouterr().out.strip()) == ("boss", "administrator")
    for incomplete in (["--role", "teacher", "--school", "laurel"], ["--role", "auditor", "--school", "laurel"]):
        assert command_line.main([*add, "nobody", *incomplete]) == 1
        assert "goes with its role" in capsys.readouterr().err


def test_an_older_warehouse_calls_its_admins_administrators(postgres) -> None:
    """The schema file renames the role of accounts that are there already."""
    admin = psycopg2.connect(postgres.url("postgres"))
    admin.autocommit = True
    admin.cursor().execute("create database before_roles owner laurel")
    connection = connect(postgres.url("before_roles", "laurel", OWNER_PASSWORD))
    try:
        with transaction(connection), connection.cursor() as cursor:
            for path in sorted(MIGRATIONS.glob("*.sql")):
                if path.name == "009_access.sql":
                    cursor.execute("insert into catalog.account (name, role) values ('old', 'admin')")
                    cursor.execute(path.read_text(encoding="utf-8"))
                    break
                cursor.execute(path.read_text(encoding="utf-8"))
            cursor.execute("select role from catalog.account")
            assert cursor.fetchall() == [("administrator",)]
    finally:
        connection.close()
        admin.cursor().execute("drop database before_roles with (force)")
        admin.close()


def test_an_error_of_postgres_reaches_the_terminal_without_its_text(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    connection = connect(settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("alter table catalog.account add check (name <> 'Ada Obi')")
    connection.close()
    assert command_line.main(["account", "add", "Ada Obi", "--role", "researcher"]) == 1
    told = capsys.readouterr().err
    assert "CheckViolation" in told
    assert "Ada" not in told
