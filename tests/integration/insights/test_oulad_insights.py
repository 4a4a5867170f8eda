"""The insights on OULAD: every number counted a second time, here, from the published files themselves."""

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest

from backend.reporting.registry import registry
from backend.reporting.result import answer
from backend.reporting.values import shown
from elt import ledger
from elt.access import accounts, logins
from elt.access.reading import ReadingAs
from elt.access.roles import PRINCIPAL, Scope
from elt.database import Pool
from elt.settings import Settings
from elt.transforming.run import transform
from elt.versioning import retracting
from tests import shared_data
from tests.integration.insights.matrix import differences
from tests.integration.pipeline import Pipeline

Line = dict[str, str]
Slice = dict[str, list[Line]]

FILES = {
    "courses": "courses",
    "assessments": "assessments",
    "vle": "vle",
    "student_info": "studentInfo",
    "student_registration": "studentRegistration",
    "student_assessment": "studentAssessment",
}
PRESENTATIONS = ("AAA 2013J", "AAA 2014J")
CLICK_LINES = 25_000  # of each: the first weeks
OULAD = {name: insight for name, insight in registry().items() if insight.datasets[0].startswith("oulad/")}
MINIMUM = 10
WHOLE = "All results"


def section(line: Line) -> str:
    return f"{line['code_module']} {line['code_presentation']}"


def day(cell: str) -> int | None:
    return None if cell == "?" else int(cell)


@pytest.fixture(scope="module")
def lines() -> Slice:
    """The lines of two presentations, and the first clicks of each."""
    folder = shared_data.folder("oulad")
    found: Slice = {}
    for dataset, stem in FILES.items():
        with (folder / f"{stem}.csv").open(newline="") as stream:
            found[dataset] = list(csv.DictReader(stream))
    assessments = {line["id_assessment"] for line in found["assessments"] if section(line) in PRESENTATIONS}
    found = {
        dataset: [
            line
            for line in of
            if (
                line["id_assessment"] in assessments
                if dataset == "student_assessment"
                else section(line) in PRESENTATIONS
            )
        ]
        for dataset, of in found.items()
    }
    clicks: dict[str, list[Line]] = {name: [] for name in PRESENTATIONS}
    with gzip.open(folder / "studentVle.first_1048575.csv.gz", "rt", newline="") as stream:
        for line in csv.DictReader(stream):
            kept = clicks.get(section(line))
            if kept is not None and len(kept) < CLICK_LINES:
                kept.append(line)
            if all(len(kept) == CLICK_LINES for kept in clicks.values()):
                break
    return {**found, "student_vle": [line for kept in clicks.values() for line in kept]}


