"""dbt's connections to Postgres: each of its threads keeps its own from model to model and test to test."""

from contextlib import suppress

import psycopg2
from dbt.adapters.postgres import PostgresAdapter
from dbt.adapters.postgres.connections import PostgresConnectionManager


class KeptConnections(PostgresConnectionManager):  # type: ignore[misc]  # dbt's types are not read
    """dbt's own would end it after each node: to begin others is a tenth of a build's processor time."""

    def release(self) -> None:
        """The thread's node is over: nothing of it stays open. The connection goes on where it is sound."""
        connection = self.get_if_exists()
        if connection is not None and connection.state == "open":
            with suppress(psycopg2.Error):  # one that broke has nothing to roll back, and is ended below
                connection.handle.rollback()
                connection.transaction_open = False
                return
        super().release()


def keep_connections() -> None:
    """For every dbt command of this process from now on; each closes what it opened when it ends."""
    PostgresAdapter.ConnectionManager = KeptConnections
