"""./start.sh as its user meets it: up, up again, status, env, user add, a crash, stop."""

import json
import os
import socket
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlparse

import psutil
import psycopg2
import pytest
import requests
from psycopg2.extensions import cursor as Cursor

from elt.notifying import DRAFT_CHANNEL, DRY_RUN_CHANNEL, DUE_CHANNEL, PREDICT_CHANNEL, WORK_CHANNEL
from stack.supervisor import leftovers


def supervised(stack) -> dict[int, str]:
    """The processes that supervisord itself started."""
    running = leftovers(stack.home)
    supervisor = next(process for process in running if process.name() == "supervisord")
    return {process.pid: process.name() for process in running if process.ppid() == supervisor.pid}


def accepts_connections(url: str) -> bool:
    address = urlparse(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except OSError:
        return False
    return True


def test_up_again_changes_nothing(stack) -> None:
    before = supervised(stack)
    printed = stack.run("up").stdout
    assert supervised(stack) == before
    assert "sample school" not in printed  # what is done is not done again
    assert stack.api_url in printed
    assert stack.researcher_key in printed


def test_status_lists_every_process(stack) -> None:
    printed = stack.run("status").stdout
    for name in ("postgres", "s3", "backend", *(f"airflow-{part}" for part in ("api-server", "scheduler"))):
        assert any(line.startswith(name) and "RUNNING" in line for line in printed.splitlines()), printed


def test_env_reaches_every_part(stack) -> None:
    names = {"LAUREL_API_URL", "LAUREL_RESEARCHER_KEY", "LAUREL_ADMIN_KEY", "LAUREL_DATABASE_URL", "AIRFLOW_URL"}
    assert names <= stack.variables.keys()
    assert requests.get(f"{stack.api_url}/readyz", timeout=10).status_code == 200
    login = {"username": stack.variables["AIRFLOW_USERNAME"], "password": stack.variables["AIRFLOW_PASSWORD"]}
    assert requests.post(f"{stack.airflow_url}/auth/token", json=login, timeout=10).status_code == 201
    for url in (stack.database_url, stack.reader_database_url):
        psycopg2.connect(url).close()


def test_secrets_are_for_their_owner_only(stack) -> None:
    for name in ("secrets.json", "supervisord.conf", "airflow/passwords.json"):
        assert (stack.home / name).stat().st_mode & 0o077 == 0, name


def test_user_add_prints_a_key_that_works_and_is_stored_nowhere(stack) -> None:
    key = stack.run("user", "add", "Ada Obi", "--role", "researcher").stdout.strip()
    answer = requests.get(f"{stack.api_url}/api/v1/submissions", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    assert answer.json()["submissions"] == []  # a new researcher sees nobody else's
    again = stack.run("user", "add", "Ada Obi", "--role", "researcher", check=False)
    assert again.returncode == 1
    assert "already" in again.stdout
    files = (path for path in stack.home.rglob("*") if path.is_file() and not path.is_relative_to(stack.home / "venv"))
    assert not [path for path in files if "postgres" not in path.parts and key.encode() in path.read_bytes()]


def test_a_teacher_whom_no_file_names_is_told_of(stack) -> None:
    words = ("--role", "teacher", "--school", "laurel", "--teacher")
    known, unknown = (stack.run("user", "add", name, *words, name).stdout for name in ("LHT-005", "LHT-5000"))
    assert "No file names" not in known
    assert "No file names this teacher yet" in unknown


def test_psql_opens_the_warehouse(stack) -> None:
    assert stack.run("psql", "-Atc", "select current_user").stdout.strip() == "laurel"


def test_no_secret_is_an_argument_of_any_process(stack) -> None:
    psql = stack.run("psql", "-c", r"\! tr '\0' ' ' < /proc/$PPID/cmdline").stdout
    assert "psql" in psql
    words = [psql, *(" ".join(process.cmdline()) for process in leftovers(stack.home))]
    secrets = json.loads((stack.home / "secrets.json").read_text())
    assert {name for name, value in secrets.items() if any(value in line for line in words)} == set()


def test_a_revoked_account_gets_in_no_more(stack) -> None:
    key = stack.run("user", "add", "Bola Eze", "--role", "researcher").stdout.strip()
    assert "Bola Eze" in stack.run("user", "list").stdout
    stack.run("user", "revoke", "Bola Eze")
    [listed] = [line for line in stack.run("user", "list").stdout.splitlines() if line.startswith("Bola Eze")]
    assert ", closed" in listed
    answer = requests.get(f"{stack.api_url}/api/v1/submissions", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    assert answer.status_code == 401


def test_a_process_that_dies_is_started_again(stack) -> None:
    backend = psutil.Process(next(pid for pid, name in supervised(stack).items() if "gunicorn" in name))
    workers = backend.children()
    backend.kill()
    _, alive = psutil.wait_procs(workers, timeout=60)  # they go on answering until they notice
    assert alive == []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(1)
        try:
            if requests.get(f"{stack.api_url}/readyz", timeout=5).status_code == 200:
                return
        except requests.RequestException:
            continue
    pytest.fail("The backend did not come back.")


def test_after_a_crash_it_just_starts_again_on_the_same_addresses(stack) -> None:
    headers = {"Authorization": f"Bearer {stack.admin_key}"}
    before = requests.get(f"{stack.api_url}/api/v1/submissions", headers=headers, timeout=10).json()["submissions"]
    running = leftovers(stack.home)
    killed = [process for process in running if process.name() in ("supervisord", "postgres", "rclone")]
    for process in killed:
        process.kill()
    assert {process.name() for process in killed} == {"supervisord", "postgres", "rclone"}
    assert stack.run("status", check=False).returncode == 3
    # The number of the dead server now belongs to a process that lives, as it may after a reboot.
    pid_file = stack.home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert f"{stack.api_url}/" in stack.run("up").stdout

    after = requests.get(f"{stack.api_url}/api/v1/submissions", headers=headers, timeout=10).json()["submissions"]
    assert [one["id"] for one in after] == [one["id"] for one in before]
    # What the dead supervisor left behind was replaced as well.
    assert not [p for p in running if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def tasks_that_wait(home: Path, cursor: Cursor) -> list[psutil.Process]:
    """Airflow's tasks that wait for somebody's lock in the warehouse; also the backend may wait for one."""
    cursor.execute("select client_port from pg_stat_activity where wait_event_type = 'Lock'")
    ports, waiting = {port for (port,) in cursor}, []
    for process in leftovers(home):
        with suppress(psutil.NoSuchProcess):
            is_task = " ".join(process.cmdline()).startswith("airflow worker -- ")
            if is_task and ports & {one.laddr.port for one in process.net_connections("tcp")}:
                waiting.append(process)
    return waiting


def test_stop_ends_every_process(stack) -> None:
    """Also tasks that are at work or just starting: they end, so that nobody is killed and no DAG is held up."""
    with closing(psycopg2.connect(stack.database_url)) as holding, closing(psycopg2.connect(stack.database_url)) as own:
        own.autocommit = True
        with holding.cursor() as holder, own.cursor() as cursor:
            holder.execute("lock table catalog.submission")
            for channel in (WORK_CHANNEL, DUE_CHANNEL, DRAFT_CHANNEL, DRY_RUN_CHANNEL, PREDICT_CHANNEL):
                cursor.execute(f"notify {channel}")  # unless a run is there already, which then waits
            deadline = time.monotonic() + 240
            while not tasks_that_wait(stack.home, cursor):
                assert time.monotonic() < deadline
                time.sleep(0.2)
        stack.run("stop")
    assert "killing" not in (stack.home / "logs" / "supervisord.log").read_text()
    assert leftovers(stack.home) == []
    for url in (stack.api_url, stack.airflow_url, stack.database_url, stack.variables["LAUREL_S3_ENDPOINT"]):
        assert not accepts_connections(url)
    assert stack.run("status", check=False).returncode == 3
