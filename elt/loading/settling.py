"""Whether the rows of a file that has been read may join raw, and what the ledger says of the submission then."""

import dataclasses
import json
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from psycopg2.extensions import connection as Connection

from elt import locks
from elt.contracting.contract import Contract
from elt.errors import LaurelError, Refused
from elt.ledger import LIVE
from elt.loading import guarding, raw_tables
from elt.loading.copying import Claim, Tally
from elt.loading.guarding import Removal
from elt.reading.detecting import Front


@dataclass(frozen=True)
class Loaded:
    """What became of one submission."""

    id: str
    status: str
    tally: Tally = field(default_factory=Tally)


def obstacle_of(connection: Connection, contract: Contract, claim: Claim, tally: Tally) -> Refused | Removal | None:
    """What keeps the rows from joining raw: too many refused lines, or a removal that nobody has confirmed."""
    if refusal := refusal_of(contract, tally):
        return refusal
    removal = guarding.removal(connection, contract, claim)
    return removal if removal and removal.is_too_much else None


def refusal_of(contract: Contract, tally: Tally) -> Refused | None:
    """Why nothing of a file is loaded, although it could be read; None where its good lines are."""
    written, refused = tally.read - tally.empty, tally.rejected - tally.empty  # what holds nothing spoils no file
    if written == 0:
        return Refused("header_only", "The file has a header and no lines.", remedy="Send the file with its data.")
    if refused > contract.max_rejected_rate * written:
        return Refused(
            "too_many_rejected",
            f"{refused:,} of {written:,} lines were refused, so nothing of the file was loaded.",
            allowed=f"At most {contract.max_rejected_rate:.0%} of the lines of this dataset may be refused.",
            remedy="The refused lines say what is wrong with each; correct your file and send it again, or send "
            "back the refused lines alone, corrected (POST …/fixes).",
        )
    return None


def settle(
    connection: Connection,
    contract: Contract,
    claim: Claim,
    front: Front,
    tally: Tally,
    obstacle: Refused | Removal | None,
) -> Loaded:
    """The state that the counts call for; also makes room where this is a new version of another submission."""
    if tally.read != tally.loaded + tally.rejected:
        raise LaurelError("lines_unaccounted", "Not every line of the file was either loaded or refused.")
    outcome: dict[str, Any] = {
        "submission_id": claim.submission_id,
        "contract_version": contract.version,
        "encoding": front.encoding,
        "dialect": json.dumps(front.dialect),
        "read": tally.read,
        "loaded": 0 if obstacle else tally.loaded,
        "rejected": tally.rejected,
        "status": {Refused: "rejected", Removal: "held", NoneType: "loaded"}[type(obstacle)],
        **_told(obstacle),
    }
    with connection.cursor() as cursor:
        if not obstacle and claim.replaces_submission_id is not None:
            _replace(connection, contract, claim.replaces_submission_id)
        outcome["version"] = None if obstacle else raw_tables.raise_version(connection, contract)
        cursor.execute(
            """
            update catalog.submission
            set status = %(status)s, contract_version = %(contract_version)s, encoding = %(encoding)s,
                dialect = %(dialect)s, lines_read = %(read)s, rows_loaded = %(loaded)s, rows_rejected = %(rejected)s,
                error_code = %(code)s, error_message = %(message)s, held_for = %(held_for)s, raw_version = %(version)s,
                loaded_at = case when %(status)s = 'loaded' then clock_timestamp() end,
                settled_at = case when %(status)s = 'rejected' then clock_timestamp() end
            where submission_id = %(submission_id)s and status = 'loading'
            """,
            outcome,
        )
        if cursor.rowcount == 0:  # retracted while it was being loaded
            connection.rollback()
            return Loaded(claim.id, "retracting")
    return Loaded(claim.id, outcome["status"], tally)


def _told(obstacle: Refused | Removal | None) -> dict[str, Any]:
    if isinstance(obstacle, Removal):
        return {
            "code": "would_remove_rows",
            "message": obstacle.in_words(),
            "held_for": json.dumps(dataclasses.asdict(obstacle)),
        }
    code, message = (obstacle.code, obstacle.in_words()) if obstacle else (None, None)
    return {"code": code, "message": message, "held_for": None}


def _replace(connection: Connection, contract: Contract, predecessor: int | None) -> None:
    """The rows of the version before leave raw in the same transaction in which the new ones arrive.

    So do those of the versions before it, where it was replaced itself before it ever took their place.
    """
    locks.wait_for_removal_lock(connection)
    with connection.cursor() as cursor:
        while predecessor is not None:
            locks.wait_for_load_lock(connection, predecessor)
            raw_tables.remove_rows(connection, contract, predecessor)
            cursor.execute(
                "update catalog.submission set status = 'replaced', settled_at = clock_timestamp() "
                "where submission_id = %s and status in %s",
                [predecessor, LIVE],
            )
            cursor.execute(
                "select replaces_submission_id from catalog.submission where submission_id = %s and loaded_at is null",
                [predecessor],
            )
            row = cursor.fetchone()
            predecessor = row[0] if row else None
