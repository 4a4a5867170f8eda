"""docker-compose.yaml, .env.example and elt/settings.py speak of the same variables, and nothing is left unpinned."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from containers import env_file, health
from containers.airflow_processes import NAMES
from elt.settings import REPOSITORY, Settings
from stack.postgres import SETTINGS

COMPOSE = (REPOSITORY / "docker-compose.yaml").read_text()
EXAMPLE = (REPOSITORY / ".env.example").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
ONE_SHOT = "init"
# A database's address and its directories are its container's own business.
NOT_TAKEN_OVER = {"listen_addresses", "unix_socket_directories"}


def read(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What compose makes of the file, given these variables."""
    text = VARIABLE.sub(lambda match: variables.get(match[1]) or (match[3] if match[2] == "-" else ""), COMPOSE)
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    return read(env_file.text())


def test_the_example_lists_every_variable_and_no_other() -> None:
    assert set(read(EXAMPLE)) == {match[1] for match in VARIABLE.finditer(COMPOSE)}


def test_defaults_are_the_same_everywhere() -> None:
    example = read(EXAMPLE)
    for match in VARIABLE.finditer(COMPOSE):
        if match[2] == "-":
            assert match[3] == example[match[1]], match[1]


def test_a_blank_of_the_example_stops_compose_unless_demo_accounts_are_not_wanted() -> None:
    blank = {name for name, value in read(EXAMPLE).items() if not value}
    required = {match[1] for match in VARIABLE.finditer(COMPOSE) if match[2] == "?"}
    assert blank - required == {"LAUREL_RESEARCHER_KEY", "LAUREL_ADMIN_KEY"}
    assert required <= blank


def test_a_new_env_file_has_every_value_and_keeps_the_others(env: dict[str, str]) -> None:
    example = read(EXAMPLE)
    assert env.keys() == example.keys()
    assert all(env.values())
    assert all(env[name] == value for name, value in example.items() if value)
    assert env != read(env_file.text())  # secrets are made up, not kept
    assert all(re.fullmatch(r"[\w-]+", env[name]) for name in env if name.endswith("_PASSWORD"))


@pytest.mark.parametrize("service", ["init", "backend", "airflow-scheduler", "airflow-triggerer"])
def test_every_setting_reaches_the_processes_that_read_them(env: dict[str, str], service: str) -> None:
    asked: set[str] = set()

    class Recorder(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return super().get(name, default)

    environment = services(env)[service]["environment"]
    settings = Settings.from_environment(Recorder(environment))
    assert asked - {"LAUREL_HOME"} <= environment.keys()  # the image says where its home is
    assert settings.s3_secret_key == env["LAUREL_S3_SECRET_KEY"]
    assert env["LAUREL_READER_PASSWORD"] in settings.reader_database_url


def test_only_init_holds_the_superusers_password(env: dict[str, str]) -> None:
    for name, service in services(env).items():
        holds = env["LAUREL_POSTGRES_PASSWORD"] in service.get("environment", {}).values()
        assert holds == (name in ("init", "warehouse", "airflow-db")), name


def test_images_are_pinned_to_a_version(env: dict[str, str]) -> None:
    images = {service["image"] for service in services(env).values()} - {"laurel"}
    base = re.search(r"^ARG BASE=(.*)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    assert base
    for image in (*images, base[1]):
        assert re.search(r":(\d+\.\d+[\w.-]*|RELEASE\.[\w-]+)(@sha256:[0-9a-f]{64})?$", image), image


def test_every_lasting_service_has_a_health_check_and_comes_back(env: dict[str, str]) -> None:
    found = services(env)
    for name in found.keys() - {ONE_SHOT}:
        assert found[name]["healthcheck"]["test"], name
        assert found[name]["restart"] == "unless-stopped", name
    assert found.keys() >= {*NAMES, "backend", "warehouse", "airflow-db", "objects", ONE_SHOT}


def test_ports_are_published_on_the_loopback_interface_only(env: dict[str, str]) -> None:
    ports = [port for service in services(env).values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("service", ["warehouse", "airflow-db"])
def test_postgres_is_configured_as_in_the_embedded_stack(env: dict[str, str], service: str) -> None:
    words = services(env)[service]["command"]
    given = dict(word.split("=", 1) for word in words[1:] if word != "-c")
    assert given == {name: value for name, value in SETTINGS.items() if name not in NOT_TAKEN_OVER}


def test_health_of_a_port_where_nothing_listens(closed_port: int) -> None:
    with pytest.raises(OSError, match="refused"):
        health.check(f"tcp://127.0.0.1:{closed_port}")


@pytest.fixture
def closed_port() -> int:
    from stack.ports import any_free

    return any_free()
