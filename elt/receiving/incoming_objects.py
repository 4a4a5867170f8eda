"""Objects on their way into the store: who still may promise them, and what the sweep may take.

An object is promised or swept, never both: the sweep disowns it first, visibly, and what is disowned never arrives.
"""

import logging
from datetime import timedelta

from psycopg2.extensions import connection as Connection

from elt.database import Pool, only_row, transaction
from elt.errors import LaurelError, Unavailable
from elt.store import ObjectStore

log = logging.getLogger(__name__)
ABANDONED_AFTER = timedelta(days=1)  # longer than any upload takes


def announce(connection: Connection, prefix: str) -> str:
    """Choose the object's key and note that bytes are on their way to it. Keys sort by arrival."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.incoming_object (object_key) values (%s || uuidv7()) returning object_key", [prefix]
        )
        return str(only_row(cursor)[0])


def arrived(connection: Connection, object_key: str) -> None:
    """In the transaction that enters it: the object is no longer on its way.

    Raises Unavailable where the sweep took it for abandoned: it was slow beyond measure, or the clock leapt.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from catalog.incoming_object where object_key = %s and started_at > '-infinity'", [object_key]
        )
        if cursor.rowcount == 0:
            raise Unavailable(
                "upload_given_up", "The upload took so long that it was given up.", remedy="Send the file again."
            )


def discard(pool: Pool, store: ObjectStore, object_key: str) -> None:
    """Remove what an upload without a promise left; what cannot be removed now is swept later."""
    try:
        with pool.connection() as connection, connection.cursor() as cursor:
            # An answer lost on its way back does not mean that it was not entered. This waits where it still may be.
            cursor.execute("delete from catalog.incoming_object where object_key = %s", [object_key])
            cursor.execute(
                "select 1 from catalog.submission where object_key = %(key)s "
                "union all select 1 from catalog.fix where object_key = %(key)s",
                {"key": object_key},
            )
            if cursor.fetchone() is None:
                store.delete(object_key)
    except LaurelError as error:
        log.warning("object %s is left for the sweep: %s", object_key, error.message)


def disown(connection: Connection, object_key: str) -> None:
    """Whatever stands under this key is nobody's any more, and goes with the next sweep."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.incoming_object values (%s, '-infinity') on conflict do nothing", [object_key]
        )


def sweep(connection: Connection, store: ObjectStore) -> None:
    """Remove the bytes of uploads that died before they were promised."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "update catalog.incoming_object set started_at = '-infinity' where started_at < now() - %s",
            [ABANDONED_AFTER],
        )
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select object_key from catalog.incoming_object where started_at = '-infinity'")
        for (object_key,) in cursor.fetchall():
            store.delete(object_key)
            cursor.execute("delete from catalog.incoming_object where object_key = %s", [object_key])
