"""The audit log: who did what, and when; an event commits with what it tells of."""

import json
from collections.abc import Mapping
from typing import Any

from psycopg2.extensions import connection as Connection


def record(
    connection: Connection, account_id: int | None, action: str, subject: str | None, detail: Mapping[str, Any] | None
) -> None:
    """Add one event to the append-only audit log; `detail` must hold no personal data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.audit_event (account_id, action, subject, detail) values (%s, %s, %s, %s)",
            [account_id, action, subject, json.dumps(detail) if detail is not None else None],
        )
