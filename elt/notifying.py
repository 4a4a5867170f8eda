"""Postgres's NOTIFY: whoever enters work in the ledger wakes the DAG that watches the channel."""

from psycopg2.extensions import connection as Connection

WORK_CHANNEL = "laurel_work"  # something waits for `ingest`
DUE_CHANNEL = "laurel_due"  # marts are behind raw: something waits for `transform`
DRAFT_CHANNEL = "laurel_drafts"  # a sample waits for `draft`
DRY_RUN_CHANNEL = "laurel_dry_run"  # something waits for `dry_run`
PREDICT_CHANNEL = "laurel_published"  # marts were published, or a target was named: `predict` follows


def notify(connection: Connection, channel: str, payload: str) -> None:
    """Tell listeners when, and only if, the caller's transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [channel, payload])
