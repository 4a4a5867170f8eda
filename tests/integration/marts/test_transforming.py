"""Truth 5, through real dbt: marts change all at once, and only when tested. Truth 4: test_as_if_never_sent."""

import threading
import time

import pytest
from psycopg2 import sql

from elt.database import connect
from elt.settings import Settings
from elt.transforming.publishing import Built
from elt.transforming.run import TransformFailed, transform
from tests.integration.pipeline import Pipeline, csv_file, students


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Pipeline:
    """One warehouse for the module, with two students, one teacher and one grade published."""
    pipeline = Pipeline.of(modelled_settings)
    pipeline.send(students("A1", "A2"))
    pipeline.send(csv_file("laurel/teachers", [{"Teacher ID": "T1"}]), "laurel/teachers")
    pipeline.send(grades("A1"), "laurel/academic_history")
    pipeline.poll()
    report = transform(modelled_settings)
    assert report is not None
    return pipeline


def grades(*student_ids: str) -> bytes:
    return csv_file("laurel/academic_history", [{"Student ID": id, "Teacher ID": "T1"} for id in student_ids])


def count(pipeline: Pipeline, relation: str) -> int:
    return int(pipeline.query(f"select count(*) from {relation}")[0][0])  # noqa: S608


def test_an_empty_warehouse_is_not_built_while_its_first_files_wait(settings: Settings) -> None:
    waiting = Pipeline.of(settings)
    waiting.send(students("A1"))
    assert transform(settings) is None
    assert waiting.query("select * from catalog.transform_run") == []


def test_what_is_published_is_marked_modelled(pipeline: Pipeline) -> None:
    assert set(pipeline.query("select status from catalog.submission")) == {("modelled",)}
    assert count(pipeline, "marts.fct_grade") == 1
    assert transform(pipeline.settings) is None  # nothing is due


def test_a_few_connections_serve_all_models_and_tests_and_none_stays(pipeline: Pipeline) -> None:
    sessions = "select sessions from pg_stat_database where datname = current_database()"
    [(before,)] = pipeline.query(sessions)
    pipeline.send(csv_file("laurel/survey", [{"Mentor": "Yes"}]), "laurel/survey")
    pipeline.poll()
    assert transform(pipeline.settings) is not None
    [(after,)] = pipeline.query(sessions)
    [(nodes,)] = pipeline.query(
        "select count(*) from catalog.transform_result group by transform_run_id order by transform_run_id desc limit 1"
    )
    assert nodes > 25
    assert after - before < 15
    assert pipeline.query("select from pg_stat_activity where application_name = 'dbt'") == []


def test_the_query_of_a_view_may_end_in_a_comment(pipeline: Pipeline) -> None:
    view = Built("build", "one", "select 1 as x -- and no more")
    with pipeline.pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("select x from ({}) as mart").format(view.stored_query))
        assert cursor.fetchall() == [(1,)]


def test_readers_see_the_marts_change_all_at_once(pipeline: Pipeline) -> None:
    pipeline.query("create schema if not exists mine")
    pipeline.query("create view mine.passes as select * from marts.fct_grade")
    seen: set[tuple[int, int]] = set()
    done = threading.Event()
    reader = connect(pipeline.settings.reader_database_url)
    reader.autocommit = True

    def read() -> None:
        with reader.cursor() as cursor:
            cursor.execute("set role laurel_administrator")
            while not done.is_set():
                cursor.execute(
                    "select (select count(*) from marts.dim_student), (select count(*) from marts.fct_grade)"
                )
                seen.update(cursor.fetchall())

    before = (count(pipeline, "marts.dim_student"), count(pipeline, "marts.fct_grade"))
    thread = threading.Thread(target=read)
    thread.start()
    try:
        pipeline.send(students("D1"))
        pipeline.send(grades("D1"), "laurel/academic_history")
        pipeline.poll()
        transform(pipeline.settings)
    finally:
        done.set()
        thread.join()
        reader.close()
    assert seen == {before, (before[0] + 1, before[1] + 1)}
    assert count(pipeline, "mine.passes") == before[1] + 1  # what somebody built on a mart survives, and sees the new


def test_a_failed_test_leaves_the_last_good_marts_and_says_so(pipeline: Pipeline) -> None:
    before = pipeline.contents()
    # No file can do this, so a careless hand does: a row without its key, past the contract.
    pipeline.query(
        "insert into raw.laurel_academic_history (_submission_id, _line_number, student_id) "
        "select _submission_id, 999, student_id from raw.laurel_academic_history limit 1"
    )
    pipeline.query("update catalog.dataset set raw_version = raw_version + 1 where dataset_id like '%%history'")
    with pytest.raises(TransformFailed) as failure:
        transform(pipeline.settings)
    assert "last good state" in failure.value.message
    raw_now = pipeline.contents()
    assert {name: rows for name, rows in raw_now.items() if not name.startswith("raw.")} == {
        name: rows for name, rows in before.items() if not name.startswith("raw.")
    }
    [(status, message)] = pipeline.query(
        "select status, error_message from catalog.publication order by transform_run_id desc limit 1"
    )
    assert (status, "last good state" in message) == ("failed", True)
    # Which rows? Those of this file, on this line.
    found = pipeline.query(
        "select distinct split_part(node_id, '.', 3), line_number from catalog.failed_test_line "
        "where transform_run_id = (select max(transform_run_id) from catalog.transform_run)"
    )
    assert 999 in {line for _, line in found}, found
    # Mended, the next transform publishes again, though nothing new has come.
    pipeline.query("delete from raw.laurel_academic_history where _line_number = 999")
    assert transform(pipeline.settings) is not None
    assert pipeline.contents() == before


def test_rows_that_arrive_while_a_transform_runs_wait_for_the_next(pipeline: Pipeline) -> None:
    pipeline.send(students("E1"))
    pipeline.poll()
    late: list[str] = []

    def send_once_it_runs() -> None:
        while not pipeline.query("select 1 from catalog.transform_run where status = 'running'"):
            time.sleep(0.02)
        late.append(str(pipeline.send(students("E2")).submission.id))
        pipeline.poll()

    sender = threading.Thread(target=send_once_it_runs)
    sender.start()
    transform(pipeline.settings)
    sender.join()
    status = "select status from catalog.submission where id = %s"
    assert students_in_marts(pipeline) & {"E1", "E2"} == {"E1"}
    assert pipeline.query(status, late) == [("loaded",)]
    transform(pipeline.settings)
    assert students_in_marts(pipeline) >= {"E1", "E2"}
    assert pipeline.query(status, late) == [("modelled",)]


def students_in_marts(pipeline: Pipeline) -> set[str]:
    return {id for (id,) in pipeline.query("select student_id from marts.dim_student")}
