"""Marts that grow by submission: what is new is added, what is gone is taken out, and nothing else is touched."""

import pytest

from elt.errors import LaurelError
from elt.ledger import Submission
from elt.settings import Settings
from elt.transforming.run import TransformFailed, transform
from elt.versioning import retracting
from tests.integration.pipeline import Pipeline, csv_file, students

CLICKS = "oulad/student_vle"
REPORTS = {
    "rpt_cohort_retention", "rpt_withdrawal_week", "rpt_engagement_week", "rpt_engagement_activity",
    "rpt_late_submission", "rpt_background_result", "rpt_inactive_student",
}  # fmt: skip
CONFORMED_WITH_OULAD = {"dim_course_section", "dim_learning_resource", "fct_enrollment", "fct_resource_interaction"}
FACT = (
    "select dim_student.student_id, resource_id, presentation_day, click_count, line_count "
    "from marts.fct_resource_interaction inner join marts.dim_student using (student_key) "
    "inner join marts.dim_learning_resource using (resource_key) order by 1, 2, 3"
)


def clicks(*rows: tuple[str, str, str, str]) -> bytes:
    """A file of clicks: student, site, day, how many."""
    names = ("id_student", "id_site", "date", "sum_click")
    return csv_file(CLICKS, [dict(zip(names, row, strict=True)) for row in rows])


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings) -> Pipeline:
    """One warehouse for the module: a student of Laurel, a student and a site of OULAD, and some clicks."""
    pipeline = Pipeline.of(modelled_settings)
    pipeline.send(students("S1"))
    pipeline.send(csv_file("oulad/student_info", [{"id_student": "1"}]), "oulad/student_info")
    pipeline.send(csv_file("oulad/vle", [{"id_site": "10"}]), "oulad/vle")
    pipeline.send(clicks(("1", "10", "0", "3"), ("1", "10", "0", "3"), ("1", "10", "8", "1")), CLICKS)
    assert update(pipeline)
    return pipeline


def update(pipeline: Pipeline) -> set[str]:
    """Load and model what waits; the names of the models and tests that ran."""
    pipeline.poll()
    report = transform(pipeline.settings)
    assert report is not None
    nodes = pipeline.query(
        "select node_id from catalog.transform_result where resource_type <> 'exposure' and transform_run_id = %s",
        [report.transform_run_id],
    )
    return {node_id.split(".")[2] for (node_id,) in nodes}


def send(pipeline: Pipeline, *rows: tuple[str, str, str, str], **more: Submission) -> Submission:
    return pipeline.send(clicks(*rows), CLICKS, **more).submission


def retract(pipeline: Pipeline, submission: Submission) -> None:
    with pipeline.pool.connection() as connection:
        retracting.request(connection, submission)


def send_district(pipeline: Pipeline) -> None:
    """A student of the district with a course, a grade, a homework, a change, and a content that was opened."""
    roles = ("student", "U-00042", "U-01042"), ("teacher", "U-00007", ""), ("parent", "U-01042", "")
    people = [{"role": role, "id": id, "parent_id": parent} for role, id, parent in roles]
    pipeline.send(csv_file("district/users", people), "district/users")
    for name in ("schools", "courses", "contents", "adjustments", "grades", "homeworks", "accesses"):
        pipeline.send(csv_file(f"district/{name}", [{}]), f"district/{name}")


FIRST = [("1", "10", 0, 6, 2), ("1", "10", 8, 1, 1)]


def test_lines_that_are_alike_are_clicks_of_their_own(pipeline: Pipeline) -> None:
    assert pipeline.query(FACT) == FIRST


def test_a_further_file_adds_its_new_version_takes_its_place_and_retracted_it_leaves_no_trace(
    pipeline: Pipeline,
) -> None:
    before = pipeline.contents()
    further = send(pipeline, ("1", "10", "0", "5"), ("2", "11", "0", "2"))
    update(pipeline)
    assert pipeline.query(FACT) == [("1", "10", 0, 11, 3), ("1", "10", 8, 1, 1), ("2", "11", 0, 2, 1)]
    members = "select student_id, member_type from marts.dim_student where source_system = 'oulad' order by 1"
    assert pipeline.query(members) == [("1", "known"), ("2", "inferred")]
    right = send(pipeline, ("1", "10", "1", "10"), ("1", "10", "1", "1"), replaces=further)
    update(pipeline)
    assert pipeline.query(FACT) == [FIRST[0], ("1", "10", 1, 11, 2), FIRST[1]]
    retract(pipeline, right)
    update(pipeline)
    assert pipeline.contents() == before


def test_only_new_rows_are_built_and_stored_rows_stay_where_they_are(pipeline: Pipeline) -> None:
    stored = (
        "select ctid::text, xmin::text from marts_part_store.fct_resource_interaction__oulad "
        "where submission_id <> %s order by 1"
    )
    before = pipeline.query(stored, [0])
    pipeline.query("create schema if not exists mine")
    pipeline.query("create view mine.clicks as select * from marts.fct_resource_interaction")
    new = send(pipeline, ("3", "10", "0", "7"))
    update(pipeline)
    number = pipeline.query("select max(submission_id) from catalog.submission")[0][0]
    assert pipeline.query(stored, [number]) == before
    assert pipeline.query(
        "select row_count from catalog.transform_result where node_id like '%%fct_resource_interaction__oulad__delta' "
        "and resource_type = 'model' order by transform_run_id desc limit 1"
    ) == [(1,)]
    assert pipeline.query("select sum(click_count) from mine.clicks") == [(14,)]
    retract(pipeline, new)
    update(pipeline)


