"""What the page of sent files shows."""

from collections.abc import Mapping
from typing import Any

from psycopg2.extras import RealDictCursor

from elt.accounts import Account
from elt.database import Pool

NEWEST = 100


def newest(pool: Pool, account: Account) -> list[Mapping[str, Any]]:
    """One row per submission, newest first, at most NEWEST: a researcher's own, or everybody's for an admin."""
    with pool.connection() as connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            """
            select
                submission.id, submission.dataset_id, submission.filename, submission.status, submission.received_at,
                submission.lines_read, submission.rows_loaded, submission.rows_rejected, submission.error_message,
                account.name as sender
            from catalog.submission
            left join catalog.account on submission.account_id = account.account_id
            where %(is_admin)s or submission.account_id = %(account_id)s
            order by submission.submission_id desc
            limit %(newest)s
            """,
            {"is_admin": account.role == "admin", "account_id": account.account_id, "newest": NEWEST},
        )
        return list(cursor.fetchall())
