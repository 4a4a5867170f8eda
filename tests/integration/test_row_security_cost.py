"""What a policy costs does not multiply a school's students by a table's rows."""

from elt.access import policies
from elt.database import connect, transaction
from elt.settings import Settings


def test_a_school_s_students_are_looked_up_in_a_hash(settings: Settings) -> None:
    owner, reader = connect(settings.database_url), connect(settings.reader_database_url)
    with transaction(owner), owner.cursor() as cursor:
        cursor.execute("create table marts.click as select 'laurel' as source_system, uuidv7() as student_key")
        policies.protect(owner, "marts", "click", is_aggregate=False, is_private=False)
    with transaction(reader), reader.cursor() as cursor:
        cursor.execute("set local role laurel_principal")
        cursor.execute("explain select count(*) from marts.click")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    owner.close()
    reader.close()
    assert "hashed SubPlan" in plan, plan
