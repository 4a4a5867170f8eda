"""A sample comes in: first its bytes become durable, then its draft is entered, and only then is it promised."""

import json
from typing import BinaryIO
from uuid import UUID

from elt import audit
from elt.contracting import datasets
from elt.database import Pool, only_row
from elt.ledger import Incoming
from elt.notifying import DRAFT_CHANNEL, notify
from elt.reading.detecting import read_layout
from elt.receiving.incoming_objects import announce, arrived
from elt.receiving.streams import Source
from elt.receiving.unpacking import csv_front
from elt.store import ObjectStore


def take_sample(
    pool: Pool, store: ObjectStore, stream: BinaryIO, incoming: Incoming, account_id: int, max_bytes: int
) -> UUID:
    """Keep a sample and enter its draft. Raises Refused where it is no CSV, Conflict where the name is taken."""
    datasets.check_name(incoming.dataset_id)
    source = Source(stream, max_bytes)
    front = csv_front(source.sample())
    if front is not None:
        read_layout(front, incoming.stated)
    with pool.connection() as connection:
        datasets.check_free(connection, incoming.dataset_id)
        object_key = announce(connection, "drafts/")
    store.put(object_key, source.buffered())  # what fails from here on is swept
    with pool.connection() as connection, connection.cursor() as cursor:
        arrived(connection, object_key)
        cursor.execute(
            "insert into catalog.dataset_draft "
            "(account_id, dataset_id, filename, object_key, sha256, byte_count, stated) "
            "values (%s, %s, %s, %s, %s, %s, %s) returning id",
            [
                account_id,
                incoming.dataset_id,
                incoming.filename,
                object_key,
                source.sha256,
                source.byte_count,
                json.dumps(incoming.stated.as_json()),
            ],
        )
        (id,) = only_row(cursor)
        audit.record(connection, account_id, "draft.create", id, {"dataset": incoming.dataset_id})
        notify(connection, DRAFT_CHANNEL, "received")
    return UUID(id)