def test_a_failed_test_changes_nothing(pipeline: Pipeline) -> None:
    before = pipeline.contents()
    bad = send(pipeline, ("1", "10", "2", "4"))
    pipeline.poll()
    # No file can do this, so a careless hand does: a line without its clicks, past the contract.
    pipeline.query("update raw.oulad_student_vle set sum_click = -4 where date = 2")
    with pytest.raises(TransformFailed):
        transform(pipeline.settings)
    assert {name: rows for name, rows in pipeline.contents().items() if name.startswith("marts")} == {
        name: rows for name, rows in before.items() if name.startswith("marts")
    }
    # Which rows? The tests that failed are of sums, whose rows know their files, and not their lines.
    found = pipeline.query(
        "select distinct dataset_id from catalog.failed_test_line inner join catalog.submission "
        "using (submission_id) where transform_run_id = (select max(transform_run_id) from catalog.transform_run)"
    )
    assert ("oulad/student_vle",) in found
    retract(pipeline, bad)
    update(pipeline)
    assert pipeline.contents() == before


def test_after_an_upgrade_everything_is_built_again_and_what_is_no_more_is_retired_unless_somebody_needs_it(
    pipeline: Pipeline,
) -> None:
    before = pipeline.contents()
    pipeline.query("update catalog.transform_run set project_fingerprint = 'before'")
    pipeline.query("create table marts_store.dim_old as select 1 as old_key")
    pipeline.query("create view marts.dim_old as select * from marts_store.dim_old")
    pipeline.query("create schema if not exists mine; create view mine.old as select * from marts.dim_old")
    with pytest.raises(LaurelError) as failure:
        transform(pipeline.settings)
    assert "mine.old" in failure.value.message
    pipeline.query("drop view mine.old")
    everything = update(pipeline)
    assert pipeline.contents() == before
    # An empty table passes any test: what no file leads to is built, not tested.
    assert {"dim_student__district", "grain_kpi", "grain_dim_student__laurel"} <= everything
    assert "grain_dim_student__district" not in everything


def test_neither_family_rebuilds_or_tests_the_other(pipeline: Pipeline) -> None:
    pipeline.send(students("S2"))
    laurel = update(pipeline)
    send(pipeline, ("1", "10", "9", "1"))
    pipeline.send(csv_file("oulad/student_assessment", [{"id_student": "1"}]), "oulad/student_assessment")
    oulad = update(pipeline)
    assert {"dim_student__laurel", "dim_student"} <= laurel
    assert {"fct_assessment_result__oulad", "fct_resource_interaction", "dim_student"} <= oulad
    assert oulad >= REPORTS - {"rpt_background_result"}  # that one reads student_info alone
    assert not laurel & (REPORTS | {"int_oulad__cohort", "all_oulad_rows_are_in_the_reports"})
    shared = {
        "dim_student",
        "dim_course",
        "dim_session",
        "dim_assessment",
        "fct_assessment_result",
        "rpt_kpi",
        "data_quality_issue",
    }
    # A row per KPI and per issue: both families have some, and the tests of these read no more than them.
    shared |= {"accepts_rpt_kpi", "grain_rpt_kpi", "grain_data_quality_issue", "files_have_no_quality_issues"}
    assert laurel & oulad <= shared
    assert not {name for name in laurel if "oulad" in name or "resource" in name}
    assert not {name for name in oulad if "laurel" in name}
    send_district(pipeline)
    district = update(pipeline)
    assert {"dim_student__district", "fct_grade__district", "fct_homework", "fct_resource_interaction"} <= district
    # Who somebody is stands in one table for all families, which is small.
    shared |= {"student_identity", "teacher_identity", "guardian_identity"}
    shared |= {"grain_student_identity", "grain_teacher_identity", "grain_guardian_identity"}
    shared |= {"dim_teacher", "dim_guardian", "bridge_student_guardian", "fct_grade", "dim_school"}
    assert laurel & district <= shared
    assert oulad & district <= shared | CONFORMED_WITH_OULAD
    assert not {name for name in district if "laurel" in name or "oulad" in name}
    assert not {name for name in laurel | oulad if "district" in name}


def test_quoted_lines_with_crlf_and_plain_ones_are_the_same_rows(pipeline: Pipeline) -> None:
    names = "code_module,code_presentation,id_student,date_registration,date_unregistration"
    rows = ("AAA,2013J,{0},-5,?", "AAA,2013J,{0}1,,12")
    for student, quoted in (("7", True), ("8", False)):
        lines = [names, *(row.format(student) for row in rows)]
        if quoted:
            lines = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines]
        data = (("\r\n" if quoted else "\n").join(lines) + ("\r\n" if quoted else "\n")).encode()
        pipeline.send(data, "oulad/student_registration")
    assert pipeline.poll().loaded == 2
    read = pipeline.query(
        "select translate(id_student, '8', '7'), date_registration, date_unregistration, _line_number "
        "from raw.oulad_student_registration order by _submission_id, _line_number"
    )
    assert read == [("7", -5, None, 2), ("71", None, 12, 3)] * 2
