"""The matrix: every role and every table of the marts, by SQL under that role's login; every insight and page."""

# ruff: noqa: S608 - names and conditions of our own
import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import pytest
from flask import Flask
from psycopg2 import errors
from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from backend.app import create_app
from backend.reporting import answers
from backend.reporting.registry import registry
from backend.reporting.values import plain
from backend.services import EXTENSION, Services
from elt.access import accounts, logins
from elt.access.roles import ROLES, Scope
from elt.database import connect, transaction
from tests.integration.insights.conftest import School, Visitor
from tests.integration.insights.matrix import TAUGHT, ask, differences, expected, tables

FORMS = ("", ".csv", ".csv-metadata.json", ".png", ".svg", ".pdf")
LEDGER = ("catalog", "access", "raw", "public")


@dataclass(frozen=True)
class Person:
    """Somebody with a role, at the door of the API and at the door of the database."""

    role: str
    scope: Scope | None
    visitor: Visitor
    database_url: str


@pytest.fixture(scope="module")
def teacher_id(owner: Connection) -> str:
    """A teacher who does not teach everybody."""
    return str(
        ask(
            owner,
            "select teacher_id from marts.fct_grade inner join marts.dim_teacher using (teacher_key) "
            "where member_type = 'known' group by teacher_id order by count(distinct student_key), teacher_id limit 1",
        )[0][0]
    )


@pytest.fixture(scope="module")
def people(school: School, owner: Connection, teacher_id: str) -> dict[str, Person]:
    """One of each role, and a principal of another school."""
    scopes = {"teacher": Scope("laurel", None, teacher_id), "principal": Scope("laurel")}
    wanted = [(role, role, scopes.get(role)) for role in ROLES]
    wanted += [("stranger", "principal", Scope("district", "3"))]
    flask = school.admin.flask.application
    found = {}
    for name, role, scope in wanted:
        with transaction(owner):
            key = accounts.add(owner, f"matrix {name}", role, scope)
            login = logins.create(owner, school.settings, f"matrix {name}")
        found[name] = Person(role, scope, Visitor(flask.test_client(), key), login.url)
    return found


@pytest.mark.parametrize("name", [*ROLES, "stranger"])
def test_every_table_shows_each_role_its_rows(people: dict[str, Person], owner: Connection, name: str) -> None:
    person = people[name]
    assert list(differences(owner, person.database_url, person.role, person.scope)) == []


def test_the_matrix_has_something_to_show_and_to_hide(people: dict[str, Person], owner: Connection) -> None:
    columns = {table: columns for _, table, columns in tables(owner)}
    for table in ("dim_student", "fct_grade", "fct_student_risk", "dim_guardian", "bridge_student_activity"):
        condition = expected(owner, "teacher", people["teacher"].scope, table, columns[table])
        [(seen, every)] = ask(owner, f"select count(*) filter (where {condition}), count(*) from marts.{table}")
        assert 0 < seen < every, table  # type: ignore[operator]


def test_an_administrator_pays_nothing(people: dict[str, Person], owner: Connection) -> None:
    """Row-level security leaves no trace in an administrator's plan; in a principal's it does."""
    plan = "explain (costs off) select count(*) from marts.fct_grade where total_score::text like '9%'"
    with closing(connect(people["administrator"].database_url)) as login:
        assert ask(login, plan) == ask(owner, plan)
    with closing(connect(people["principal"].database_url)) as login:
        assert ask(login, plan) != ask(owner, plan)


def test_stored_tables_and_all_else_are_no_way_round(people: dict[str, Person], owner: Connection) -> None:
    stored = ask(
        owner, "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname like '%\\_store'"
    )
    assert len(stored) > 30
    unprotected = ask(
        owner,
        "select relname from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname like '%\\_store' and relkind = 'r' and not relrowsecurity",
    )
    assert unprotected == []
    for name in ("researcher", "auditor"):
        with closing(connect(people[name].database_url)) as login:
            login.autocommit = True
            for (table,) in stored:
                try:
                    columns = {
                        row[0] for row in ask(login, f"select (json_each(to_json(t))).key from {table} as t limit 99")
                    }
                except errors.InsufficientPrivilege:
                    continue
                assert not columns & {"student_key", "teacher_key", "guardian_key", "respondent_key"}, (name, table)
    secret = ("catalog.api_key", "catalog.account", "catalog.rejected_line", "access.login", "access.tie",
              "raw.laurel_students", "staging.stg_laurel__students", "build.dim_student")  # fmt: skip
    for person in people.values():
        with closing(connect(person.database_url)) as login:
            login.autocommit = True
            for table in secret:
                with pytest.raises(errors.InsufficientPrivilege):
                    ask(login, f"select 1 from {table} limit 1")


