"""Imports run one way: backend → elt ← airflow; the stack starts them all and none of them knows it; dbt is SQL."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

# What the code in a folder may import of this project, and which libraries belong to another room.
ALLOWED = {
    "elt": ({"elt"}, {"airflow", "flask", "flasgger", "gunicorn"}),
    "backend": ({"backend", "elt"}, {"airflow", "dbt"}),
    "airflow": ({"elt"}, {"flask", "flasgger"}),
    "stack": ({"stack", "elt"}, {"airflow", "dbt", "flask"}),
    "containers": ({"containers", "stack", "elt"}, {"airflow", "dbt", "flask"}),
}
ROOMS = {*ALLOWED, "bench", "tests"} - {"airflow"}  # `airflow` in an import is the installed package


def _files(folder: str) -> list[Path]:
    return sorted((REPOSITORY / folder).rglob("*.py"))


def _imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import, wherever it stands; relative ones stay inside by themselves."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_imports_run_one_way(folder: str) -> None:
    files = _files(folder)
    assert files
    own, foreign = ALLOWED[folder]
    forbidden = (ROOMS - own) | foreign
    found = [
        f"{path.relative_to(REPOSITORY)}:{line} imports {package}"
        for path in files
        for line, package in _imported(path)
        if package in forbidden
    ]
    assert found == []


def test_dbt_holds_no_python() -> None:
    assert _files("dbt") == []
    assert list((REPOSITORY / "dbt").rglob("*.sql"))


def test_the_backend_loads_nothing_that_trains_or_builds() -> None:
    """Each of its processes would hold another hundred mebibytes for what it never calls."""
    script = (
        "import sys, backend.app, backend.reporting.registry as known; known.registry(); "
        "print({'sklearn', 'scipy', 'dbt', 'airflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
