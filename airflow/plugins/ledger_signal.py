"""The ledger's wake-up calls: a NOTIFY on a channel of the warehouse starts the DAG that watches it within a second."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

QUIET_SECONDS = 1.0  # a burst becomes one event at once and at most one per this time while it goes on
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 30.0


class LedgerSignal(BaseEventTrigger):
    """Fires when something was notified on `channel`, and once whenever it has begun to listen.

    Postgres drops a notification that nobody listens to, hence the event at each (re)connect: the DAG behind it
    compares with the ledger anyway, so an event too many costs an idle poll; one too few would cost five minutes.
    It never ends: while Postgres is away it tries again, first after a second, in the end every half minute.
    """

    def __init__(self, channel: str) -> None:
        super().__init__()
        self.channel = channel

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Without the warehouse's address: what is returned here is stored in Airflow's database."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"channel": self.channel}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yields {"channel": …} for each wake-up, and nothing of what was sent: the ledger knows more."""
        import psycopg

        from elt.settings import Settings

        database_url = Settings.from_environment().database_url
        retry_seconds = FIRST_RETRY_SECONDS
        while True:
            attempted_at = time.monotonic()
            try:
                async for _ in self._wake_ups(database_url):
                    yield TriggerEvent({"channel": self.channel})
            except psycopg.Error as error:
                # Its message may name hosts and users.
                self.log.warning("The listener on %s lost the warehouse: %s", self.channel, type(error).__name__)
            if time.monotonic() - attempted_at > LONGEST_RETRY_SECONDS:
                retry_seconds = FIRST_RETRY_SECONDS
            await asyncio.sleep(retry_seconds)
            retry_seconds = min(2 * retry_seconds, LONGEST_RETRY_SECONDS)

    async def _wake_ups(self, database_url: str) -> AsyncIterator[None]:
        """One item once it listens, then one per burst, until the connection breaks."""
        import psycopg
        from psycopg import sql

        async with await psycopg.AsyncConnection.connect(
            database_url,
            autocommit=True,
            connect_timeout=10,
            application_name=f"airflow listens to {self.channel}",
            # A listener never sends, so only these tell it that the other side vanished without a word.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        ) as connection:
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(self.channel)))
            yield
            while True:
                async for _ in connection.notifies(stop_after=1):
                    pass  # all that arrived together is one wake-up
                yield
                await asyncio.sleep(QUIET_SECONDS)


def wake_others() -> None:
    """Signal `transform` and `dry_run`, each if it has something to do. Raises Unavailable where Postgres is away."""
    from elt.database import connect, transaction
    from elt.dry_runs import ledger as dry_run_ledger
    from elt.notifying import DRY_RUN_CHANNEL, DUE_CHANNEL, notify
    from elt.polling import transform_due
    from elt.settings import Settings

    connection = connect(Settings.from_environment().database_url)
    try:
        is_due = transform_due(connection)
        with transaction(connection):
            if is_due:
                notify(connection, DUE_CHANNEL, "")
            if dry_run_ledger.is_due(connection):
                notify(connection, DRY_RUN_CHANNEL, "")
    finally:
        connection.close()
