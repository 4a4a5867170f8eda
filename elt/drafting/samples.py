"""Samples that wait are read, and a contract is drafted from each (elt.drafting says how)."""

import json
import logging
from dataclasses import asdict
from typing import Any, BinaryIO, cast
from uuid import UUID

from psycopg2.extensions import connection as Connection

from elt import drafting
from elt.database import transaction
from elt.errors import NotFound, Refused, Unavailable
from elt.reading.detecting import Stated
from elt.receiving.streams import Content, Source
from elt.receiving.unpacking import open_csv
from elt.store import ObjectStore

log = logging.getLogger(__name__)


def draft_waiting(connection: Connection, store: ObjectStore) -> int:
    """Draft every sample that waits, oldest first; returns how many were done."""
    done = 0
    while _draft_next(connection, store, None):
        done += 1
    return done


def draft_one(connection: Connection, store: ObjectStore, id: UUID) -> None:
    """Draft this sample, unless somebody else is at it."""
    _draft_next(connection, store, id)


def _draft_next(connection: Connection, store: ObjectStore, id: UUID | None) -> bool:
    """Whether there was one to draft. Its row stays locked meanwhile, and whatever kills the drafter frees it."""
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            """
            select draft_id, object_key, dataset_id, stated from catalog.dataset_draft
            where status = 'drafting' and (%(id)s is null or id = %(id)s)
            order by draft_id limit 1 for update skip locked
            """,
            {"id": str(id) if id else None},
        )
        row = cursor.fetchone()
        if row is None:
            return False
        draft_id, object_key, dataset_id, stated = row
        outcome = _outcome(store, object_key, dataset_id, Stated(**stated))
        cursor.execute(
            """
            update catalog.dataset_draft
            set status = %(status)s, contract = %(contract)s, findings = %(findings)s, content = %(content)s,
                error_code = %(code)s,
                error_message = %(message)s,
                drafted_at = case when %(status)s = 'ready' then clock_timestamp() end
            where draft_id = %(draft)s
            """,
            {**outcome, "draft": draft_id},
        )
        return True


def _outcome(store: ObjectStore, object_key: str, dataset_id: str, stated: Stated) -> dict[str, Any]:
    """What to keep of a draft, or of its failure: the file's own, or ours. Raises Unavailable: worth another try."""
    kept = ("contract", "findings", "content", "code", "message")
    nothing: dict[str, Any] = {"status": "failed", **dict.fromkeys(kept)}
    try:
        with store.open(object_key) as body, open_csv(Source(body)) as (csv, compression):
            found = asdict(drafting.draft(lambda: cast(BinaryIO, csv), dataset_id, stated))
            content = Content(csv.sha256, compression)
    except Unavailable:
        raise
    except (Refused, NotFound) as refusal:
        return {**nothing, "code": refusal.code, "message": refusal.in_words()}
    except Exception as error:
        log.error("a sample could not be drafted: %s", type(error).__name__)
        message = "Laurel could not draft a contract for this file; the operators see why."
        return {**nothing, "code": "internal_error", "message": message}
    contract = found.pop("contract")
    return {
        **nothing,
        "status": "ready",
        "contract": json.dumps(contract, ensure_ascii=False),
        "findings": json.dumps(found, ensure_ascii=False),
        "content": json.dumps(asdict(content)),
    }