@pytest.mark.parametrize(
    "attempt",
    [
        "set laurel.account_id = '{boss}'",
        "select set_config('laurel.account_id', '{boss}', false)",
        "set role laurel_administrator",
        "set role laurel_reader",
        "set role laurel",
        "set session authorization laurel_reader",
        "set row_security = off",
        "grant laurel_administrator to current_user",
        "alter role current_user bypassrls",
        "create function pg_temp.peek(text) returns boolean language plpgsql cost 0.0001 as "
        "'begin raise notice ''%%'', $1; return true; end'",
        "create view marts.mine as select * from marts.dim_student",
        "alter view marts.dim_student set (security_invoker = false)",
        "update marts.dim_student set gender = gender",
        "select * from access.own_students(), catalog.account",
    ],
)
def test_no_setting_of_a_session_shows_more(people: dict[str, Person], owner: Connection, attempt: str) -> None:
    [(boss,)] = ask(owner, "select account_id from catalog.account where name = 'matrix administrator'")
    for name in ("teacher", "researcher", "stranger"):
        with closing(connect(people[name].database_url)) as login:
            login.autocommit = True
            before = ask(login, "select count(*), count(distinct student_id) from marts.dim_student")
            with suppress(psycopg2.Error):
                ask(login, attempt.format(boss=boss))
            try:
                assert ask(login, "select count(*), count(distinct student_id) from marts.dim_student") == before
            except errors.InsufficientPrivilege:
                assert "row_security" in attempt  # it refuses to read at all


def test_a_revoked_account_s_login_is_gone_at_once(school: School, owner: Connection) -> None:
    with transaction(owner):
        accounts.add(owner, "matrix leaver", "administrator")
        url = logins.create(owner, school.settings, "matrix leaver").url
    with closing(connect(url)) as login:
        login.autocommit = True
        assert ask(login, "select count(*) > 0 from marts.dim_student") == [(True,)]
        with transaction(owner):
            accounts.revoke(owner, "matrix leaver")
        with pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError, errors.InsufficientPrivilege)):
            ask(login, "select count(*) from marts.dim_student")
    with pytest.raises(Exception, match="did not answer"):
        connect(url)


def test_every_insight_answers_each_role_or_is_not_there(
    people: dict[str, Person], owner: Connection, teacher_id: str
) -> None:
    for name, person in people.items():
        listed = {found["name"] for found in person.visitor.get("/api/v1/insights").get_json()["insights"]}
        assert listed == {insight.name for insight in registry().values() if person.role in insight.audience}, name
        with closing(connect(person.database_url)) as login:
            for insight in registry():
                told = person.visitor.get(f"/api/v1/insights/{insight}")
                table = person.visitor.get(f"/api/v1/insights/{insight}.csv")
                assert told.status_code == table.status_code == (200 if insight in listed else 404), (name, insight)
                if insight in listed:  # a BI tool that brings the same SQL gets the same rows
                    chosen = {choice["name"]: choice["value"] for choice in told.json["parameters"]}
                    with login.cursor(cursor_factory=RealDictCursor) as cursor:
                        cursor.execute(registry()[insight].sql, chosen)
                        rows = [{column: plain(value) for column, value in row.items()} for row in cursor.fetchall()]
                    assert told.json["rows"] == json.loads(json.dumps(rows)), (name, insight)
                    assert len(list(csv.reader(io.StringIO(table.text)))) == len(rows) + 1, (name, insight)
    students = {
        name: {row["student_id"] for row in people[name].visitor.get("/api/v1/insights/at_risk_students").json["rows"]}
        for name in ("teacher", "principal", "administrator", "stranger")
    }
    of_teacher = f"select student_id from marts.rpt_at_risk_student where student_key in {TAUGHT.format(teacher_id)}"
    assert students["teacher"] == {id for (id,) in ask(owner, of_teacher)}
    assert students["teacher"] < students["principal"] == students["administrator"]
    assert students["stranger"] == set()
    exports = people["auditor"].visitor.get("/api/v1/audit?action=insight.export&account=matrix+teacher").json["events"]
    assert {(event["subject"], event["detail"]["form"]) for event in exports} >= {("at_risk_students", "csv")}


