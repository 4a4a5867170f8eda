"""Objects on their way into the store: who still may promise them, and what the sweep may take.

An object is promised or swept, never both: the sweep disowns it first, visibly, and what is disowned never arrives.
"""

from datetime import timedelta

from psycopg2.extensions import connection as Connection

from elt.database import transaction
from elt.errors import Unavailable
from elt.store import ObjectStore

ABANDONED_AFTER = timedelta(days=1)  # longer than any upload takes


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
