"""One `dbt build`, run in this process, and what came of each model, seed and test."""

import gc
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml
from psycopg2.extensions import parse_dsn

from elt.errors import LaurelError
from elt.settings import REPOSITORY, Settings
from elt.transforming.publishing import LAYERS, Built

PROJECT = REPOSITORY / "dbt"
BUILD = ("build", "--no-write-json")  # nobody reads the files that say what ran, and writing them takes a quarter of it
QUIET = ("--quiet", "--log-level-file", "none", "--no-use-colors")


@dataclass(frozen=True)
class FailedTest:
    """A dbt test that failed: its SQL, and, of a generic one, which and with what arguments."""

    node_id: str
    query: str
    generic: str | None
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class NodeResult:
    """One model, seed or test of a build; `built` is what is now ready to be published of it."""

    node_id: str
    resource_type: str
    status: str
    seconds: float
    rows: int | None
    failures: int | None
    message: str | None
    built: Built | None
    failed_test: FailedTest | None = None

    @property
    def failed(self) -> bool:
        """`skipped` counts: something before it failed."""
        return self.status in ("error", "fail", "runtime error", "skipped", "partial success")


def project_fingerprint() -> str:
    """Changes with any file of the dbt project that decides what is built."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT.rglob("*")):
        relative = path.relative_to(PROJECT)
        if path.suffix in (".sql", ".yml", ".csv") and relative.parts[0] not in ("target", "logs"):
            digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def modelled_datasets() -> frozenset[str]:
    """The datasets that models read: dbt's sources, but for the ledger."""
    documents = (yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in PROJECT.glob("models/**/*__sources.yml"))
    sources = (source for document in documents for source in document["sources"] if source["name"] != "catalog")
    return frozenset(f"{source['name']}/{table['name']}" for source in sources for table in source["tables"])


def build(settings: Settings, datasets: Sequence[str], everything: bool) -> list[NodeResult]:
    """Build and test all that reads these datasets; one result per node, in the order of their end.

    `everything` builds the other models too, and tests the seeds. It does not test what no dataset here leads to:
    a table that is empty passes, and asking each of them is a third of the time that an empty warehouse takes.

    Raises LaurelError where dbt could not even start: a broken project, say.
    """
    # `laurel/students` is the source laurel.students.
    select = [f"source:{dataset.replace('/', '.')}+" for dataset in datasets]
    if everything:
        select += ["resource_type:model", "resource_type:seed+1", "--indirect-selection", "empty"]
    result = invoke(settings, [*BUILD, *directories(settings), "--select", *select])
    if result.result is None:
        raise LaurelError(
            "dbt_did_not_run",
            f"dbt could not run: {type(result.exception).__name__}.",
            remedy="`./start.sh dbt parse` shows why.",
        ) from result.exception
    return [_node_result(node) for node in result.result.results]


def directories(settings: Settings, name: str = "dbt") -> list[str]:
    """Where the project is read, and where dbt writes: in a folder of this name, never in the checkout."""
    state = settings.home / name
    return [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(state / "target"), "--log-path", str(state / "logs"),
    ]  # fmt: skip


def invoke(settings: Settings, arguments: Sequence[str]) -> Any:
    """dbt's own result of a command, its connection taken from LAUREL_DATABASE_URL."""
    parts = parse_dsn(settings.database_url)
    os.environ.update(
        {
            "LAUREL_DATABASE_HOST": parts.get("host", "localhost"),
            "LAUREL_DATABASE_PORT": parts.get("port", "5432"),
            "LAUREL_DATABASE_USER": parts["user"],
            "LAUREL_DATABASE_PASSWORD": parts.get("password", ""),
            "LAUREL_DATABASE_NAME": parts["dbname"],
            # What is built can be built again, so nobody waits for its disk; the switch that publishes it does wait,
            # and takes the rest along. Compiling the many short statements would cost more than they do.
            "PGOPTIONS": "-c synchronous_commit=off -c jit=off",
            "DO_NOT_TRACK": "1",
        }
    )
    from dbt.cli.main import dbtRunner  # takes more than a second: only where dbt runs
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    from elt.transforming.dbt_connections import keep_connections
    from elt.transforming.dbt_events import WarningsAndErrors

    ctx_set_event_manager(WarningsAndErrors())
    keep_connections()
    with _little_garbage():
        return dbtRunner().invoke([*arguments, *QUIET])


@contextmanager
def _little_garbage() -> Iterator[None]:
    """dbt keeps nearly all that it makes: to search that for garbage as often as usual is a seventh of its work.

    Never to search would save half as much again, but take half as much memory again.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _node_result(result: Any) -> NodeResult:
    node = result.node
    status = str(getattr(result.status, "value", result.status))
    is_built = str(node.resource_type) == "model" and node.schema in LAYERS and status == "success"
    query = str(node.compiled_code) if is_built and node.config.materialized == "view" else None
    return NodeResult(
        node_id=node.unique_id,
        resource_type=str(getattr(node.resource_type, "value", node.resource_type)),
        status=status,
        seconds=round(result.execution_time, 3),
        rows=_rows(result.adapter_response),
        failures=result.failures,
        message=_without_values(result.message) if status not in ("success", "pass") else None,
        built=Built(node.schema, node.alias, query, node.config.meta.get("rows") == "aggregate") if is_built else None,
        failed_test=_failed_test(node) if status == "fail" else None,
    )


def _failed_test(node: Any) -> FailedTest:
    generic = getattr(node, "test_metadata", None)
    name, arguments = (generic.name, generic.kwargs) if generic else (None, {})
    return FailedTest(node.unique_id, str(node.compiled_code), name, arguments)


def _rows(response: Any) -> int | None:
    rows = response.get("rows_affected") if isinstance(response, dict) else None
    return rows if isinstance(rows, int) and rows >= 0 else None


def _without_values(message: str | None) -> str | None:
    """Postgres quotes cells in its messages; what is quoted after a colon, and every DETAIL line, goes."""
    if message is None:
        return None
    lines = [line for line in message.splitlines() if not line.strip().startswith(("DETAIL:", "LINE ", "CONTEXT:"))]
    return re.sub(r':\s*"[^"]*"', ': "…"', "\n".join(lines))[:2000]
