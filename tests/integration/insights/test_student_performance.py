"""The insight on a dataset that a researcher brings: nothing before it is there and shared, then the associations."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.reporting.registry import registry
from backend.reporting.result import Result, answer
from elt.access.accounts import Account
from elt.access.reading import ReadingAs
from elt.contracting import datasets
from elt.contracting.contract import parse_contract
from elt.contracting.registry import Registry
from elt.database import Pool
from elt.settings import Settings
from elt.transforming.run import transform
from tests.integration.pipeline import Pipeline

DATASET = "factors/student_performance"
FIELDS = {
    "hours_studied": "integer",
    "teacher_quality": "string",
    "school_type": "string",
    "exam_score": "integer",
}
# Two points an hour; Low quality costs five points; the school's type does nothing.
ROWS = [(n % 20, ("Low", "High")[n // 20 % 2], ("Public", "Private")[n // 40 % 2], n % 7) for n in range(400)]
FILE = (
    "\n".join([",".join(FIELDS), *(f"{h},{q},{t},{50 + 2 * h + 5 * (q == 'High') + e}" for h, q, t, e in ROWS)]) + "\n"
).encode()


def field(name: str, type: str) -> dict[str, Any]:
    return {"name": name, "column": name, "type": type, "description": name, "example": "1"}


def document() -> dict[str, Any]:
    fields = [field(name, type) for name, type in FIELDS.items()]
    return {"name": DATASET, "title": "Factors", "description": "One row per student.", "version": 1, "fields": fields}


@pytest.fixture(scope="module")
def reader(modelled_settings: Settings) -> Iterator[Pool]:
    pool = ReadingAs(Pool(modelled_settings.reader_database_url, size=1), "administrator")
    yield pool
    pool.close()


def result(reader: Pool) -> Result:
    return answer(registry()["student_performance"], {}, reader)


def test_it_says_how_to_bring_it_then_what_it_shows(modelled_settings: Settings, reader: Pool) -> None:
    pipeline = Pipeline.of(modelled_settings)
    before = result(reader)
    assert (list(before.rows), before.finding.unit) == ([], "no such dataset yet")
    assert DATASET in before.finding.sentence
    with pipeline.pool.connection() as connection:
        datasets.describe(connection, document(), pipeline.account_id)
    pipeline.contracts = Registry(pipeline.pool)
    pipeline.send(FILE, DATASET)
    assert pipeline.poll().loaded == 1
    assert transform(modelled_settings) is not None
    assert list(result(reader).rows) == []  # private: nobody else's page shows it
    owner = Account(pipeline.account_id, "ada", "researcher")
    with pipeline.pool.connection() as connection:
        datasets.share(connection, parse_contract(document(), is_described=True), True, owner)
    assert transform(modelled_settings) is not None
    rows = {row["factor_label"]: row for row in result(reader).rows}
    assert set(rows) == {"Hours studied", "Teacher quality", "School type"}
    assert rows["Hours studied"]["difference"] == pytest.approx(2, abs=0.1)
    assert abs(rows["Teacher quality"]["difference"]) == pytest.approx(5, abs=0.6)
    assert {name for name, row in rows.items() if row["is_found"]} == {"Hours studied", "Teacher quality"}
    assert result(reader).freshness.datasets[0]["dataset_id"] == DATASET
