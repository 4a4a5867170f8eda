"""OULAD's seven tables are taken as published: these names, these headers, these marks for what is missing."""

import re
from datetime import date, timedelta

import pytest
import yaml

from elt.contracting.contract import load_contracts
from elt.transforming.dbt_build import PROJECT

# The header lines of the published files.
PUBLISHED = {
    "courses": "code_module,code_presentation,module_presentation_length",
    "assessments": "code_module,code_presentation,id_assessment,assessment_type,date,weight",
    "vle": "id_site,code_module,code_presentation,activity_type,week_from,week_to",
    "student_info": "code_module,code_presentation,id_student,gender,region,highest_education,imd_band,age_band,"
    "num_of_prev_attempts,studied_credits,disability,final_result",
    "student_registration": "code_module,code_presentation,id_student,date_registration,date_unregistration",
    "student_assessment": "id_assessment,id_student,date_submitted,is_banked,score",
    "student_vle": "code_module,code_presentation,id_student,id_site,date,sum_click",
}


def test_the_family_is_whole() -> None:
    assert {name for name in load_contracts() if name.startswith("oulad/")} == {f"oulad/{name}" for name in PUBLISHED}


@pytest.mark.parametrize("table", PUBLISHED)
def test_headers_are_as_published(table: str) -> None:
    contract = load_contracts()[f"oulad/{table}"]
    assert ",".join(field.name for field in contract.fields) == PUBLISHED[table]
    assert [field.column for field in contract.fields] == [field.name for field in contract.fields]


@pytest.mark.parametrize("table", PUBLISHED)
def test_a_question_mark_and_an_empty_cell_are_missing(table: str) -> None:
    assert set(load_contracts()[f"oulad/{table}"].missing_values) == {"", "?"}


def test_only_clicks_have_no_key() -> None:
    keyless = [name for name, contract in load_contracts().items() if not contract.primary_key and "oulad" in name]
    assert keyless == ["oulad/student_vle"]


def test_every_day_of_an_allowed_presentation_is_in_the_calendar() -> None:
    """Otherwise a file could keep the marts from being published: the fact's days must be in dim_date."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    first, last = (date.fromisoformat(project["vars"][f"calendar_{end}_day"]) for end in ("first", "last"))
    fields = {field.name: field for field in load_contracts()["oulad/student_vle"].fields}
    code, day = fields["code_presentation"].constraints["pattern"], fields["date"].constraints
    years = [year for year in range(1000, 10_000) if re.fullmatch(code, f"{year}B") and re.fullmatch(code, f"{year}J")]
    assert {2013, 2014} <= set(years)
    assert date(min(years), 2, 1) + timedelta(days=day["minimum"]) >= first
    assert date(max(years), 10, 1) + timedelta(days=day["maximum"]) <= last
