"""Datasets that researchers describe: their names, their owners, and how one comes into being."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from elt import audit
from elt.access.accounts import Account
from elt.contracting import generic_views
from elt.contracting.contract import Contract, load_contracts, parse_contract
from elt.errors import Conflict, LaurelError, NotFound, Refused
from elt.loading import raw_tables
from elt.notifying import WORK_CHANNEL, notify

NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
# Names derived from the table's must fit into Postgres's 63 bytes too: <table>_submission, stg_<family>__<table>.
LONGEST_TABLE = 52
# Families that ship with Laurel are its own; the rest would be mistaken for something else in a URL or in dbt.
RESERVED_FAMILIES = {"catalog", "drafts"}
RESERVED_TABLES = {"contract", "drafts", "mapping", "profile", "submissions", "target", "uploads"}


class NotOwner(LaurelError):
    """The dataset is somebody else's."""


@dataclass(frozen=True)
class Ownership:
    """Whose a dataset is. No account: it ships with Laurel."""

    account_id: int | None
    account_name: str | None
    is_shared: bool


def check_name(name: str) -> None:
    """Raises Refused where no dataset of a researcher may have this name."""
    allowed = "`family/table`, each of small letters, digits and _, starting with a letter, such as `factors/sleep`"
    if not NAME.fullmatch(name):
        said = "The name cannot be that of a dataset." if name else "No name is given for the dataset."
        raise Refused("bad_name", said, allowed=f"`name`: {allowed}.")
    family, table = name.split("/")
    reserved = sorted({shipped.split("/")[0] for shipped in load_contracts()} | RESERVED_FAMILIES)
    if family in reserved:
        raise Refused(
            "reserved_family",
            f"The family {family} is Laurel's own.",
            allowed=f"{allowed}; any family but " + ", ".join(reserved) + ".",
        )
    if table in RESERVED_TABLES:
        raise Refused(
            "reserved_table",
            f"A table may not be called {table}: the API has a path of that name.",
            allowed="Any other name than " + ", ".join(sorted(RESERVED_TABLES)) + ".",
        )
    if len(name) > LONGEST_TABLE:
        raise Refused("long_name", "The name is too long.", allowed=f"At most {LONGEST_TABLE} characters.")


def check_free(connection: Connection, name: str) -> None:
    """Raises Conflict where a dataset has this name, or one whose table would be the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select dataset_id = %s from catalog.dataset where raw_table = %s", [name, name.replace("/", "_")]
        )
        row = cursor.fetchone()
    if row:
        raise _taken(name, same_name=row[0])


def _taken(name: str, same_name: bool) -> Conflict:
    return Conflict(
        "name_taken",
        "A dataset of this name already exists."
        if same_name
        else f"Another dataset already has the table {name.replace('/', '_')}.",
        allowed="A name whose letters with the slash as _ are no other dataset's.",
        remedy="Choose another name; a new version of a dataset of yours goes to PUT /datasets/{dataset}/contract.",
    )


def parsed(document: dict[str, Any]) -> Contract:
    """A checked document as the contract of a described dataset."""
    return parse_contract(document, is_described=True)


def as_text(contract: Contract) -> str:
    """The contract's document, for the ledger."""
    return json.dumps(contract.to_table_schema(), ensure_ascii=False)


def describe(connection: Connection, document: dict[str, Any], account_id: int) -> Contract:
    """Make a dataset from a contract that was checked: its table, its views, its first version. Raises Conflict."""
    contract = parsed(document)
    check_free(connection, contract.name)
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "insert into catalog.dataset (dataset_id, title, contract, contract_version, raw_table, account_id) "
                "values (%s, %s, %s, %s, %s, %s)",
                [
                    contract.name,
                    contract.title,
                    as_text(contract),
                    contract.version,
                    contract.raw_table,
                    account_id,
                ],
            )
        except UniqueViolation as error:  # somebody was faster
            raise _taken(contract.name, same_name=False) from error
    record_version(connection, contract, account_id, [])
    raw_tables.create(connection, contract)
    generic_views.create(connection, contract)
    audit.record(connection, account_id, "dataset.describe", contract.name, {"columns": len(contract.fields)})
    return contract


def record_version(
    connection: Connection, contract: Contract, account_id: int | None, changes: Iterable[dict[str, Any]]
) -> None:
    """Keep the contract among those that were ever in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.contract_version (dataset_id, version, contract, changes, account_id) "
            "values (%s, %s, %s, %s, %s)",
            [
                contract.name,
                contract.version,
                as_text(contract),
                json.dumps(list(changes), ensure_ascii=False),
                account_id,
            ],
        )


def ownership(connection: Connection, dataset_id: str) -> Ownership:
    """Whose the dataset is. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select dataset.account_id, account.name, is_shared from catalog.dataset "
            "left join catalog.account using (account_id) where dataset_id = %s",
            [dataset_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound("unknown_dataset", "There is no such dataset.", remedy="GET /api/v1/datasets lists them.")
    return Ownership(*row)


def check_owner(connection: Connection, dataset_id: str, account: Account) -> Ownership:
    """Raises NotOwner where the account may not change the dataset: it is another's, or ships with Laurel."""
    found = ownership(connection, dataset_id)
    if found.account_id is None:
        raise NotOwner(
            "ships_with_laurel",
            "This dataset ships with Laurel; its contract is one of its files.",
            allowed="Datasets that a researcher has described can be changed by that researcher and by administrators.",
        )
    if not account.is_administrator and found.account_id != account.account_id:
        raise NotOwner(
            "not_yours",
            f"This dataset is {found.account_name}'s.",
            allowed="Its owner and administrators may change it.",
            remedy="Ask its owner.",
        )
    return found


def share(connection: Connection, contract: Contract, shared: bool, account: Account) -> None:
    """Let every researcher see the dataset and send files to it, or no longer. Raises Conflict where others have."""
    found = ownership(connection, contract.name)
    if found.is_shared == shared:
        return
    with connection.cursor() as cursor:
        if not shared:
            cursor.execute(
                "select count(*) from catalog.submission where dataset_id = %s and account_id <> %s",
                [contract.name, found.account_id],
            )
            if (cursor.fetchone() or (0,))[0]:
                raise Conflict(
                    "others_use_it",
                    "Other researchers have sent files to this dataset; it cannot be hidden from them.",
                    allowed="A dataset that only its owner has used can be made private again.",
                )
        cursor.execute("update catalog.dataset set is_shared = %s where dataset_id = %s", [shared, contract.name])
    raw_tables.raise_version(connection, contract)  # insights read shared datasets only, so the marts must follow
    notify(connection, WORK_CHANNEL, "shared")
    audit.record(connection, account.account_id, "dataset.share", contract.name, {"shared": shared})
