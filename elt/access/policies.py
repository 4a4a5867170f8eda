"""Row-level security: what of a published table each role sees, decided by the table's columns."""

from collections.abc import Collection

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.access.roles import ADMINISTRATOR, AUDITOR, PRINCIPAL, ROLES, TEACHER

# A table with one of these tells of persons, whatever it says of itself; with a teacher's, unless it says otherwise:
# a section names who teaches it.
PERSONS = ("student_key", "guardian_key", "respondent_key")
TEACHER_KEY = "teacher_key"
KNOW_PERSONS = (ADMINISTRATOR, PRINCIPAL, TEACHER)
EVERY_ROW = "true"  # the planner drops it, so that it costs nothing

SHARED = "shared"  # the source system of what a researcher shared with everybody

OWN_SYSTEM = "source_system = any ((select access.own_systems())::text[])"
OWN_SCHOOL = "school_key = any ((select access.own_schools())::uuid[])"

OWN_DATASET = "described_dataset_id = any ((select access.own_datasets())::text[])"


def database_role(role: str) -> str:
    """The group role of Postgres that stands for a role of ours."""
    return f"laurel_{role}"


def tells_of_persons(columns: Collection[str], is_aggregate: bool) -> bool:
    """Whether rows with these columns, of a table that calls itself an aggregate or not, are about single persons."""
    return not set(PERSONS).isdisjoint(columns) or (TEACHER_KEY in columns and not is_aggregate)


def conditions(columns: Collection[str], is_aggregate: bool) -> dict[str, str]:
    """By role, the SQL condition on the rows that it sees; roles without one see none.

    Persons come first: a table with a student's key is never an aggregate. Where no rule fits, administrators alone see
    it (and a test of the dbt project fails).
    """
    if tells_of_persons(columns, is_aggregate):
        found = {ADMINISTRATOR: EVERY_ROW, PRINCIPAL: _of_school(columns), TEACHER: _of_teacher(columns)}
        return {role: condition for role, condition in found.items() if condition}
    if is_aggregate and (of_model := _of_model(columns)):
        return {role: EVERY_ROW if role in (ADMINISTRATOR, AUDITOR) else of_model for role in ROLES}
    if is_aggregate:
        of_school = _aggregate_of_school(columns)
        return {role: of_school if role in (PRINCIPAL, TEACHER) else EVERY_ROW for role in ROLES}
    return {ADMINISTRATOR: EVERY_ROW}


def _of_school(columns: Collection[str]) -> str:
    """A principal: everybody in a source system that is one school, or in one school of several."""
    either = [OWN_SYSTEM] if "source_system" in columns else []
    if "school_key" in columns:
        either.append(OWN_SCHOOL)
    elif "student_key" in columns:
        either.append(_among("student", columns, "own_students"))
    elif "guardian_key" in columns:
        either.append(_among("guardian", columns, "own_guardians"))
    return " or ".join(either)


def _of_teacher(columns: Collection[str]) -> str:
    """A teacher: what is under the teacher's own name, else what is about a student of an own class."""
    if "teacher_key" in columns:
        return _in("teacher", columns, "own_teachers")
    if "student_key" in columns:
        return _in("student", columns, "own_students")
    return _in("guardian", columns, "own_guardians") if "guardian_key" in columns else ""


def _aggregate_of_school(columns: Collection[str]) -> str:
    """What a principal or teacher sees of rows about nobody: the own school's, and what is of no single school.

    A total over schools that says of itself that one of them could take its own row off it, and so know another's, is
    for none of them; nor is any total for who knows several schools, and so could take several rows off.
    """
    if "source_system" not in columns:
        return EVERY_ROW
    known = "source_system = any ((select access.known_systems(false))::text[])"
    in_all = "not is_of_few_schools and (select cardinality(access.known_schools())) = 1"
    of_none = ["school_key is null"] * ("school_key" in columns) + [in_all] * ("is_of_few_schools" in columns)
    if not of_none:
        return f"{known} or source_system = '{SHARED}'"
    whole = "source_system = any ((select access.known_systems(true))::text[])"
    either = [f"({' and '.join(of_none)})"]
    if "school_key" in columns:
        either.append("school_key = any ((select access.known_schools())::uuid[])")
    return f"{whole} or ({known} and ({' or '.join(either)}))"


def _of_model(columns: Collection[str]) -> str:
    """A model tells of the rows that it learnt from: on a described data set, it is for those who see these."""
    if "described_dataset_id" in columns:
        return f"described_dataset_id is null or {OWN_DATASET}"
    for column in ("model_id", "task"):
        if column in columns:
            return f"{column} in (select {column} from predictions.model)"  # noqa: S608 those that the asker sees
    return ""


def _in(person: str, columns: Collection[str], own: str) -> str:
    """Of a teacher's few: an array, by which an index finds them; without an index, each row is held against all."""
    return f"{_key(person, columns)} = any ((select access.{own}())::uuid[])"


def _among(person: str, columns: Collection[str], own: str) -> str:
    """Of a school's many, beside another condition that no index serves: a hash, in which a row costs one look."""
    return f"{_key(person, columns)} in (select unnest(access.{own}()))"


def _key(person: str, columns: Collection[str]) -> str:
    """Superseded versions of a person have other keys; what they are versions of is in the key of the current one."""
    is_history = {"is_current", "source_system", f"{person}_id"} <= set(columns)
    return f"md5(row(source_system, {person}_id)::text)::uuid" if is_history else f"{person}_key"


def protect(connection: Connection, schema: str, table: str, is_aggregate: bool, is_private: bool) -> None:
    """Put a table under row-level security, each role's rights included."""
    name = sql.Identifier(schema, table)
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped",
            [name.as_string(connection)],
        )
        shown = conditions([column for (column,) in cursor.fetchall()], is_aggregate)
        cursor.execute(sql.SQL("alter table {} enable row level security").format(name))
        for role, condition in shown.items():
            cursor.execute(
                sql.SQL("drop policy if exists {policy} on {table}").format(policy=sql.Identifier(role), table=name)
            )
            cursor.execute(
                sql.SQL("create policy {policy} on {table} for select to {role} using ({condition})").format(
                    policy=sql.Identifier(role),
                    table=name,
                    role=sql.Identifier(database_role(role)),
                    condition=sql.SQL(condition),
                )
            )
    let_read(connection, schema, table, is_private)


def let_read(connection: Connection, schema: str, relation: str, is_private: bool) -> None:
    """Let the roles ask a table or view: which rows they get is the policies' to say."""
    roles = sql.SQL(", ").join(sql.Identifier(database_role(role)) for role in (KNOW_PERSONS if is_private else ROLES))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(schema, relation), roles))
