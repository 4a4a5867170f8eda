"""Two sets of submissions compared: by key as dbt's staging takes rows, without a key as a multiset."""

from collections.abc import Iterator, Mapping

import pytest
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import load_contracts
from elt.database import connect
from elt.settings import Settings
from elt.versioning.comparing import Comparison, Place, RowChange, changes, compare
from tests.integration.pipeline import STUDENTS, Pipeline, csv_file

SURVEY = "laurel/survey"


@pytest.fixture(scope="module")
def pipeline(module_settings: Settings) -> Pipeline:
    """A warehouse of this module's own."""
    return Pipeline.of(module_settings)


@pytest.fixture
def connection(module_settings: Settings) -> Iterator[Connection]:
    """One transaction, given up at the end."""
    connection = connect(module_settings.database_url)
    yield connection
    connection.close()


def load(pipeline: Pipeline, dataset: str, *rows: Mapping[str, str]) -> int:
    """The number of a submission with these rows, loaded."""
    submission = pipeline.send(csv_file(dataset, rows), dataset).submission
    pipeline.poll()
    assert pipeline.status(submission) == "loaded"
    return submission.submission_id


def student(number: str, stream: str = "Science", **others: str) -> dict[str, str]:
    return {"Student ID": number, "Stream": stream, **others}


def test_rows_with_a_key(pipeline: Pipeline, connection: Connection) -> None:
    contract = load_contracts()[STUDENTS]
    first = load(pipeline, STUDENTS, student("A"), student("B"), student("C"), student("D"))
    # B moves, C is the same but for white space around its key, D is gone, E is new.
    second = load(pipeline, STUDENTS, student("A"), student("B", "Arts", Age="17"), student(" C "), student("E"))
    assert compare(connection, contract, [first], [second]) == Comparison(1, 1, 2, 1, {"Age": 1, "Stream": 1})
    assert list(changes(connection, contract, [first], [second])) == [
        RowChange("changed", Place(first, 3), Place(second, 3), {"Age": ("14", "17"), "Stream": ("Science", "Arts")}),
        RowChange("new", None, Place(second, 5), {}),
        RowChange("removed", Place(first, 5), None, {}),
    ]
    assert [change.kind for change in changes(connection, contract, [first], [second], limit=2)] == ["changed", "new"]


def test_the_newest_submission_counts(pipeline: Pipeline, connection: Connection) -> None:
    contract = load_contracts()[STUDENTS]
    first = load(pipeline, STUDENTS, student("K"), student("L"), student("M"))
    second = load(pipeline, STUDENTS, student("K", "Arts"), student("L", "Arts"))
    third = load(pipeline, STUDENTS, student("L", "Arts"), student("N"))
    # Added: K stands only in files that are on both sides, so nothing is said of it.
    assert compare(connection, contract, [first, second], [first, second, third]) == Comparison(1, 0, 1, 0)
    # Taken away: what the older file says of the key counts again.
    assert compare(connection, contract, [first, second], [first]) == Comparison(0, 2, 0, 0, {"Stream": 2})
    # An older file that goes from below a newer one changes only what stands in it alone.
    assert compare(connection, contract, [first, second], [second]) == Comparison(0, 0, 2, 1)
    assert compare(connection, contract, [first, second], [second, first]) == Comparison()
    assert compare(connection, contract, [], [third]) == Comparison(2, 0, 0, 0)
    assert compare(connection, contract, [third], []) == Comparison(0, 0, 0, 2)


def test_rows_without_a_key_are_a_multiset(pipeline: Pipeline, connection: Connection) -> None:
    contract = load_contracts()[SURVEY]
    header = contract.fields[-1].name
    same, other, empty = {}, {header: "Never heard"}, {header: ""}
    first = load(pipeline, SURVEY, same, same, other, empty)
    second = load(pipeline, SURVEY, same, empty, empty, empty)
    assert compare(connection, contract, [first], [second]) == Comparison(2, 0, 2, 2)
    found = list(changes(connection, contract, [first], [second]))
    assert found == [
        RowChange("new", None, Place(second, 4), {}),
        RowChange("new", None, Place(second, 5), {}),
        RowChange("removed", Place(first, 3), None, {}),
        RowChange("removed", Place(first, 4), None, {}),
    ]
    assert compare(connection, contract, [first], [first, second]) == Comparison(4, 0, 0, 0)
