"""The sample school in a warehouse of its own, loaded and modelled by the real parts, and people with keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from psycopg2.extensions import connection as Connection
from werkzeug.test import TestResponse

from backend.app import create_app
from elt.access import accounts
from elt.access.reading import ReadingAs
from elt.database import Pool, connect, transaction
from elt.predicting.catalogue import FAILING, JAMB
from elt.predicting.running import predict
from elt.sample_school.school import first_edition
from elt.settings import Settings
from elt.transforming.run import transform
from tests.integration.conftest import Modelled
from tests.integration.pipeline import Pipeline


@dataclass(frozen=True)
class Visitor:
    """Somebody with a key, talking to the application in this process."""

    flask: FlaskClient
    key: str

    def get(self, path: str) -> TestResponse:
        return self.flask.get(path, headers={"Authorization": f"Bearer {self.key}"})

    def send(self, method: str, path: str, body: object) -> TestResponse:
        """A call that changes something, with a JSON body."""
        return self.flask.open(path, method=method, json=body, headers={"Authorization": f"Bearer {self.key}"})


@dataclass(frozen=True)
class School:
    """A modelled sample school, and its people."""

    settings: Settings
    researcher: Visitor
    admin: Visitor

    def visitor_without_key(self) -> FlaskClient:
        """A browser that knows no key and holds no cookie."""
        return self.researcher.flask.application.test_client()


@pytest.fixture(scope="session")
def school(modelled: Modelled, tmp_path_factory: pytest.TempPathFactory) -> School:
    """The first edition of the sample school, through loader, dbt and publishing; nobody changes it."""
    home = tmp_path_factory.mktemp("school")
    with modelled.copy(home) as building:
        _load(building, home)
        settings = modelled.renamed(building, "test_school")
    app = create_app(settings)
    return School(
        settings,
        *(
            Visitor(app.test_client(), _add(settings, name, role))
            for name, role in (("bola", "researcher"), ("principal", "administrator"))
        ),
    )


@pytest.fixture(scope="module")
def owner(school: School) -> Iterator[Connection]:
    """The warehouse's owner, who sees and may change everything; each statement stands by itself."""
    connection = connect(school.settings.database_url)
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def reader(school: School) -> Pool:
    """Connections as an administrator's insights have them."""
    return ReadingAs(Pool(school.settings.reader_database_url, size=2), "administrator")


def _load(settings: Settings, directory: Path) -> None:
    pipeline = Pipeline.of(settings)
    for dataset, table in first_edition(1).items():
        path = directory / f"{dataset.split('/')[1]}.csv"
        table.write(path)
        with path.open("rb") as stream:
            pipeline.send_stream(stream, dataset)
    assert not pipeline.poll().failed
    assert transform(settings) is not None
    assert [outcome.trained for outcome in predict(settings, (FAILING, JAMB))] == [True, True]
    pipeline.pool.close()


def _add(settings: Settings, name: str, role: str) -> str:
    connection = connect(settings.database_url)
    with transaction(connection):
        key = accounts.add(connection, name, role)
    connection.close()
    return key
