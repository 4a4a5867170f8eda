"""OULAD's published files in the star, held against what is known of them (../shared/data/README.md of a checkout)."""

import csv
import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from elt.settings import Settings
from elt.transforming.run import transform
from tests import shared_data
from tests.integration.pipeline import Pipeline

TABLES = {
    "courses": "courses",
    "assessments": "assessments",
    "vle": "vle",
    "student_info": "studentInfo",
    "student_registration": "studentRegistration",
    "student_assessment": "studentAssessment",
}
CLICK_FILE = "studentVle.first_1048575.csv.gz"
# The whole million takes a minute more; the first lines hold duplicates, days before the start and many students.
CLICK_LINES = 60_000


@pytest.fixture(scope="module")
def folder() -> Path:
    return shared_data.folder("oulad")


def click_lines(folder: Path) -> Iterator[bytes]:
    with gzip.open(folder / CLICK_FILE) as lines:
        yield from islice(lines, CLICK_LINES + 1)


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings, folder: Path) -> Pipeline:
    """Six whole files and the first clicks, sent and modelled once."""
    pipeline = Pipeline.of(modelled_settings)
    for dataset, stem in TABLES.items():
        with (folder / f"{stem}.csv").open("rb") as stream:
            pipeline.send_stream(stream, f"oulad/{dataset}")
    pipeline.send(b"".join(click_lines(folder)), "oulad/student_vle")
    report = pipeline.poll()
    assert (report.loaded, report.rejected, report.failed) == (7, 0, 0)
    assert transform(modelled_settings) is not None
    return pipeline


def test_every_line_of_the_files_is_in_raw(pipeline: Pipeline) -> None:
    assert dict(
        pipeline.query("select dataset_id, rows_loaded from catalog.dataset_status where dataset_id like 'oulad/%%'")
    ) == {
        "oulad/courses": 22,
        "oulad/assessments": 206,
        "oulad/vle": 6_364,
        "oulad/student_info": 32_593,
        "oulad/student_registration": 32_593,
        "oulad/student_assessment": 173_912,
        "oulad/student_vle": CLICK_LINES,
    }
    assert pipeline.query("select count(*) from catalog.rejected_line") == [(0,)]


@pytest.mark.parametrize(
    ("table", "column", "missing"),
    [
        ("student_info", "imd_band", 1_111),
        ("student_registration", "date_registration", 45),
        ("student_registration", "date_unregistration", 22_521),
        ("student_assessment", "score", 173),
        ("assessments", "date", 11),
        ("vle", "week_from", 5_243),
        ("vle", "week_to", 5_243),
    ],
)
def test_a_question_mark_is_missing(pipeline: Pipeline, table: str, column: str, missing: int) -> None:
    statement = f"select count(*) from raw.oulad_{table} where {column} is null"  # noqa: S608
    assert pipeline.query(statement) == [(missing,)]


def test_the_star_holds_every_row_once(pipeline: Pipeline) -> None:
    counts = {
        "dim_course": 7,
        "dim_course_section": 22,
        "dim_session": 4,
        "dim_learning_resource": 6_364,
        "fct_enrollment": 32_593,
        "fct_assessment_result": 173_912,
    }
    for model, count in counts.items():
        statement = f"select count(*) from marts.{model} where source_system = 'oulad'"  # noqa: S608
        assert pipeline.query(statement) == [(count,)], model
    assert pipeline.query(
        "select count(*), count(distinct student_id) from marts.dim_student "
        "where source_system = 'oulad' and is_current and member_type = 'known'"
    ) == [(28_785, 28_785)]


def test_sessions_are_the_presentations_in_their_order(pipeline: Pipeline) -> None:
    assert pipeline.query(
        "select presentation_code, session_name, start_date::text from marts.dim_session order by session_order"
    ) == [
        ("2013B", "February 2013", "2013-02-01"),
        ("2013J", "October 2013", "2013-10-01"),
        ("2014B", "February 2014", "2014-02-01"),
        ("2014J", "October 2014", "2014-10-01"),
    ]


def test_a_deprivation_band_has_its_percent_sign(pipeline: Pipeline) -> None:
    bands = dict(pipeline.query("select imd_band, count(*) from marts.fct_enrollment group by 1"))
    assert bands["10-20%"] == 3_516
    assert bands[None] == 1_111
    assert len(bands) == 11


def test_weights_are_those_published(pipeline: Pipeline) -> None:
    weights = pipeline.query(
        "select module_code, min(weight), max(weight) from (select section_key, sum(weight_pct) as weight "
        "from marts.dim_assessment group by 1) as total inner join marts.dim_course_section using (section_key) "
        "group by 1 order by 1"
    )
    assert {module: (int(low), int(high)) for module, low, high in weights} == {
        **dict.fromkeys(("AAA", "BBB", "DDD", "EEE", "FFF"), (200, 200)),
        "CCC": (300, 300),
        "GGG": (100, 100),
    }


def test_results_are_early_late_or_banked(pipeline: Pipeline) -> None:
    [(early, banked, banked_with_lateness)] = pipeline.query(
        "select count(*) filter (where submitted_day < 0), count(*) filter (where is_banked), "
        "count(*) filter (where is_banked and days_late is not null) from marts.fct_assessment_result"
    )
    assert (early, banked, banked_with_lateness) == (2_057, 1_909, 0)


def test_clicks_in_are_clicks_in_the_fact(pipeline: Pipeline, folder: Path) -> None:
    rows = list(csv.DictReader(line.decode() for line in click_lines(folder)))
    assert len({tuple(row.values()) for row in rows}) < len(rows)  # lines alike in every column are clicks, too
    keys = {
        tuple(row[name] for name in ("code_module", "code_presentation", "id_student", "id_site", "date"))
        for row in rows
    }
    assert pipeline.query(
        "select count(*), count(distinct (student_key, resource_key, date_day)), sum(click_count), sum(line_count) "
        "from marts.fct_resource_interaction"
    ) == [(len(keys), len(keys), sum(int(row["sum_click"]) for row in rows), len(rows))]
    joined = pipeline.query(
        "select count(*) from marts.fct_resource_interaction inner join marts.dim_learning_resource "
        "using (resource_key) inner join marts.dim_student using (student_key) inner join marts.dim_date "
        "using (date_day) inner join marts.fct_enrollment using (student_key) "
        "where dim_learning_resource.member_type = 'known' and dim_student.member_type = 'known' "
        "and fct_enrollment.section_key = fct_resource_interaction.section_key"
    )
    assert joined == [(len(keys),)]  # no orphans
