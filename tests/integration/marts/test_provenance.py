"""From a row of a mart to the file, the line, its sender and its contract: over the API, and in SQL."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from elt.access import accounts
from elt.database import connect
from elt.settings import Settings
from elt.transforming.run import transform
from tests.integration.pipeline import Pipeline, csv_file, students

HISTORY = "laurel/academic_history"


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Pipeline:
    """Two students, two grades of each, one registered twice; all in the marts."""
    pipeline = Pipeline.of(modelled_settings)
    pipeline.send(students("S1", "S2"))
    pipeline.send(students("S9", " S1 ", **{"Grade Level": "SS2"}))
    rows = [{"Student ID": id, "Subject": subject} for id in ("S1", "S2") for subject in ("Biology", "Physics")]
    pipeline.send(csv_file(HISTORY, rows), HISTORY)
    parents = [{"Parent ID": id, "Student ID": child} for id, child in (("P1", "S1"), ("P2", "S1"), ("P1", "S2"))]
    pipeline.send(csv_file("laurel/parents", parents), "laurel/parents")
    pipeline.poll()
    transform(modelled_settings)
    return pipeline


@pytest.fixture(scope="module")
def keys(pipeline: Pipeline) -> dict[str, str]:
    with pipeline.pool.connection() as connection:
        return {
            role: accounts.add(connection, f"the {role}", role)  # neither of them sent anything
            for role in ("administrator", "researcher")
        }


@pytest.fixture
def client(modelled_settings: Settings) -> FlaskClient:
    return create_app(modelled_settings).test_client()


def ask(client: FlaskClient, key: str, mart: str, **columns: Any) -> Any:
    response = client.get(
        f"/api/v1/provenance/{mart}", query_string=columns, headers={"Authorization": f"Bearer {key}"}
    )
    assert response.json is not None
    return response


def test_a_fact_leads_to_its_line(client: FlaskClient, pipeline: Pipeline, keys: dict[str, str]) -> None:
    [(student, course, line)] = pipeline.query(
        "select student_key::text, course_key::text, line_number from marts.fct_grade "
        "inner join marts.dim_student using (student_key) inner join marts.dim_course using (course_key) "
        "where dim_student.student_id = 'S2' and course_name = 'Physics'"
    )
    found = ask(client, keys["administrator"], "fct_grade", student_key=student, course_key=course).json
    [source] = found["sources"]
    assert source["lines"] == [line] == [5]
    file = source["submission"]
    assert (file["dataset"], file["uploader"], file["contract_version"], file["number"]) == (HISTORY, "ada", 1, 3)
    assert file["status"] == "modelled"
    assert (found["behind"], found["is_whole"]) == ([], True)


def test_a_dimension_leads_to_the_line_that_opened_its_period(
    client: FlaskClient, pipeline: Pipeline, keys: dict[str, str]
) -> None:
    found = ask(client, keys["administrator"], "dim_student", student_id="S1").json["sources"]
    places = sorted((source["submission"]["number"], source["lines"]) for source in found)
    assert places == [(1, [2]), (2, [3])]


def test_a_guardian_leads_to_all_the_lines_that_name_him(client: FlaskClient, keys: dict[str, str]) -> None:
    [source] = ask(client, keys["administrator"], "dim_guardian", guardian_id="P1").json["sources"]
    assert source["lines"] == [2, 4]


def test_a_report_lists_all_that_is_behind_it(client: FlaskClient, keys: dict[str, str]) -> None:
    found = ask(client, keys["administrator"], "rpt_pass_rate", subject="Physics").json
    assert found["sources"] == []
    assert {file["number"] for file in found["behind"]} >= {3}
    assert {file["dataset"] for file in found["behind"]} <= {HISTORY, "laurel/students"}


def test_a_researcher_sees_own_sources_only(client: FlaskClient, pipeline: Pipeline, keys: dict[str, str]) -> None:
    refused = ask(client, keys["researcher"], "dim_student", student_id="S1")
    assert (refused.status_code, refused.json["code"]) == (404, "unknown_row")


def test_what_cannot_be_traced(client: FlaskClient, keys: dict[str, str]) -> None:
    for mart, columns, status, code in (
        ("fct_nothing", {"a": "b"}, 404, "unknown_mart"),
        ("fct_grade", {"colour": "red"}, 422, "unknown_column"),
        ("fct_grade", {}, 422, "no_column"),
        ("fct_grade", {"student_key": "nobody"}, 404, "unknown_row"),
    ):
        refused = ask(client, keys["administrator"], mart, **columns)
        assert (refused.status_code, refused.json["code"]) == (status, code)


def test_in_sql_as_the_reader(pipeline: Pipeline) -> None:
    connection = connect(pipeline.settings.reader_database_url)
    with connection.cursor() as cursor:
        cursor.execute("set role laurel_administrator")
        cursor.execute(
            "select uploader, dataset_id, contract_version, line_number from marts.fct_grade "
            "inner join catalog.provenance using (submission_id) order by line_number"
        )
        assert cursor.fetchall() == [("ada", HISTORY, 1, line) for line in (2, 3, 4, 5)]
    connection.close()
