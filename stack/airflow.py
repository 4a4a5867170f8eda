"""Airflow's processes and every setting of it that differs from its default."""

import json
import sys
from pathlib import Path

import requests

from stack.home import REPOSITORY, Home
from stack.ports import LOOPBACK

USERNAME = "admin"
EXECUTOR = "sturdy_executor.SturdyExecutor"  # airflow/plugins: a LocalExecutor that survives its workers' deaths
PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer")
SCHEDULER = "airflow-scheduler"
COMMAND = str(Path(sys.prefix) / "bin" / "airflow")


def environment(home: Home, port: int, database_url: str, credentials: dict[str, str]) -> dict[str, str]:
    """The environment variables that configure every Airflow process alike."""
    url = f"http://{LOOPBACK}:{port}"
    settings: dict[str, dict[str, str | int | float]] = {
        "core": {
            "dags_folder": str(REPOSITORY / "airflow" / "dags"),
            "plugins_folder": str(REPOSITORY / "airflow" / "plugins"),
            "executor": EXECUTOR,
            "parallelism": 5,  # a process each, made when needed: one of every DAG, but draft and dry_run share
            "mp_start_method": "fork",  # shares the scheduler's memory; the default from Python 3.14 on does not
            "load_examples": "False",
            "dags_are_paused_at_creation": "False",
            "execution_api_server_url": f"{url}/execution/",
            "simple_auth_manager_users": f"{USERNAME}:admin",
            "simple_auth_manager_passwords_file": str(home.path / "airflow" / "passwords.json"),
            "fernet_key": credentials["airflow_fernet_key"],
        },
        "database": {
            "sql_alchemy_conn": database_url.replace("postgresql://", "postgresql+psycopg2://", 1),
            "sql_alchemy_pool_size": 2,
        },
        "api": {
            "host": LOOPBACK,
            "port": port,
            "base_url": url,
            "workers": 1,
            "secret_key": credentials["airflow_secret_key"],
        },
        "workers": {
            # On a busy machine, or while it starts, the api-server answers late; the task waits instead of failing.
            "execution_api_timeout": 30,
            "execution_api_retries": 20,
            "execution_api_retry_wait_max": 3,
            "min_heartbeat_interval": 2,  # how late the end of a task may be noticed, in seconds
        },
        "api_auth": {"jwt_secret": credentials["airflow_jwt_secret"]},
        "logging": {
            "base_log_folder": str(home.logs / "airflow"),
            "dag_processor_child_process_log_directory": str(home.logs / "airflow" / "dag_processor"),
            "colored_console_log": "False",
        },
        "scheduler": {
            "scheduler_health_check_threshold": 60,
            "scheduler_idle_sleep_time": 1.5,  # the largest cost of an idle stack
            # Until then a task whose scheduler was killed with it keeps its DAG from starting again. By default: 300.
            "orphaned_tasks_check_interval": 30,
            "task_instance_heartbeat_timeout": 120,  # the same where the task alone was killed
        },
        "triggerer": {"triggerer_health_check_threshold": 60, "capacity": 50},
        # DAG files change with a new version of the checkout, and then everything is restarted.
        "dag_processor": {
            "parsing_processes": 1,
            # Not longer: Airflow 3.3 may note a DAG as full from a stale count, and then starts none of its runs until
            # the file is parsed again (seen once in ten runs that followed each other closely).
            "min_file_process_interval": 60,
            "refresh_interval": 900,
            "bundle_refresh_check_interval": 60,
            "print_stats_interval": 0,
            "health_check_threshold": 60,
        },
        "usage_data_collection": {"enabled": "False"},
    }
    variables = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": str(value)
        for section, options in settings.items()
        for name, value in options.items()
    }
    return variables | {
        "AIRFLOW_HOME": str(home.path / "airflow"),
        "DO_NOT_TRACK": "1",
        # Airflow ends its tasks by os._exit, and Python then complains of dbt's semaphores in every log.
        "PYTHONWARNINGS": "ignore:resource_tracker",
    }


def prepare_files(home: Home, password: str) -> None:
    """Make the folders, and the password file that Airflow's login reads."""
    for folder in (home.path / "airflow", home.logs / "airflow"):
        folder.mkdir(parents=True, exist_ok=True)
    home.private_file("airflow/passwords.json", json.dumps({USERNAME: password}))


def commands() -> dict[str, list[str]]:
    """The command of each process, in the foreground."""
    # Without log servers: everything is on one machine, so the api-server reads the log files themselves.
    options = {"scheduler": ["--skip-serve-logs"], "triggerer": ["--skip-serve-logs"]}
    return {f"airflow-{name}": [COMMAND, name, *options.get(name, [])] for name in PROCESSES}


def unhealthy(url: str) -> list[str]:
    """The names of the processes that Airflow's own health page does not call healthy."""
    try:
        # The API that tasks talk to loads with its first call; so no task is the one that waits for it.
        requests.get(f"{url}/execution/health", timeout=30).raise_for_status()
        answer = requests.get(f"{url}/api/v2/monitor/health", timeout=5).json()
    except (requests.RequestException, ValueError):
        return list(PROCESSES)
    parts = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
    return [name for name, part in parts.items() if (answer.get(part) or {}).get("status") != "healthy"]
