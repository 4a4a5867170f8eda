"""Every exception becomes a problem document, and nothing of the inside gets out: not to the client, not to the log."""

import logging

import psycopg2
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from flask import Flask, abort, redirect
from flask.testing import FlaskClient

from backend import problems
from elt.errors import Conflict, LaurelError, NotFound, Refused, Unavailable

SECRET = "Adaeze Okonkwo, 12 Example Close"


@pytest.fixture
def app() -> Flask:
    app = Flask("problems")
    problems.register(app)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _raise(app: Flask, error: Exception) -> None:
    @app.get("/raise")
    def view() -> str:
        raise error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (problems.Unauthenticated("no_key", "m"), 401),
        (problems.Forbidden("wrong_role", "m"), 403),
        (problems.BadRequest("bad_parameter", "m"), 400),
        (problems.BadRequest("unsupported_media_type", "m"), 415),
        (NotFound("unknown_dataset", "m"), 404),
        (Conflict("duplicate_content", "m"), 409),
        (Refused("wrong_header", "m"), 422),
        (Refused("empty_file", "m"), 422),
        (Refused("not_csv", "m"), 415),
        (Refused("too_large", "m"), 413),
        (Unavailable("store_unavailable", "m"), 503),
        (LaurelError("ledger_row_lost", "m"), 500),
    ],
)
def test_the_kind_of_an_error_decides_the_status(
    app: Flask, client: FlaskClient, error: LaurelError, status: int
) -> None:
    _raise(app, error)
    response = client.get("/raise")
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.json is not None
    assert response.json["status"] == status
    assert response.json["type"] == f"urn:laurel:problem:{error.code}"


def test_a_problem_says_what_was_wrong_what_is_allowed_and_what_to_do(app: Flask, client: FlaskClient) -> None:
    _raise(app, Refused("wrong_header", "It is wrong.", allowed="These.", remedy="Do that.", missing=["Age"], status=1))
    document = client.get("/raise").json
    assert document == {
        "type": "urn:laurel:problem:wrong_header",
        "title": "Unprocessable Entity",
        "status": 422,  # a detail never takes the place of a member of the standard
        "code": "wrong_header",
        "detail": "It is wrong.",
        "allowed": "These.",
        "remedy": "Do that.",
        "instance": "/raise",
        "missing": ["Age"],
    }


def test_unauthenticated_names_the_scheme(app: Flask, client: FlaskClient) -> None:
    _raise(app, problems.Unauthenticated("no_key", "m"))
    assert client.get("/raise").headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "error",
    [
        psycopg2.OperationalError(SECRET),
        psycopg2.InterfaceError(SECRET),
        EndpointConnectionError(endpoint_url=SECRET),
        ClientError({"Error": {"Code": "500", "Message": SECRET}}, "PutObject"),
    ],
)
def test_a_lost_part_is_503_with_retry_after(
    app: Flask, client: FlaskClient, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    _raise(app, error)
    response = client.get("/raise")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert SECRET not in response.text + caplog.text


def test_a_bug_tells_the_client_nothing_and_the_log_only_where(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/raise")
    def view() -> str:
        try:
            raise psycopg2.DataError(f"invalid input syntax: {SECRET}")
        except psycopg2.DataError as error:
            raise ValueError(SECRET) from error

    with caplog.at_level(logging.DEBUG):
        response = client.get("/raise")
    assert response.status_code == 500
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    assert "ValueError" not in response.text
    assert SECRET not in caplog.text
    assert "ValueError" in caplog.text  # the operator learns the types …
    assert "DataError" in caplog.text
    assert "test_problems.py" in caplog.text  # … and the place


def test_an_unknown_url_and_a_wrong_method_are_problems_too(app: Flask, client: FlaskClient) -> None:
    _raise(app, ValueError())
    assert client.get("/nowhere").get_json()["code"] == "not_found"
    response = client.delete("/raise")
    assert response.status_code == 405
    assert response.mimetype == "application/problem+json"
    assert "GET" in response.headers["Allow"]


def test_a_redirect_stays_a_redirect(app: Flask, client: FlaskClient) -> None:
    @app.get("/old")
    def view() -> None:
        abort(redirect("/new"))

    assert client.get("/old").status_code == 302
