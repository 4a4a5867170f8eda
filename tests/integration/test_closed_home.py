"""Root's Postgres where the user it runs as can enter neither the checkout nor the environment."""

import os
import subprocess
from pathlib import Path

import pytest

from stack import postgres
from stack.ports import any_free
from stack.postgres import Cluster

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends Postgres another user")


def test_a_closed_home_sends_the_cluster_elsewhere(scratch_directory: Path) -> None:
    closed = scratch_directory / "closed"
    closed.mkdir(mode=0o700)
    assert postgres.cluster_directory(closed / "laurel").parent == postgres.OUTSIDE_CLOSED_HOMES
    assert postgres.cluster_directory(scratch_directory / "open").parent == scratch_directory / "open"


def test_binaries_it_cannot_reach_are_copied_where_it_can(
    scratch_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_enter = postgres.may_enter
    monkeypatch.setattr(postgres, "may_enter", lambda path: "site-packages" not in path.parts and may_enter(path))
    cluster = Cluster(scratch_directory / "copied" / "postgres", any_free(), "made-up")
    scratch_directory.joinpath("copied").mkdir()
    assert not cluster.directory.exists()
    command = cluster.command()
    assert not cluster.directory.exists()  # asking for the command changes nothing
    cluster.create()
    assert Path(command[0]).is_relative_to(cluster.directory)
    version = subprocess.run([command[0], "--version"], capture_output=True, text=True, **postgres.service_identity())
    assert version.stdout.startswith("postgres (PostgreSQL) 18")
