"""Runs a command with a Postgres and an object store of its own, empty, on free ports; both are gone afterwards.

    python -m bench.servers python -m bench.load …

Nothing else works on them, so that what is measured is the command alone.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2

from stack import object_store, ports
from stack.databases import create_roles
from stack.postgres import Cluster, service_identity


def main(command: list[str]) -> int:
    directory = Path(tempfile.mkdtemp(prefix="laurel-bench-"))
    directory.chmod(0o711)  # root's Postgres runs as another user
    password, access_key, secret_key = (secrets.token_hex(16) for _ in range(3))
    cluster = Cluster(directory / "postgres", ports.any_free(), secrets.token_hex(16))
    cluster.create()
    port = ports.any_free()
    (directory / "s3").mkdir()
    with (directory / "log").open("w") as log:
        postgres = subprocess.Popen(cluster.command(), stdout=log, stderr=subprocess.STDOUT, **service_identity())
        store = subprocess.Popen(
            object_store.command(directory / "s3", port),
            env=object_store.environment(access_key, secret_key),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        cluster.wait_until_ready()
        create_roles(cluster.url("postgres"), password, password, password)
        connection = psycopg2.connect(cluster.url("postgres"))
        connection.autocommit = True
        connection.cursor().execute("create database bench owner laurel")
        connection.close()
        object_store.wait_until_listening(port)
        variables = {
            "LAUREL_DATABASE_URL": cluster.url("bench", "laurel", password),
            "LAUREL_READER_DATABASE_URL": cluster.url("bench", "laurel_reader", password),
            "LAUREL_S3_ENDPOINT": object_store.endpoint(port),
            "LAUREL_S3_ACCESS_KEY": access_key,
            "LAUREL_S3_SECRET_KEY": secret_key,
            "LAUREL_SESSION_SECRET": secrets.token_hex(32),
            "LAUREL_HOME": str(directory / "home"),
        }
        return subprocess.run(command, env=os.environ | variables, check=False).returncode
    finally:
        postgres.send_signal(signal.SIGINT)
        store.terminate()
        postgres.wait()
        store.wait()
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
