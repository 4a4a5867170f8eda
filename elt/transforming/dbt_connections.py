"""dbt's connections to Postgres: each of its threads keeps its own from model to model and test to test."""

import psycopg2
from dbt.adapters.postgres import PostgresAdapter
from dbt.adapters.postgres.connections import PostgresConnectionManager


class KeptConnections(PostgresConnectionManager):  # type: ignore[misc]  # dbt's types are not read
    """dbt's own would end it after each node: to begin others is a tenth of a build's processor time."""

    def release(self) -> None:
        """The thread's node is over: nothing of it stays open. The connection goes on where it is sound."""
        connection = self.get_if_exists()
        if connection is None or connection.state != "open" or connection.handle.closed:
            return super().release()  # type: ignore[no-any-return]
        try:
            connection.handle.rollback()
        except psycopg2.Error:
            return super().release()  # type: ignore[no-any-return]
        connection.transaction_open = False
        return None


def keep_connections() -> None:
    """For every dbt command of this process from now on; each closes what it opened when it ends."""
    PostgresAdapter.ConnectionManager = KeptConnections
