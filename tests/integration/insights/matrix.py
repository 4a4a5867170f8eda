"""Which rows of each table a role is to see, written out again on what the owner sees; and who asks, by SQL."""

# ruff: noqa: S608 - names and conditions of our own
from collections.abc import Iterator
from contextlib import closing

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from elt.access.policies import SHARED
from elt.access.roles import Scope
from elt.database import connect

PRIVATE = {"student_identity", "guardian_identity", "teacher_identity", "score", "action"}
PERSON_KEYS = {"student_key", "guardian_key", "respondent_key", "teacher_key"}
ABOUT_NOBODY = {"dim_course_section"}  # names who teaches it
TAUGHT = (
    "(select student_key from marts.fct_grade inner join marts.dim_teacher using (teacher_key) where teacher_id = '{}')"
)
IN_SCHOOL = "(select student_key from marts.dim_student where is_current and school_key = '{}')"
STUDENTS = "student_id in (select student_id from marts.dim_student where is_current and student_key in {})"
GUARDIANS = (
    "guardian_id in (select guardian_id from marts.dim_guardian inner join marts.bridge_student_guardian "
    "using (guardian_key) where student_key in {})"
)
UNDER_THE_NAME = "teacher_key in (select teacher_key from marts.dim_teacher where teacher_id = '{}')"
OF_TEACHER = {
    "dim_student": STUDENTS,
    "dim_guardian": GUARDIANS,
    "guardian_identity": GUARDIANS,
    "dim_teacher": "teacher_id = '{}'",
    "teacher_identity": "teacher_id = '{}'",
    "fct_survey_response": "false",
}


def ask(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def tables(owner: Connection) -> Iterator[tuple[str, str, set[str]]]:
    """Every table that anybody may ask: schema, name, columns."""
    found = ask(
        owner,
        "select table_schema, table_name, array_agg(column_name::text) from information_schema.columns "
        "where table_schema in ('marts', 'marts_private', 'predictions') group by 1, 2 order by 1, 2",
    )
    assert {name for _, name, _ in found} >= {*OF_TEACHER, *PRIVATE, "dim_date", "rpt_kpi", "fct_grade", "model"}
    for schema, name, columns in found:
        yield str(schema), str(name), set(columns)  # type: ignore[call-overload]


def expected(owner: Connection, role: str, scope: Scope | None, table: str, columns: set[str]) -> str | None:
    """The condition on the rows that the person is to see, as the owner would write it; None: no right to ask."""
    of_persons = bool(columns & PERSON_KEYS) and table not in ABOUT_NOBODY
    if role == "administrator":
        return "true"
    if scope is None:
        return None if table in PRIVATE else str(not of_persons).lower()
    [(school,)] = ask(owner, f"select md5(row('{scope.source_system}', '{scope.school_id}')::text)::uuid")
    if not of_persons:
        return _about_nobody(scope, school, columns)
    if role == "teacher":
        told = OF_TEACHER.get(table, UNDER_THE_NAME if "teacher_key" in columns else "student_key in {}")
        return told.format(scope.teacher_id if "'{}'" in told else TAUGHT.format(scope.teacher_id))
    if not scope.school_id:
        return f"source_system = '{scope.source_system}'" if "source_system" in columns else "true"
    mine = IN_SCHOOL.format(school)
    if "school_key" in columns:
        return f"school_key = '{school}'"
    if "student_key" in columns:
        return f"student_key in {mine}"
    return GUARDIANS.format(mine) if "guardian_id" in columns else "false"


def _about_nobody(scope: Scope, school: object, columns: set[str]) -> str:
    if "source_system" not in columns:
        return "true"
    if not scope.school_id:
        return f"source_system in ('{scope.source_system}', '{SHARED}')"
    either = "true"
    if "school_key" in columns:
        either = f"coalesce(school_key, '{school}') = '{school}'"
    if "is_of_few_schools" in columns:
        either += " and not is_of_few_schools"
    return f"source_system = '{SHARED}' or source_system = '{scope.source_system}' and {either}"


def differences(owner: Connection, database_url: str, role: str, scope: Scope | None) -> Iterator[str]:
    """The tables of which this login sees other rows than it is to see."""
    # Order and equality by text: the rows themselves, not only how many there are.
    digest = "select count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {} as t"
    with closing(connect(database_url)) as login:
        login.autocommit = True
        for schema, table, columns in tables(owner):
            condition = expected(owner, role, scope, table, columns)
            relation = f'"{schema}"."{table}"'
            try:
                seen = ask(login, digest.format(relation))
            except errors.InsufficientPrivilege:
                if condition is not None:
                    yield table
                continue
            except psycopg2.Error as error:
                raise AssertionError((role, table)) from error
            if condition is None or seen != ask(owner, digest.format(f"(select * from {relation} where {condition})")):
                yield table
