"""The pages about data on a modelled school: files, sources, lineage, Ask; and who may see which."""

import html
import re
from collections.abc import Iterator

import pytest

from elt.access import accounts
from elt.database import connect, transaction
from tests.integration.insights.conftest import School, Visitor
from tests.integration.insights.test_pages import signed_in


@pytest.fixture
def failed_run(school: School) -> Iterator[str]:
    """A transform after the last that failed a test, because of two lines of a file; the id of that file."""
    connection = connect(school.settings.database_url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.transform_run (status, datasets, project_fingerprint, finished_at) "
            "values ('failed', '{laurel/students}', '', now()) returning transform_run_id"
        )
        (run,) = cursor.fetchone() or (0,)
        cursor.execute("select submission_id, id from catalog.submission where filename = 'file.csv' limit 1")
        number, id = cursor.fetchone() or (0, "")
        cursor.execute(
            "insert into catalog.transform_result values "
            "(%(run)s, 'test.laurel.grain_dim_student.ab', 'test', 'fail', 0.25, null, 2, 'Got 2 results')",
            {"run": run},
        )
        cursor.execute(
            "insert into catalog.failed_test_line select %s, 'test.laurel.grain_dim_student.ab', %s, line "
            "from unnest('{17, 3141}'::integer[]) as line",
            [run, number],
        )
    yield str(id)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("delete from catalog.transform_run where transform_run_id = %s", [run])
    connection.close()


def test_which_rows_made_a_test_fail_is_told_where_one_looks(school: School, failed_run: str) -> None:
    browser = signed_in(school, school.admin.key)
    for path in ("/data/sources", f"/data/submissions/{failed_run}"):
        page = browser.get(path).get_data(as_text=True)
        assert "grain_dim_student" in page
        assert "lines 17, 3141" in page


def test_sources_tell_freshness_tests_and_senders(school: School) -> None:
    page = signed_in(school, school.admin.key).get("/data/sources").get_data(as_text=True)
    assert "All tests of the last transform" in page
    for dataset in ("students", "teachers", "parents", "academic_history", "survey"):
        assert page.count(f"laurel/{dataset}</small>") == 1
    assert page.count(">all of it<") == 5
    assert len(re.findall(r'<th scope="row">ada</th>', page)) == 5


def test_lineage_leads_from_a_data_set_to_what_people_read_and_back(school: School) -> None:
    browser = signed_in(school, school.admin.key)
    forth = html.unescape(browser.get("/data/lineage?of=laurel/survey").get_data(as_text=True))
    assert '<svg class="lineage"' in forth
    for place in ("/datasets/laurel/survey", "model.laurel.fct_survey_response", "/insights/survey_jamb"):
        assert forth.count(f'href="{place}') + forth.count(f'{place}"') >= 2, place  # in the picture and in the list
    assert "oulad" not in forth[forth.index("<svg") :]
    back = browser.get("/data/lineage?of=pass_rate").get_data(as_text=True)
    assert "/datasets/laurel/academic_history" in back
    assert browser.get("/data/lineage?of=nothing").status_code == 404


def test_files_can_be_chosen_by_data_set_and_state(school: School) -> None:
    browser = signed_in(school, school.admin.key)
    assert browser.get("/data?dataset=laurel/survey").get_data(as_text=True).count('class="state modelled"') == 1
    assert "No file is like that" in browser.get("/data?dataset=&status=held").get_data(as_text=True)
    assert browser.get("/data?status=lost").status_code == 400


def test_each_role_finds_what_it_may_do(school: School) -> None:
    connection = connect(school.settings.database_url)
    with transaction(connection):
        key = accounts.add(connection, "auditor of the data pages", "auditor")
    connection.close()
    auditor = signed_in(school, key)
    (file, *_) = re.findall(r'href="(/data/submissions/[^"#]+)"', auditor.get("/data").get_data(as_text=True))
    seen = auditor.get(file).get_data(as_text=True)
    assert "Lines read" in seen
    # Everything about data, nothing about people: no file, no refused line, nothing to press.
    for held_back in ("/file", "/rejects", "data-dialog", 'type="file"'):
        assert held_back not in seen, held_back
    assert 'type="file"' not in auditor.get("/data").get_data(as_text=True)
    assert auditor.get("/data/sources").status_code == 200
    assert auditor.get("/ask").status_code == 403

    researcher = signed_in(school, school.researcher.key)
    assert 'type="file"' in researcher.get("/data").get_data(as_text=True)
    for path, status in (("/data/sources", 403), ("/data/lineage", 403), ("/ask", 403), (file, 404)):
        assert researcher.get(path).status_code == status, path

    told = signed_in(school, school.admin.key).get(file).get_data(as_text=True)
    for shown in ("/file", "data-dialog", 'type="file"', "Take the file back"):
        assert shown in told, shown


def test_only_the_page_that_sends_files_may_reach_the_store(school: School) -> None:
    browser = signed_in(school, school.researcher.key)
    policy = browser.get("/data").headers["Content-Security-Policy"]
    assert f"connect-src 'self' {school.settings.s3_endpoint};" in policy
    assert "connect-src 'self';" in browser.get("/datasets").headers["Content-Security-Policy"]


def test_ask_lists_what_may_be_asked_and_what_was_saved(school: School) -> None:
    saved: Visitor = school.admin
    body = {"title": "Sizes", "question": "How many?", "sql": "select count(*) as students from marts.dim_student"}
    assert saved.send("POST", "/api/v1/questions", body).status_code == 201
    try:
        page = signed_in(school, saved.key).get("/ask").get_data(as_text=True)
        assert "<code>marts.fct_grade</code>" in page
        assert "marts_store" not in page
        assert page.count("/insights/asked_sizes") == 1
        shown = signed_in(school, saved.key).get("/insights/asked_sizes").get_data(as_text=True)
        assert "Students" in shown  # the data set behind dim_student, with its freshness
        assert "select count(*) as students" in shown
        assert "None is in the marts" not in shown
        assert "received" in shown.partition("The files behind it")[2]
        assert "/insights/asked_sizes" in signed_in(school, saved.key).get("/insights").get_data(as_text=True)
    finally:
        assert saved.send("DELETE", "/api/v1/questions/asked_sizes", None).status_code == 204
