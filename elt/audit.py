"""The audit log: who did what, and when; an event commits with what it tells of, and Postgres lets nobody change it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection

from elt.access.pseudonyms import pseudonym


@dataclass(frozen=True)
class Event:
    """One thing that somebody did. `account_name` is None where nobody is known: a failed sign-in, a polled file."""

    audit_event_id: int
    happened_at: datetime
    account_name: str | None
    role: str | None
    action: str
    subject: str | None
    detail: Mapping[str, Any] | None


@dataclass(frozen=True)
class Wanted:
    """What to look for; None and empty text: anything. `before` is the number of the last event on the page before."""

    action: str = ""
    account: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def record(
    connection: Connection, account_id: int | None, action: str, subject: str | None, detail: Mapping[str, Any] | None
) -> None:
    """Add one event to the append-only audit log; `detail` must hold no personal data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.audit_event (account_id, action, subject, detail) values (%s, %s, %s, %s)",
            [account_id, action, subject, json.dumps(detail) if detail is not None else None],
        )


def student_seen(
    connection: Connection, account_id: int, action: str, source_system: str, student_id: str, **detail: Any
) -> None:
    """Somebody saw a named student: on record under the student's pseudonym, for auditors know no student."""
    record(connection, account_id, action, pseudonym(connection, source_system, student_id), detail or None)


def page(connection: Connection, wanted: Wanted, limit: int) -> list[Event]:
    """The events that fit, newest first. An action is found by its beginning, account and subject by any part."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select audit_event_id, happened_at, account.name, account.role, action, subject, detail
            from catalog.audit_event left join catalog.account using (account_id)
            where starts_with(action, %(action)s)
              and (%(account)s = '' or strpos(lower(account.name), lower(%(account)s)) > 0)
              and (%(subject)s = '' or strpos(lower(subject), lower(%(subject)s)) > 0)
              and (%(since)s::timestamptz is null or happened_at >= %(since)s)
              and (%(until)s::timestamptz is null or happened_at < %(until)s)
              and (%(before)s::bigint is null or audit_event_id < %(before)s)
            order by audit_event_id desc limit %(limit)s
            """,
            {**vars(wanted), "limit": limit},
        )
        return [Event(*row) for row in cursor.fetchall()]


def actions(connection: Connection) -> list[str]:
    """Every kind of event that is in the log."""
    with connection.cursor() as cursor:
        cursor.execute("select distinct action from catalog.audit_event order by 1")
        return [action for (action,) in cursor.fetchall()]