def written(lines: Sequence[Line]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(lines[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


@pytest.fixture(scope="module")
def pipeline(modelled_settings: Settings, lines: Slice) -> Pipeline:
    """The slice, loaded and modelled; the clicks in two files, which meet within a day."""
    pipeline = Pipeline.of(modelled_settings)
    for dataset in FILES:
        pipeline.send(written(lines[dataset]), f"oulad/{dataset}")
    clicks = lines["student_vle"]
    for part in (clicks[: CLICK_LINES // 2], clicks[CLICK_LINES // 2 :]):
        pipeline.send(written(part), "oulad/student_vle")
    report = pipeline.poll()
    assert (report.loaded, report.rejected, report.failed) == (8, 0, 0)
    assert transform(modelled_settings) is not None
    return pipeline


@pytest.fixture(scope="module")
def reader(pipeline: Pipeline) -> Iterator[Pool]:
    pool = ReadingAs(Pool(pipeline.settings.reader_database_url, size=1), "administrator")
    yield pool
    pool.close()


def rows(reader: Pool, name: str, **arguments: str) -> list[dict[str, Any]]:
    return [dict(row) for row in answer(registry()[name], arguments, reader).rows]


@pytest.mark.parametrize("scope", [Scope("oulad"), Scope("laurel")])
def test_every_table_shows_a_principal_its_rows(pipeline: Pipeline, scope: Scope) -> None:
    """Of OULAD, which has no schools: all rows. Of another school: none about a person."""
    name = f"principal of {scope.source_system}"
    with pipeline.pool.connection() as connection:
        accounts.add(connection, name, PRINCIPAL, scope)
        login = logins.create(connection, pipeline.settings, name)
    with pipeline.pool.connection() as owner:
        assert list(differences(owner, login.url, PRINCIPAL, scope)) == []
        other = Scope({"oulad": "laurel", "laurel": "oulad"}[scope.source_system])
        assert "dim_student" in differences(owner, login.url, PRINCIPAL, other)


@pytest.mark.parametrize("name", OULAD)
def test_every_choice_runs_as_the_reader_and_gives_the_columns_it_promises(reader: Pool, name: str) -> None:
    result = answer(registry()[name], {}, reader)
    [choice] = result.choices
    assert choice.allowed == PRESENTATIONS or choice.parameter.name == "attribute"
    for value in ("", *choice.allowed):
        told = answer(registry()[name], {choice.parameter.name: value} if value else {}, reader)
        assert told.rows
        assert {column.name for column in registry()[name].columns} <= told.rows[0].keys()
        assert told.finding.headline != "–"
    assert all(row["live_submissions"] for row in result.freshness.datasets)


def unregistered(lines: Slice, name: str) -> list[int]:
    cells = [line["date_unregistration"] for line in lines["student_registration"] if section(line) == name]
    return [int(cell) for cell in cells if cell != "?"]


def test_retention_by_day(reader: Pool, lines: Slice) -> None:
    lengths = {section(line): int(line["module_presentation_length"]) for line in lines["courses"]}
    enrolled = Counter(section(line) for line in lines["student_info"])
    for name in PRESENTATIONS:
        gone = unregistered(lines, name)
        expected = [(n, enrolled[name] - sum(left <= n for left in gone)) for n in range(lengths[name] + 1)]
        told = rows(reader, "cohort_retention", presentation=name)
        assert [(row["presentation_day"], row["retained_count"]) for row in told] == expected
        assert {row["enrolled_count"] for row in told} == {enrolled[name]}
    whole = rows(reader, "cohort_retention")
    assert len(whole) == max(lengths.values()) + 1
    left = sum(day <= lengths[name] for name in PRESENTATIONS for day in unregistered(lines, name))
    assert whole[-1]["withdrawn_count"] == left
    assert whole[-1]["retention_rate"] == pytest.approx(1 - left / sum(enrolled.values()))
    assert all(one["retention_rate"] >= next_["retention_rate"] for one, next_ in pairwise(whole))


def test_withdrawals_by_week(reader: Pool, lines: Slice) -> None:
    last = {section(line): int(line["module_presentation_length"]) // 7 for line in lines["courses"]}
    total: Counter[int] = Counter()
    for name in PRESENTATIONS:
        weeks = Counter(min(max(left // 7, -1), last[name]) for left in unregistered(lines, name))
        total += weeks
        told = {row["presentation_week"]: row for row in rows(reader, "withdrawals_by_week", presentation=name)}
        assert {week: row["withdrawn_count"] for week, row in told.items()} == {
            week: weeks[week] for week in range(-1, last[name] + 1)
        }
        left = len([line for line in lines["student_info"] if section(line) == name])
        for week in range(-1, last[name] + 1):
            assert told[week]["registered_count"] == left
            left -= weeks[week]
    assert {row["presentation_week"]: row["withdrawn_count"] for row in rows(reader, "withdrawals_by_week")} == {
        week: total[week] for week in range(-1, max(last.values()) + 1)
    }


def weekly(lines: Slice, name: str) -> dict[tuple[int, str], tuple[int, int, int]]:
    """Enrolled, active and clicks by week and final result of one presentation."""
    results = {line["id_student"]: line["final_result"] for line in lines["student_info"] if section(line) == name}
    spans = {
        line["id_student"]: (day(line["date_registration"]), day(line["date_unregistration"]))
        for line in lines["student_registration"]
        if section(line) == name
    }
    clicks: Counter[tuple[int, str]] = Counter()
    for line in lines["student_vle"]:
        if section(line) == name:
            clicks[int(line["date"]) // 7, line["id_student"]] += int(line["sum_click"])
    last = max(int(line["date"]) for line in lines["student_vle"] if section(line) == name)
    # the week that the clicks end within is left out
    weeks = range(min(week for week, _ in clicks), (last + 1) // 7)
    sums: dict[tuple[int, str], tuple[int, int, int]] = {}
    for week in weeks:
        for student, result in results.items():
            came, left = spans[student]
            here = (came is None or came // 7 <= week) and (left is None or left // 7 >= week)
            told = (int(here), int(here and (week, student) in clicks), clicks[week, student])
            for key in ((week, result), (week, "All results")):
                so_far = sums.get(key, (0, 0, 0))
                sums[key] = (so_far[0] + told[0], so_far[1] + told[1], so_far[2] + told[2])
    return sums


def test_engagement_by_week_and_final_result(reader: Pool, lines: Slice) -> None:
    everybody: dict[tuple[int, str], list[tuple[int, int, int]]] = defaultdict(list)
    for name in PRESENTATIONS:
        expected = weekly(lines, name)
        for key, of in expected.items():
            everybody[key].append(of)
        told = rows(reader, "engagement_by_week", presentation=name)
        assert {(row["presentation_week"], row["final_result"]) for row in told} == expected.keys()
        for row in told:
            key = (row["presentation_week"], row["final_result"])
            counts = (row["enrolled_count"], row["active_count"], row["click_count"])
            if row["is_suppressed"]:
                assert counts == (None, None, None)
                beside = [of for (week, result), of in expected.items() if week == key[0] and result != "All results"]
                assert any(any(of) and of[0] < MINIMUM for of in beside)
            else:
                assert counts == expected[key]
                assert counts[0] >= MINIMUM or not any(counts)
                if counts[0]:
                    assert row["clicks_per_student"] == pytest.approx(counts[2] / counts[0])
        assert not any(row["is_suppressed"] for row in told if row["final_result"] == "All results")
    for row in rows(reader, "engagement_by_week"):
        if not row["is_suppressed"]:
            counts = (row["enrolled_count"], row["active_count"], row["click_count"])
            assert counts == tuple(
                map(sum, zip(*everybody[row["presentation_week"], row["final_result"]], strict=True))
            )


def test_clicks_in_are_clicks_in_the_fact_and_in_every_report(pipeline: Pipeline, reader: Pool, lines: Slice) -> None:
    clicks = sum(int(line["sum_click"]) for line in lines["student_vle"])
    assert pipeline.query("select sum(click_count) from marts.fct_resource_interaction") == [(clicks,)]
    weeks = rows(reader, "engagement_by_week")
    whole = sum(weekly(lines, name)[key][2] for name in PRESENTATIONS for key in weekly(lines, name) if key[1] == WHOLE)
    assert sum(row["click_count"] for row in weeks if row["final_result"] == WHOLE) == whole > 0.8 * clicks
    types = rows(reader, "engagement_by_activity")
    assert [row["click_count"] for row in types if row["activity_type"] == "All activities"] == [clicks]


def test_engagement_by_activity_type(reader: Pool, lines: Slice) -> None:
    types = {line["id_site"]: line["activity_type"] for line in lines["vle"]}
    for name in PRESENTATIONS:
        clicks: Counter[str] = Counter()
        sites: dict[str, set[str]] = defaultdict(set)
        for line in lines["student_vle"]:
            if section(line) == name:
                clicks[types[line["id_site"]]] += int(line["sum_click"])
                sites[types[line["id_site"]]].add(line["id_site"])
        told = {row["activity_type"]: row for row in rows(reader, "engagement_by_activity", presentation=name)}
        assert told.pop("All activities")["click_count"] == clicks.total()
        assert told.keys() == clicks.keys()
        shown = [row for row in told.values() if not row["is_suppressed"]]
        assert len(shown) >= 5
        for row in shown:
            assert row["click_count"] == clicks[row["activity_type"]]
            assert row["resource_count"] == len(sites[row["activity_type"]])
            assert row["click_rate"] == pytest.approx(clicks[row["activity_type"]] / clicks.total())


def test_late_submissions(reader: Pool, lines: Slice) -> None:
    assessments = {line["id_assessment"]: line for line in lines["assessments"]}
    for name in PRESENTATIONS:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for line in lines["student_assessment"]:
            assessment = assessments[line["id_assessment"]]
            if section(assessment) != name:
                continue
            due = day(assessment["date"])
            for kind in (assessment["assessment_type"], "All kinds"):
                counts[kind]["result_count"] += 1
                counts[kind]["banked_count"] += line["is_banked"] == "1"
                if line["is_banked"] == "0" and due is not None:
                    late = int(line["date_submitted"]) - due
                    counts[kind]["due_count"] += 1
                    counts[kind]["late_count"] += late > 0
                    counts[kind]["days"] += max(late, 0)
        told = {row["assessment_kind"]: row for row in rows(reader, "late_submissions", presentation=name)}
        assert told.keys() == counts.keys()
        for kind, row in told.items():
            for count in ("result_count", "banked_count", "due_count", "late_count"):
                assert row[count] == counts[kind][count], (name, kind, count)
            assert row["mean_days_late"] == pytest.approx(counts[kind]["days"] / counts[kind]["late_count"])


def test_results_by_background(reader: Pool, lines: Slice) -> None:
    columns = {
        "Deprivation band": "imd_band", "Highest education": "highest_education", "Age": "age_band",
        "Disability": "disability",
    }  # fmt: skip
    words = {"?": "Not stated", "Y": "Yes", "N": "No", "10-20": "10-20%"}
    told = rows(reader, "results_by_background")
    assert {row["attribute_label"] for row in told} == columns.keys()
    for label, column in columns.items():
        groups: dict[str, list[str]] = defaultdict(list)
        for line in lines["student_info"]:
            groups[words.get(line[column], line[column])].append(line["final_result"])
        of = {row["level"]: row for row in told if row["attribute_label"] == label}
        assert of.pop("All students")["enrollment_count"] == len(lines["student_info"])
        assert of.keys() == groups.keys()
        for level, row in of.items():
            results = groups[level]
            if row["is_suppressed"]:
                assert row["pass_rate"] is None
                continue
            assert len(results) >= MINIMUM
            for result in ("Distinction", "Pass", "Fail", "Withdrawn"):
                assert row[f"{result.lower()}_count"] == results.count(result)
            rest = [result for other, of_other in groups.items() if other != level for result in of_other]
            passed = [sum(result in ("Pass", "Distinction") for result in some) / len(some) for some in (results, rest)]
            assert row["gap_pct"] == pytest.approx(100 * (passed[0] - passed[1]))
            error = (
                sum(rate * (1 - rate) / len(some) for rate, some in zip(passed, (results, rest), strict=True)) ** 0.5
            )
            assert row["gap_high_pct"] - row["gap_pct"] == pytest.approx(196 * error, rel=0.01)
    shown = [row for row in told if row["attribute_label"] == "Disability" and row["level"] == "Yes"]
    assert rows(reader, "results_by_background", attribute="Disability")[-1] == shown[0]


def test_no_activity_in_the_last_seven_days(reader: Pool, lines: Slice) -> None:
    for name in PRESENTATIONS:
        seen: dict[str, int] = {}
        for line in lines["student_vle"]:
            if section(line) == name:
                seen[line["id_student"]] = max(int(line["date"]), seen.get(line["id_student"], -999))
        today = max(seen.values())
        enrolled = [
            line["id_student"]
            for line in lines["student_registration"]
            if section(line) == name
            and (line["date_registration"] == "?" or int(line["date_registration"]) <= today)
            and (line["date_unregistration"] == "?" or int(line["date_unregistration"]) > today)
        ]
        week = range(today - 6, today + 1)
        told = rows(reader, "inactive_students", presentation=name)
        assert {row["student_id"]: row["last_active_day"] for row in told} == {
            student: seen.get(student) for student in enrolled if seen.get(student, -999) not in week
        }
        assert {(row["as_of_day"], row["enrolled_count"]) for row in told} == {(today, len(enrolled))}
    assert {row["section_name"] for row in rows(reader, "inactive_students")} == {"AAA 2014J"}


def test_kpis_are_what_the_pages_say(pipeline: Pipeline, reader: Pool, lines: Slice) -> None:
    told = pipeline.query("select kpi_name, kpi_value from marts.rpt_kpi where source_system = 'oulad'")
    kpis = dict(told)
    results = Counter(line["final_result"] for line in lines["student_info"])
    assert kpis.pop("oulad_pass_rate") == pytest.approx((results["Pass"] + results["Distinction"]) / results.total())
    assert kpis.pop("oulad_withdrawal_rate") == pytest.approx(results["Withdrawn"] / results.total())
    clicks, late = kpis.pop("oulad_clicks_per_student"), kpis.pop("oulad_late_share")
    assert shown(clicks, "number") == answer(registry()["engagement_by_week"], {}, reader).finding.headline
    assert shown(late, "rate") == answer(registry()["late_submissions"], {}, reader).finding.headline
    assert not kpis


ISSUES = """
    select dataset_id, column_name, rule_name, line_count, cardinality(line_numbers) from marts.data_quality_issue
    where source_system = 'oulad' order by 1, 2, 3, 4
"""


def test_files_that_point_to_each_other_have_no_issues(pipeline: Pipeline) -> None:
    assert pipeline.query(ISSUES) == []


def retract(pipeline: Pipeline, *datasets: str) -> None:
    with pipeline.pool.connection() as connection:
        for dataset in datasets:
            [(number,)] = pipeline.query(
                "select submission_id from catalog.submission where dataset_id = %s", [dataset]
            )
            retracting.request(connection, ledger.with_number(connection, number))
    pipeline.poll()
    assert transform(pipeline.settings) is not None


# The last two take away what the others count.
def test_without_registrations_nobody_is_said_to_have_stayed(pipeline: Pipeline, reader: Pool, lines: Slice) -> None:
    retract(pipeline, "oulad/student_registration")
    for name in ("cohort_retention", "withdrawals_by_week", "engagement_by_week", "inactive_students"):
        result = answer(registry()[name], {}, reader)
        assert not result.rows, name
        assert result.finding.unit == "not loaded yet"
        assert "studentRegistration.csv" in result.finding.sentence
        missing = [row["dataset_id"] for row in result.freshness.datasets if not row["live_submissions"]]
        assert missing == ["oulad/student_registration"]
    for name in ("engagement_by_activity", "late_submissions", "results_by_background"):  # need none
        assert rows(reader, name)
    registrations = len(lines["student_info"])
    assert pipeline.query(ISSUES) == [("oulad/student_info", "id_student", "missing_registration", registrations, 100)]


def test_lines_that_point_nowhere_are_issues(pipeline: Pipeline, reader: Pool, lines: Slice) -> None:
    retract(pipeline, "oulad/assessments", "oulad/vle", "oulad/courses", "oulad/student_info")
    counts = {dataset: len(of) for dataset, of in lines.items()}
    half = CLICK_LINES // 2
    clicks = [half, counts["student_vle"] - half]
    assert pipeline.query(ISSUES) == [
        ("oulad/student_assessment", "id_assessment", "orphan_assessment", counts["student_assessment"], 100),
        ("oulad/student_assessment", "id_student", "orphan_student", counts["student_assessment"], 100),
        *(
            ("oulad/student_vle", column, rule, count, 0)
            for column, rule in (
                ("code_module, code_presentation", "orphan_presentation"),
                ("id_site", "orphan_site"),
                ("id_student", "orphan_student"),
            )
            for count in clicks
        ),
    ]
    quality = {row["dataset_id"]: row for row in rows(reader, "data_quality")}
    assert quality["oulad/student_vle"]["issue_count"] == 6
    for name in ("engagement_by_activity", "late_submissions", "results_by_background"):
        assert answer(registry()[name], {}, reader).finding.unit == "not loaded yet", name
