"""Every insight is whole: a question, a definition, SQL on what readers may see, a chart of its own columns."""

import re

import pytest

from backend.reporting import exposures
from backend.reporting.insight import READABLE_SCHEMAS, Column, Definition, Insight
from backend.reporting.registry import find, registry, visible_to
from backend.reporting.seeds import seed
from elt import warehouse
from elt.access.roles import ROLES
from elt.contracting.contract import load_contracts
from elt.errors import NotFound
from elt.settings import REPOSITORY

FIRST_TEN = {
    "pass_rate",
    "score_distribution",
    "attendance_performance",
    "student_teacher_ratio",
    "teacher_background",
    "guardian_background",
    "at_risk_students",
    "subgroup_gaps",
    "survey_jamb",
    "data_quality",
}
READER_VIEWS = {f"catalog.{name}" for name in warehouse.READER_VIEWS}

insights = pytest.mark.parametrize("insight", registry().values(), ids=registry())


def test_the_first_ten_are_there() -> None:
    assert registry().keys() >= FIRST_TEN


@insights
def test_every_part_is_filled_in(insight: Insight) -> None:
    definition = insight.definition
    parts = (
        insight.title, insight.question, definition.measure, definition.numerator, definition.denominator,
        definition.exclusions, definition.threshold,
    )  # fmt: skip
    assert all(part.strip() for part in parts)
    assert insight.question.endswith("?")
    assert insight.columns
    assert insight.audience <= set(ROLES)
    assert insight.audience
    assert set(insight.datasets) <= {*load_contracts(), "factors/student_performance"}  # a researcher brings the last
    assert insight.datasets


@insights
def test_a_threshold_names_seeds_that_exist(insight: Insight) -> None:
    assert all(seed(name) for name in insight.definition.threshold_seeds)
    digits = re.search(r"\d", insight.definition.threshold)
    assert insight.definition.threshold_seeds or not digits


@insights
def test_every_number_of_a_threshold_is_one_of_its_seeds(insight: Insight) -> None:
    kept = {
        number
        for name in insight.definition.threshold_seeds
        for row in seed(name)
        for value in row.values()
        if re.fullmatch(r"[\d.]+", value)
        for number in (float(value), round(float(value) * 100, 6))
    }
    text = insight.definition.threshold.replace("HC3", "")
    text = re.sub(r"Tier \d", "", text)
    assert {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)} <= kept


def test_the_tiers_are_told_as_the_seed_has_them() -> None:
    told = registry()["at_risk_students"].definition.threshold
    assert told.startswith("Tier 4: attendance below 80% or at least 4 F. Tier 3: attendance below 85% or ")
    assert told.endswith("Tier 1: attendance below 95% or at least 1 F and 2 D.")


@insights
def test_it_reads_only_what_readers_may_see(insight: Insight) -> None:
    assert insight.relations()
    for relation in insight.relations():
        schema, _, name = relation.partition(".")
        assert schema in READABLE_SCHEMAS, f"{relation} is not qualified with a readable schema"
        assert schema != "catalog" or relation in READER_VIEWS
        assert name


@insights
def test_every_parameter_of_the_sql_is_declared_and_used(insight: Insight) -> None:
    used = set(re.findall(r"%\((\w+)\)s", insight.sql))
    assert used == {parameter.name for parameter in insight.parameters}
    assert all(bool(parameter.all_label) != bool(parameter.default) for parameter in insight.parameters)


@insights
def test_an_association_says_that_it_is_none_of_cause(insight: Insight) -> None:
    if "marts.rpt_factor_association" in insight.relations():
        assert any("not caused by" in caveat for caveat in insight.caveats)


@insights
def test_no_rows_have_words_too(insight: Insight) -> None:
    finding = insight.finding([])
    assert finding.headline
    assert finding.sentence.endswith(".")


def test_every_kpi_is_told_by_an_insight_and_says_what_it_is_made_of() -> None:
    known = {row["kpi_name"]: row["datasets"].split() for row in seed("kpi")}
    told = [name for insight in registry().values() for name in insight.kpis]
    assert sorted(told) == sorted(known)
    assert all(behind and set(behind) <= set(load_contracts()) for behind in known.values())


def test_unqualified_and_private_relations_are_seen() -> None:
    nothing = Definition("a", "b", "c", "d", "e", ())
    insight = Insight(
        name="x", title="X", question="X?", definition=nothing, datasets=(), columns=(Column("a", "A", "text"),),
        sql="with own as (select 1 from marts.rpt_a) select * from own join marts_private.b using (i), raw.c "
        "left join d on true",
        chart={}, finding=registry()["pass_rate"].finding,
    )  # fmt: skip
    assert insight.relations() >= {"marts.rpt_a", "marts_private.b", "d", "raw.c"}
    assert "own" not in insight.relations()


def test_single_students_are_for_those_who_know_them_only() -> None:
    for role in ("researcher", "auditor"):
        assert "at_risk_students" not in [insight.name for insight in visible_to(role)]
    assert "at_risk_students" in [insight.name for insight in visible_to("administrator")]
    with pytest.raises(NotFound) as refused:
        find("at_risk_students", "researcher")
    assert "at_risk_students" not in str(refused.value.allowed)


def test_a_name_that_is_nearly_right_gets_the_right_one() -> None:
    with pytest.raises(NotFound) as refused:
        find("pasrate", "researcher")
    assert refused.value.details["near"][0] == "pass_rate"


def test_the_exposures_file_is_current() -> None:
    assert exposures.PATH.read_text(encoding="utf-8") == exposures.exposures(), (
        "Run python -m backend.reporting.exposures and commit the file."
    )


def test_the_documentation_lists_every_insight() -> None:
    listed = (REPOSITORY / "docs" / "insights.md").read_text(encoding="utf-8")
    assert [name for name in registry() if f"| `{name}` |" not in listed] == []
