"""`./start.sh load oulad` against the served API: every file arrives, and what the marts hold is told."""

import gzip
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elt.settings import Settings
from elt.transforming.run import transform
from stack import oulad
from stack.sample import Client
from tests.integration.pipeline import csv_file


@pytest.fixture(scope="module")
def module_settings(modelled_settings: Settings) -> Settings:
    """Transforms run here."""
    return modelled_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The seven tables with the contracts' example row, the largest packed."""
    for stem, dataset in oulad.TABLES.items():
        data = csv_file(f"oulad/{dataset}", [{}])
        if stem == oulad.OPTIONAL:
            (tmp_path / f"{stem}.csv.gz").write_bytes(gzip.compress(data))
        else:
            (tmp_path / f"{stem}.csv").write_bytes(data)
    return tmp_path


def test_a_folder_is_sent_and_awaited(
    server: Any,
    keys: dict[str, str],
    module_settings: Settings,
    load_all: Callable[[], None],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    over = threading.Event()

    def work() -> None:  # what Airflow does
        while not over.wait(0.2):
            load_all()
            transform(module_settings)

    worker = threading.Thread(target=work)
    client = Client(server.url, keys["ada"])
    worker.start()
    try:
        oulad.load(client, module_settings.database_url, folder)
        first = capsys.readouterr().out.split()
        oulad.load(client, module_settings.database_url, folder)
        again = capsys.readouterr().out
    finally:
        over.set()
        worker.join()
    counts = ("1 presentations", "2 students", "1 enrollments", "1 assessment results", "2 learning resources")
    assert all(count in " ".join(first) for count in (*counts, "4 clicks"))
    assert "7 of 7 files were there already." in again
