"""Postgres and the object store from our own image, for places where theirs cannot be pulled (embedded.yaml)."""

from pathlib import Path

from containers.variables import required
from stack import object_store as store
from stack.postgres import Cluster

EVERYWHERE = "0.0.0.0"  # noqa: S104 - in its own network


def postgres() -> list[str]:
    """The server, with the superuser's password that the official image would take: POSTGRES_PASSWORD."""
    cluster = Cluster(Path("/var/lib/postgresql/embedded"), 5432, required("POSTGRES_PASSWORD"))
    cluster.create()
    cluster.forget_dead_server()
    access = cluster.directory / "pg_hba.conf"
    access.write_text("host all all all scram-sha-256\n")
    return cluster.command(listen_addresses=EVERYWHERE, hba_file=str(access))


def object_store() -> list[str]:
    """The store; store_keys() belongs into its environment."""
    return store.command(Path("/data"), 9000, host=EVERYWHERE)


def store_keys() -> dict[str, str]:
    """The store's keys, from where MinIO would take them: MINIO_ROOT_USER and MINIO_ROOT_PASSWORD."""
    return store.environment(required("MINIO_ROOT_USER"), required("MINIO_ROOT_PASSWORD"))
