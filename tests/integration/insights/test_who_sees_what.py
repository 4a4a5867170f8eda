"""The matrix: every role and every table of the marts, by SQL under that role's login; every insight and page."""

# ruff: noqa: S608 - names and conditions of our own
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

import psycopg2
import pytest
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from backend.reporting.registry import registry
from elt import accounts
from elt.access import logins
from elt.access.policies import SHARED
from elt.access.roles import ROLES, Scope
from elt.database import connect, transaction
from tests.integration.insights.conftest import School, Visitor

PRIVATE = {"student_identity", "guardian_identity", "teacher_identity"}
PERSON_KEYS = {"student_key", "guardian_key", "respondent_key", "teacher_key"}
ABOUT_NOBODY = {"dim_course_section"}  # names who teaches it
# Written out again, on what the owner sees: what a teacher's students are, and their guardians.
TAUGHT = (
    "(select student_key from marts.fct_grade inner join marts.dim_teacher using (teacher_key) where teacher_id = '{}')"
)
KNOWN = f"student_id in (select student_id from marts.dim_student where is_current and student_key in {TAUGHT})"
GUARDIANS = (
    "guardian_id in (select guardian_id from marts.dim_guardian inner join marts.bridge_student_guardian "
    f"using (guardian_key) where student_key in {TAUGHT})"
)
UNDER_THE_NAME = "teacher_key in (select teacher_key from marts.dim_teacher where teacher_id = '{}')"
OF_TEACHER = {
    "dim_student": KNOWN,
    "dim_guardian": GUARDIANS,
    "guardian_identity": GUARDIANS,
    "dim_teacher": "teacher_id = '{}'",
    "teacher_identity": "teacher_id = '{}'",
    "fct_survey_response": "false",
}


@dataclass(frozen=True)
class Person:
    """Somebody with a role, at the door of the API and at the door of the database."""

    role: str
    visitor: Visitor
    database_url: str


@pytest.fixture(scope="module")
def owner(school: School) -> Iterator[Connection]:
    connection = connect(school.settings.database_url)
    connection.autocommit = True
    yield connection
    connection.close()


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
        found[name] = Person(role, Visitor(flask.test_client(), key), login.url)
    return found


def ask(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def tables(owner: Connection) -> list[tuple[str, str]]:
    found = ask(
        owner,
        "select schemaname, viewname from pg_views where schemaname in ('marts', 'marts_private') order by 1, 2",
    )
    assert {name for _, name in found} >= {
        *OF_TEACHER,
        *PRIVATE,
        "dim_date",
        "rpt_kpi",
        "fct_grade",
        "dim_course_section",
    }
    return found  # type: ignore[return-value]


def expected(owner: Connection, person: str, schema: str, table: str, teacher_id: str) -> str | None:
    """The condition on the rows that the person is to see, as the owner would write it; None: no right to ask."""
    columns = {
        name for (name,) in ask(
            owner,
            "select column_name from information_schema.columns "
            f"where (table_schema, table_name) = ('{schema}', '{table}')",
        )
    }  # fmt: skip
    of_persons = bool(columns & PERSON_KEYS) and table not in ABOUT_NOBODY
    if person == "administrator":
        return "true"
    if person in ("researcher", "auditor"):
        return None if table in PRIVATE else str(not of_persons).lower()
    if person == "stranger":
        return (
            "false"
            if of_persons
            else f"source_system in ('district', '{SHARED}')"
            if "source_system" in columns
            else "true"
        )
    if person == "teacher" and of_persons:
        default = UNDER_THE_NAME if "teacher_key" in columns else f"student_key in {TAUGHT}"
        condition = OF_TEACHER.get(table, default)
        return condition.format(teacher_id) if "{}" in condition else condition
    return f"source_system in ('laurel', '{SHARED}')" if "source_system" in columns else "true"


@pytest.mark.parametrize("name", [*ROLES, "stranger"])
def test_every_table_shows_each_role_its_rows(
    people: dict[str, Person], owner: Connection, teacher_id: str, name: str
) -> None:
    with closing(connect(people[name].database_url)) as login:
        login.autocommit = True
        for schema, table in tables(owner):
            condition = expected(owner, name, schema, table, teacher_id)
            # Order and equality by text: the rows themselves, not only how many there are.
            digest = "select count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {} as t"
            relation = f'"{schema}"."{table}"'
            if condition is None:
                with pytest.raises(errors.InsufficientPrivilege):
                    ask(login, digest.format(relation))
                continue
            wanted = ask(owner, digest.format(f"(select * from {relation} where {condition})"))
            assert ask(login, digest.format(relation)) == wanted, (name, table)


def test_the_matrix_has_something_to_show_and_to_hide(owner: Connection, teacher_id: str) -> None:
    for table in ("dim_student", "fct_grade", "fct_student_risk", "dim_guardian", "bridge_student_activity"):
        condition = expected(owner, "teacher", "marts", table, teacher_id)
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
        for insight in registry():
            for path in (f"/api/v1/insights/{insight}", f"/api/v1/insights/{insight}.csv"):
                assert person.visitor.get(path).status_code == (200 if insight in listed else 404), (name, path)
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
