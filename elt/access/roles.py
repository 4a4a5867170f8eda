"""The five roles, and what an account with each of them belongs to."""

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from elt.errors import Refused

RESEARCHER, TEACHER, PRINCIPAL, ADMINISTRATOR, AUDITOR = (
    "researcher", "teacher", "principal", "administrator", "auditor",
)  # fmt: skip
ROLES = (RESEARCHER, TEACHER, PRINCIPAL, ADMINISTRATOR, AUDITOR)
OTHER_SPELLINGS = {"admin": ADMINISTRATOR}
SENDERS = (RESEARCHER, ADMINISTRATOR)  # of files; they also read what is in them, their own or everybody's


def role_named(name: str) -> str:
    """The role, by any spelling. Raises Refused where there is none."""
    role = OTHER_SPELLINGS.get(name, name)
    if role not in ROLES:
        raise Refused("unknown_role", "There is no such role.", allowed=", ".join(ROLES) + ".")
    return role


@dataclass(frozen=True)
class Scope:
    """One school, or one teacher of it. `school_id` None: the source system is one school, or all of its schools."""

    source_system: str
    school_id: str | None = None
    teacher_id: str | None = None


def scope_for(role: str, school: str | None, teacher_id: str | None) -> Scope | None:
    """The scope that goes with a role; `school` is `laurel`, or `district/3`. Raises Refused where one is missing."""
    needs_school, needs_teacher = role in (PRINCIPAL, TEACHER), role == TEACHER
    if bool(school) != needs_school or bool(teacher_id) != needs_teacher:
        raise Refused(
            "bad_scope",
            "What an account belongs to goes with its role.",
            allowed="A principal has a school, a teacher a school and a teacher's ID; other roles have neither.",
            remedy="--role principal --school laurel; --role teacher --school laurel --teacher T01; "
            "of several schools in one source system: --school district/3.",
        )
    if not school:
        return None
    source_system, _, school_id = school.partition("/")
    return Scope(source_system, school_id or None, teacher_id or None)


def set_scope(connection: Connection, account_id: int, scope: Scope | None) -> None:
    """Let this be all that the account belongs to. Raises Refused for a teacher of a district without a school."""
    if scope and scope.teacher_id and not scope.school_id:
        _refuse_where_there_are_several_schools(connection, scope)
    with connection.cursor() as cursor:
        cursor.execute("delete from catalog.account_scope where account_id = %s", [account_id])
        if scope is not None:
            cursor.execute(
                "insert into catalog.account_scope (account_id, source_system, school_id, teacher_id) "
                "values (%s, %s, %s, %s)",
                [account_id, scope.source_system, scope.school_id, scope.teacher_id],
            )


def _refuse_where_there_are_several_schools(connection: Connection, scope: Scope) -> None:
    """Who belongs to all of a district sees each of its schools' totals: a principal of all may, a teacher may not."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('marts.dim_school') is not null")
        if cursor.fetchone() != (True,):
            return
        cursor.execute(
            "select distinct school_id from marts.dim_school where source_system = %s and is_current order by 1",
            [scope.source_system],
        )
        schools = [school_id for (school_id,) in cursor.fetchall()]
    if len(schools) > 1:
        raise Refused(
            "school_missing",
            "A teacher belongs to one school, and there are several.",
            allowed=", ".join(f"{scope.source_system}/{school_id}" for school_id in schools) + ".",
        )


def stranger_to(connection: Connection, scope: Scope | None) -> str | None:
    """Which word of the scope no file in the marts has named yet, as a sentence; what belongs to it sees nobody."""
    if scope is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('marts.dim_teacher') is not null")
        if cursor.fetchone() != (True,):
            return None
        cursor.execute(
            "select exists (select from marts.dim_school where source_system = %(system)s "
            "and school_id = coalesce(%(school)s, school_id)), "
            "exists (select from marts.dim_teacher where source_system = %(system)s and teacher_id = %(teacher)s)",
            {"system": scope.source_system, "school": scope.school_id, "teacher": scope.teacher_id},
        )
        [(knows_school, knows_teacher)] = cursor.fetchall()
    if not knows_school:
        return "No file names this school yet: the account sees nobody until one does."
    if scope.teacher_id and not knows_teacher:
        return "No file names this teacher yet: the account sees nobody until one does."
    return None


def scopes_of(connection: Connection, account_id: int) -> list[Scope]:
    """What the account belongs to; nothing for roles that need no scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select source_system, school_id, teacher_id from catalog.account_scope where account_id = %s "
            "order by source_system, school_id, teacher_id",
            [account_id],
        )
        return [Scope(*row) for row in cursor.fetchall()]