@pytest.fixture(scope="module")
def without_marts(school: School, owner: Connection, people: dict[str, Person]) -> Iterator[Flask]:
    """The application, whose ledger connections may read no mart: rows come through the reader's, or not at all."""
    with owner.cursor() as cursor:
        cursor.execute(
            "create role test_ledger_only login password 'test'; "
            "grant test_ledger_only to current_user with inherit true"  # to drop it
        )
        for schema in LEDGER:
            cursor.execute(
                f"grant usage on schema {schema} to test_ledger_only; "
                f"grant all on all tables in schema {schema} to test_ledger_only; "
                f"grant all on all sequences in schema {schema} to test_ledger_only"
            )
    parts = urlsplit(school.settings.database_url)
    url = urlunsplit(parts._replace(netloc=f"test_ledger_only:test@{parts.netloc.rpartition('@')[2]}"))
    with closing(connect(url)) as ledger, pytest.raises(errors.InsufficientPrivilege):
        ask(ledger, "select 1 from marts.dim_student")
    app = create_app(replace(school.settings, database_url=url))
    yield app
    app.extensions[EXTENSION].pool.close()
    app.extensions[EXTENSION].readers.close()
    ask(owner, "drop owned by test_ledger_only; drop role test_ledger_only")


def test_every_form_takes_its_rows_from_the_one_query_that_is_bound_to_who_asks(
    people: dict[str, Person], without_marts: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "ANSWERS", answers.Answers(kept_rows=0))
    teacher = people["teacher"].visitor
    bound = Visitor(without_marts.test_client(), teacher.key)
    paths = [f"/api/v1/insights/{name}{form}" for name in ("at_risk_students", "pass_rate") for form in FORMS]
    [of_class] = [kind for kind in bound.get("/api/v1/reports").json["reports"] if kind["name"] == "class"]
    paths.append(f"/api/v1/reports/class.pdf?class={quote(of_class['parameter']['allowed'][0])}")
    for path in paths:
        told = bound.get(path), teacher.get(path)
        assert [answer.status_code for answer in told] == [200, 200], path
        assert told[0].data == told[1].data, path
    pages = ("/", "/students", "/performance", "/what-matters", "/cohorts", "/district", "/insights/at_risk_students")
    for path in (*pages, *(f"/api/v1/insights/{name}" for name in registry())):
        assert bound.get(path).status_code in (200, 404), path  # 404: an administrator's
    page = bound.get("/insights/at_risk_students").text
    seen, every = (
        {row["student_id"] for row in visitor.get("/api/v1/insights/at_risk_students").json["rows"]}
        for visitor in (bound, people["principal"].visitor)
    )
    assert seen < every
    assert set() < {id for id in every if id in page} <= seen

    monkeypatch.setattr(Services, "reader_pool", property(lambda parts: parts.pool))  # were a form to ask otherwise
    assert {bound.get(path).status_code for path in paths} == {503}


def test_insights_count_the_same_for_all_who_see_all(people: dict[str, Person]) -> None:
    """An aggregate that read persons would come out empty for those who may not see them."""
    for insight in registry().values():
        if {"researcher", "auditor"} <= insight.audience:
            told = {
                name: people[name].visitor.get(f"/api/v1/insights/{insight.name}").json["rows"]
                for name in ("administrator", "researcher", "auditor")
            }
            assert told["administrator"] == told["researcher"] == told["auditor"], insight.name


def test_provenance_is_no_way_to_find_out_who_is_there(people: dict[str, Person], owner: Connection) -> None:
    [(student_id,)] = ask(owner, "select student_id from marts.rpt_at_risk_student order by 1 limit 1")
    for name in ("researcher", "auditor", "stranger"):
        told = []
        for id in (student_id, "nobody"):
            response = people[name].visitor.get(f"/api/v1/provenance/rpt_at_risk_student?student_id={id}")
            told.append((response.status_code, response.get_json()))
        assert told[0] == told[1], name
        assert told[0][0] == 404
    assert (
        people["administrator"]
        .visitor.get(f"/api/v1/provenance/rpt_at_risk_student?student_id={student_id}")
        .json["behind"]
    )
