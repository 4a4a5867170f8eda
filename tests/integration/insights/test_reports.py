"""Reports: who may build which, what is in them, and that the same data give the same bytes."""

import hashlib
import io
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from elt.database import Pool
from elt.settings import REPOSITORY
from tests.integration.dags.programs import environment
from tests.integration.insights.conftest import School

ROOT = "/api/v1/reports"
STUDENT, CLASS = "student.pdf?student=LHS-0327", "class.zip?class=SS1%20Science"
BOTH = (f"{ROOT}/principal.pdf", f"{ROOT}/principal.zip")


def _in_a_process_of_its_own(school: School, home: Path, *paths: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("build_report.py")), *paths],
        env={**environment(home, school.settings), "LAUREL_KEY": school.admin.key},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.split()


def test_the_same_data_give_the_same_bytes_in_another_process(school: School, tmp_path: Path) -> None:
    paths = (*BOTH, f"{ROOT}/{STUDENT}", f"{ROOT}/{CLASS}")
    here = [hashlib.sha256(school.admin.get(path).data).hexdigest() for path in paths]
    assert len(set(here)) == len(paths)
    assert _in_a_process_of_its_own(school, tmp_path, *paths) == here


def test_there_is_a_report_for_each_class_and_a_page_for_each_student(school: School) -> None:
    listed = {report["name"]: report for report in school.admin.get(ROOT).get_json()["reports"]}
    assert {"JSS1", "SS1 Arts", "SS3 Science"} <= set(listed["class"]["parameter"]["allowed"])
    assert len(listed["student"]["parameter"]["allowed"]) == 600
    page = school.admin.get(f"{ROOT}/{STUDENT}")
    assert re.findall(rb"/Count (\d+)", page.data)[0] == b"1"
    assert "filename=student-lhs-0327.pdf" in page.headers["Content-Disposition"]


def test_the_principal_s_report_says_which_data_it_tells_of(school: School) -> None:
    catalogue = school.admin.get(ROOT).get_json()
    response = school.admin.get(BOTH[0])
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    assert response.headers["Laurel-Data-Version"] == str(catalogue["version"])
    assert 4 <= int(re.findall(rb"/Count (\d+)", response.data)[0]) <= 8


def test_the_zip_holds_the_pdf_and_a_picture_of_each_page(school: School) -> None:
    with zipfile.ZipFile(io.BytesIO(school.admin.get(BOTH[1]).data)) as archive:
        names = archive.namelist()
        assert archive.read("principal.pdf") == school.admin.get(BOTH[0]).data
        pages = [archive.read(name) for name in names[1:]]
    assert names[1:] == [f"principal/page-{number}.png" for number in range(1, len(pages) + 1)]
    count = re.search(rb"/Count (\d+)", school.admin.get(BOTH[0]).data)
    assert count is not None
    assert len(pages) == int(count[1])
    for page in pages:
        assert page.startswith(b"\x89PNG\r\n")
        width, height = struct.unpack(">II", page[16:24])
        assert height / width == pytest.approx(297 / 210, rel=0.01)


@pytest.mark.parametrize("form", ["pdf", "zip"])
def test_reports_are_for_those_allowed(school: School, form: str) -> None:
    for query in ("principal.{}", "class.{}?class=JSS1", "student.{}?student=LHS-0327"):
        refused = school.researcher.get(f"{ROOT}/{query.format(form)}")
        assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")
    assert school.visitor_without_key().get(f"{ROOT}/principal.{form}").status_code == 401
    assert school.researcher.get(ROOT).get_json()["reports"] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("principal.pdf?school=1", 400),
        ("class.pdf", 400),
        ("student.pdf?student=nobody", 404),
        ("principal.docx", 404),
        ("nobody.pdf", 404),
    ],
)
def test_a_wrong_call_is_told_what_is_right(school: School, path: str, code: int) -> None:
    response = school.admin.get(f"{ROOT}/{path}")
    assert (response.status_code, response.mimetype) == (code, "application/problem+json")
    assert "LHS-" not in response.get_data(as_text=True)


def test_the_short_address_leads_to_the_canonical_one_whatever_is_asked(school: School) -> None:
    answer = school.admin.get("/reports/class.pdf?class=SS1%20Science&name=x&_scheme=javascript&_external=1")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{ROOT}/class.pdf?class=SS1%20Science&name=x&_scheme=javascript&_external=1"


def test_every_building_is_on_record(school: School) -> None:
    def count() -> int:
        with Pool(school.settings.database_url, 1).connection() as connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from catalog.audit_event where action = 'report.built'")
            return int((cursor.fetchone() or [0])[0])

    before = count()
    school.admin.get(BOTH[0])
    assert count() == before + 1
