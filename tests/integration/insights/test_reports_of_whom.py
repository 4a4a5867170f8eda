"""Reports show what their reader may see: Postgres's policies decide, whoever builds them, for whomever."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from backend.reporting.building import build
from backend.reporting.document import Table
from backend.reporting.report_kinds import report_kinds
from elt.access import accounts
from elt.access.reading import ReadingAs
from elt.access.roles import Scope
from elt.database import Pool, connect, transaction
from tests.integration.insights.conftest import School, Visitor

ROOT = "/api/v1/reports"
TAUGHT = """
select distinct student_id from marts.fct_grade
inner join marts.dim_teacher using (teacher_key) inner join marts.dim_student using (student_key)
where teacher_id = %s and dim_student.is_current and dim_student.member_type = 'known'
"""


@dataclass(frozen=True)
class Readers:
    """A teacher with their students, the principal, the principal of another school, and the teacher's account."""

    teacher: Visitor
    principal: Visitor
    stranger: Visitor
    teacher_account: int
    taught: set[str]


@pytest.fixture(scope="module")
def readers(school: School) -> Iterator[Readers]:
    with closing(connect(school.settings.database_url)) as owner, transaction(owner), owner.cursor() as cursor:
        cursor.execute(
            "select teacher_id from marts.fct_grade inner join marts.dim_teacher using (teacher_key) "
            "where member_type = 'known' group by teacher_id order by count(distinct student_key), teacher_id limit 1"
        )
        [(teacher_id,)] = cursor.fetchall()
        cursor.execute(TAUGHT, [teacher_id])
        taught = {id for (id,) in cursor.fetchall()}
        scopes = {
            "teacher": Scope("laurel", None, teacher_id),
            "principal": Scope("laurel"),
            "stranger": Scope("district", "3"),
        }
        flask = school.admin.flask.application
        people = {}
        for name, scope in scopes.items():
            role = "principal" if name == "stranger" else name
            people[name] = Visitor(flask.test_client(), accounts.add(owner, f"reports {name}", role, scope))
        cursor.execute("select account_id from catalog.account where name = 'reports teacher'")
        [(account_id,)] = cursor.fetchall()
    return Readers(**people, teacher_account=account_id, taught=taught)


def _allowed(visitor: Visitor, name: str, query: str = "") -> list[str]:
    listed = {report["name"]: report for report in visitor.get(ROOT + query).get_json()["reports"]}
    return list(listed[name]["parameter"]["allowed"]) if name in listed else []


def test_a_teacher_has_a_page_of_each_own_student_and_of_nobody_else(school: School, readers: Readers) -> None:
    everybody = set(_allowed(school.admin, "student"))
    assert set(_allowed(readers.teacher, "student")) == readers.taught < everybody
    mine, other = min(readers.taught), min(everybody - readers.taught)
    assert readers.teacher.get(f"{ROOT}/student.pdf?student={mine}").status_code == 200
    refused = readers.teacher.get(f"{ROOT}/student.pdf?student={other}")
    assert (refused.status_code, refused.get_json()["code"]) == (404, "unknown_subject")
    assert readers.teacher.get(f"{ROOT}/principal.pdf").status_code == 404


def test_a_teacher_s_class_report_lists_own_students_by_name(school: School, readers: Readers) -> None:
    teacher = ReadingAs(Pool(school.settings.reader_database_url, size=1), "teacher", readers.teacher_account)
    listed = set()
    for name in _allowed(readers.teacher, "class"):
        document = build(report_kinds()["class"], name, teacher).document
        [table] = [block for block in document.blocks if isinstance(block, Table) and "Everybody" in block.heading]
        listed |= {row["student_id"] for row in table.rows}
        assert all(" " in row["student"] for row in table.rows)  # a name, and no number
    teacher.close()
    assert listed == readers.taught


def test_the_principal_gets_what_the_administrator_gets_and_no_other_school_s_does(
    school: School, readers: Readers
) -> None:
    for path in ("principal.pdf", "class.pdf?class=JSS2"):
        assert readers.principal.get(f"{ROOT}/{path}").data == school.admin.get(f"{ROOT}/{path}").data
    assert _allowed(readers.stranger, "class") == _allowed(readers.stranger, "student") == []
    assert readers.stranger.get(f"{ROOT}/class.pdf?class=JSS2").status_code == 404
    theirs = readers.stranger.get(f"{ROOT}/principal.pdf")
    assert theirs.status_code == 200
    assert theirs.data != school.admin.get(f"{ROOT}/principal.pdf").data


def test_an_administrator_builds_what_somebody_else_would_get_and_nobody_else_does(
    school: School, readers: Readers
) -> None:
    as_teacher = f"as_account={readers.teacher_account}"
    assert _allowed(school.admin, "student", f"?{as_teacher}") == _allowed(readers.teacher, "student")
    path = f"{ROOT}/class.pdf?class={_allowed(readers.teacher, 'class')[0].replace(' ', '%20')}"
    assert school.admin.get(f"{path}&{as_teacher}").data == readers.teacher.get(path).data
    assert school.admin.get(f"{path}&{as_teacher}").data != school.admin.get(path).data
    assert readers.teacher.get(f"{path}&{as_teacher}").status_code == 403
    assert school.admin.get(f"{ROOT}/principal.pdf?{as_teacher}").status_code == 404
    assert school.admin.get(f"{ROOT}/principal.pdf?as_account=0").status_code == 404
