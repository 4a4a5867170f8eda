"""Other people's messy files: nothing crashes, hangs or loses a line; csv-spectrum's are read as its authors mean."""

import dataclasses
import json
import time
from pathlib import Path

import pytest

from elt.database import connect, transaction
from elt.errors import Refused
from elt.loading import raw_tables
from elt.reading.records import Record
from elt.settings import Settings
from tests import shared_data
from tests.integration.pipeline import Pipeline
from tests.messy_csv import comparison
from tests.messy_csv.reading import Reading, contract_of, read

SPECTRUM_FILES = 12
FRICTIONLESS_FILES = 136
SECONDS_PER_FILE = 20  # of a busy machine


@pytest.fixture(scope="module")
def spectrum() -> Path:
    return shared_data.folder("messy_csv/csv-spectrum")


@pytest.fixture(scope="module")
def found() -> dict[str, tuple[Reading, dict[str, int]]]:
    return comparison.verdicts(shared_data.folder("messy_csv/frictionless-py"))


def test_csv_spectrum_is_read_as_its_json_says(spectrum: Path, tmp_path: Path) -> None:
    paths = sorted((spectrum / "csvs").glob("*.csv"))
    assert len(paths) == SPECTRUM_FILES
    for path in paths:
        content = path.read_bytes()
        if path.stem.endswith("_crlf") and b"\r" not in content:  # a copy that git checked out with other line ends
            content = content.replace(b"\n", b"\r\n")
        (tmp_path / path.name).write_bytes(content)
        reading = read(tmp_path / path.name)
        expected = json.loads((spectrum / "json" / f"{path.stem}.json").read_bytes())
        if path.stem == "location_coordinates":  # its JSON is no list, and has another telephone number than its CSV
            expected = [{**expected, "Contact Phone Number": "2095257564"}]
        got = [dict(zip(reading.header, record.cells, strict=True)) for record in reading.records]
        assert (reading.verdict, got) == ("valid", expected), path.name


def test_no_file_crashes_hangs_or_loses_a_line() -> None:
    paths = [path for path in shared_data.folder("messy_csv").rglob("*") if path.is_file()]
    assert len(paths) >= SPECTRUM_FILES + FRICTIONLESS_FILES
    for path in paths:
        started = time.process_time()
        reading = read(path)
        assert time.process_time() - started < SECONDS_PER_FILE, path.name
        assert not reading.unaccounted, path.name
        assert reading.refusal or reading.lines_read > 0, path.name
        assert sum(reading.refused.values()) <= reading.lines_read, path.name


def test_a_lost_line_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the test above can fail."""
    path = tmp_path / "file.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    assert not read(path).unaccounted
    kept = [Record(2, ["1", "2"], "1,2", None)]
    monkeypatch.setattr("tests.messy_csv.reading.read_records", lambda stream, front: iter(kept))
    assert read(path).unaccounted == ["line 3"]


def test_where_frictionless_and_we_disagree_the_page_says_why(
    found: dict[str, tuple[Reading, dict[str, int]]],
) -> None:
    assert len(found) == FRICTIONLESS_FILES
    assert sorted(comparison.disagreements(found)) == sorted(comparison.REASONS)
    assert comparison.page(found) == comparison.PAGE.read_text(encoding="utf-8"), "python -m tests.messy_csv.comparison"


def test_where_both_find_errors_they_are_the_same_kind(found: dict[str, tuple[Reading, dict[str, int]]]) -> None:
    kinds = {"too_few_cells": "missing-cell", "too_many_cells": "extra-cell"}
    files = 0
    for name, (reading, theirs) in found.items():
        told = set(theirs) & set(kinds.values())
        if reading.refusal or not told or any("label" in type for type in theirs):  # they see another header
            continue
        files += 1
        # What they call a missing cell in each column, we call one line with too few.
        assert {kinds[code] for code in reading.refused if code in kinds} == told, name
    assert files >= 8


def test_every_file_goes_the_whole_way_and_each_of_its_lines_is_loaded_or_refused(settings: Settings) -> None:
    """Through upload, store, loader and Postgres, as people send them; each file is a dataset of its own."""
    readings = {path: read(path) for path in _loadable()}
    contracts = {
        f"messy/f{number}": dataclasses.replace(contract_of(reading.header), name=f"messy/f{number}")
        for number, reading in enumerate(readings.values())
    }
    connection = connect(settings.database_url)
    with transaction(connection):
        raw_tables.register(connection, contracts.values())
    connection.close()
    pipeline = Pipeline.of(settings)
    pipeline.contracts = contracts
    sent = {}
    for (path, reading), dataset in zip(readings.items(), contracts, strict=True):
        if reading.refusal:
            with pytest.raises(Refused) as raised:
                pipeline.send(path.read_bytes(), dataset)
            assert raised.value.code == reading.refusal, path.name
        else:
            sent[path] = pipeline.send(path.read_bytes(), dataset).submission
    pipeline.poll()
    for path, submission in sent.items():
        reading = readings[path]
        [(status, *counts)] = pipeline.query(
            "select status, lines_read, rows_loaded, rows_rejected from catalog.submission where id = %s",
            [str(submission.id)],
        )
        refused = sum(reading.refused.values())
        assert (status, *counts) == ("loaded", reading.lines_read, reading.lines_read - refused, refused), path.name
        table = contracts[submission.dataset_id].raw_table
        [(rows,)] = pipeline.query(f"select count(*) from raw.{table}")  # noqa: S608 (a name made above)
        assert rows == reading.lines_read - refused, path.name
    assert len(sent) > 130


def _loadable() -> list[Path]:
    """All but the one with more columns than a table of Postgres can have."""
    paths = (path for path in shared_data.folder("messy_csv").rglob("*") if path.is_file())
    return sorted(path for path in paths if path.suffix != ".json" and path.name != "wide.csv")
