import csv
import re
import shlex
from pathlib import Path
from urllib.parse import urlparse

import pytest
from supervisor.options import ServerOptions

from elt.settings import Settings
from stack import airflow, credentials, status
from stack.home import REPOSITORY, Home
from stack.plan import Plan, UnusableEnvironment, external_parts
from stack.ports import DEFAULTS
from stack.supervisor import render

EXTERNAL_DATABASE = {
    "LAUREL_DATABASE_URL": "postgresql://a:b@db.example:5432/w",
    "LAUREL_READER_DATABASE_URL": "postgresql://r:b@db.example:5432/w",
    "LAUREL_AIRFLOW_DATABASE_URL": "postgresql://f:b@db.example:5432/f",
}
EXTERNAL_STORE = {
    "LAUREL_S3_ENDPOINT": "https://s3.example",
    "LAUREL_S3_ACCESS_KEY": "key",
    "LAUREL_S3_SECRET_KEY": "secret",
}


def plan(home: Path, external: dict[str, str] | None = None) -> Plan:
    place = Home(home, home / "logs")
    place.create()
    return Plan(place, dict(DEFAULTS), credentials.load_or_create(place), external or {})


def names(one: Plan) -> list[str]:
    return [program.name for program in one.programs()]


AIRFLOW = [f"airflow-{name}" for name in airflow.PROCESSES]


def test_everything_is_embedded_unless_named(tmp_path: Path) -> None:
    assert names(plan(tmp_path)) == ["postgres", "s3", "backend", *AIRFLOW]


def test_an_external_part_is_not_started_but_used(tmp_path: Path) -> None:
    outside = plan(tmp_path, EXTERNAL_DATABASE | EXTERNAL_STORE)
    assert names(outside) == ["backend", *AIRFLOW]
    environment = outside.environment()
    assert environment["LAUREL_DATABASE_URL"] == EXTERNAL_DATABASE["LAUREL_DATABASE_URL"]
    assert environment["LAUREL_S3_ENDPOINT"] == EXTERNAL_STORE["LAUREL_S3_ENDPOINT"]
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql+psycopg2://f:b@db.example:5432/f"


def test_every_setting_that_the_containers_know_can_be_set_for_an_embedded_stack(tmp_path: Path) -> None:
    compose = (REPOSITORY / "docker-compose.yaml").read_text()
    others = ("API_URL", "BACKEND_URL", "SESSION_SECRET", "AIRFLOW_DATABASE_URL")  # the stack's own to decide
    known = set(re.findall(r"^  (LAUREL_\w+): ", compose, re.MULTILINE)) - {f"LAUREL_{name}" for name in others}
    assert {"LAUREL_OIDC_ISSUER", "LAUREL_SMTP_URL", "LAUREL_PREDICTION_GATE"} < known
    said = {name: f"{name} as said" for name in known} | EXTERNAL_DATABASE | EXTERNAL_STORE
    environment = plan(tmp_path, external_parts(said)).environment()
    assert {name: environment.get(name) for name in known} == {name: said[name] for name in known}


@pytest.mark.parametrize("whole", [EXTERNAL_DATABASE, EXTERNAL_STORE])
def test_half_an_external_part_is_refused_with_what_is_missing(whole: dict[str, str]) -> None:
    assert external_parts(whole) == whole
    missing = list(whole)[-1]
    with pytest.raises(UnusableEnvironment, match=missing):
        external_parts({name: value for name, value in whole.items() if name != missing})


def test_a_shell_that_ran_env_does_not_make_the_embedded_parts_external(tmp_path: Path) -> None:
    assert external_parts(status.shell_variables(plan(tmp_path))) == {}


def test_the_applications_settings_are_complete(tmp_path: Path) -> None:
    settings = Settings.from_environment(plan(tmp_path).environment())
    assert settings.home == tmp_path
    assert urlparse(settings.reader_database_url).username == "laurel_reader"


def test_what_the_users_shell_holds_does_not_reach_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AIRFLOW__CORE__EXECUTOR", "PYTHONHOME", "PGHOST", "DBT_TARGET", "RCLONE_CONFIG"):
        monkeypatch.setenv(name, "from-the-shell")
    assert "from-the-shell" not in plan(tmp_path).environment().values()


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    first, second = plan(tmp_path), plan(tmp_path)
    assert first.credentials == second.credentials
    assert len(set(first.credentials.values())) == len(first.credentials)
    assert len(first.credentials["airflow_jwt_secret"]) >= 64
    assert (tmp_path / credentials.FILE).stat().st_mode & 0o777 == 0o600


def test_two_homes_share_no_secret(tmp_path: Path) -> None:
    one, other = plan(tmp_path / "one"), plan(tmp_path / "other")
    assert not set(one.credentials.values()) & set(other.credentials.values())


def test_the_configuration_holds_no_secret_but_the_supervisors_own(tmp_path: Path) -> None:
    one = plan(tmp_path)
    text = render(one)
    assert {name for name, value in one.credentials.items() if value in text} == {"supervisor_password"}


def test_no_secret_is_an_argument_of_a_process(tmp_path: Path) -> None:
    one = plan(tmp_path)
    words = " ".join(" ".join(program.command) for program in one.programs())
    assert {name for name, value in one.credentials.items() if value in words} == set()
    told = one.environment()["RCLONE_AUTH_KEY"]
    assert next(csv.reader([told])) == [f"{one.credentials['s3_access_key']},{one.credentials['s3_secret_key']}"]


def test_supervisord_reads_the_configuration_even_in_an_odd_directory(tmp_path: Path) -> None:
    one = plan(tmp_path / "50% of a school; it's odd")
    (tmp_path / "supervisord.conf").write_text(render(one))
    options = ServerOptions()
    options.realize(["-c", str(tmp_path / "supervisord.conf")])
    read = [process for group in options.process_group_configs for process in group.process_configs]
    assert {Path(process.stdout_logfile).parent for process in read} == {one.home.logs}
    commands = {process.name: shlex.split(process.command) for process in read}
    assert commands == {program.name: program.command for program in one.programs()}


def test_nothing_listens_beyond_this_machine(tmp_path: Path) -> None:
    one = plan(tmp_path)
    words = " ".join(" ".join(program.command) for program in one.programs()) + render(one)
    assert "0.0.0.0" not in words  # noqa: S104
    assert one.environment()["AIRFLOW__API__HOST"] == "127.0.0.1"
    for name in ("airflow-scheduler", "airflow-triggerer"):
        command = next(program.command for program in one.programs() if program.name == name)
        assert "--skip-serve-logs" in command


def test_logs_go_to_the_checkout_unless_a_home_is_chosen(tmp_path: Path) -> None:
    assert Home.from_environment({}).logs == REPOSITORY / "logs"
    assert Home.from_environment({"LAUREL_HOME": str(tmp_path)}).logs == tmp_path / "logs"
