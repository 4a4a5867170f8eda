"""A described dataset's contract moves on: additive changes at once, without a rewrite; breaking ones when accepted."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg2 import sql
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection

from elt import audit
from elt.access.accounts import Account
from elt.contracting import datasets, generic_views, kept_columns
from elt.contracting import document as contract_document
from elt.contracting import personal as contract_personal
from elt.contracting.change import Impact, measure
from elt.contracting.contract import Contract
from elt.database import only_row
from elt.errors import Conflict, NotFound, Refused, Unavailable
from elt.loading import raw_tables
from elt.notifying import WORK_CHANNEL, notify
from elt.predicting import targets

LOCK_SECONDS = 5


@dataclass(frozen=True)
class Version:
    """One version of a contract, with what it changed against the one before."""

    version: int
    contract: dict[str, Any]
    changes: list[dict[str, Any]]
    account_name: str | None
    valid_from: datetime


def versions(connection: Connection, dataset_id: str) -> list[Version]:
    """Every version there ever was, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select version, contract, changes, account.name, valid_from from catalog.contract_version "
            "left join catalog.account using (account_id) where dataset_id = %s order by version desc",
            [dataset_id],
        )
        return [Version(*row) for row in cursor.fetchall()]


def version(connection: Connection, dataset_id: str, number: int) -> Version:
    """One version. Raises NotFound."""
    found = {entry.version: entry for entry in versions(connection, dataset_id)}
    if number not in found:
        raise NotFound(
            "unknown_version",
            "The contract has no such version.",
            allowed="Versions: " + ", ".join(map(str, sorted(found))) + ".",
        )
    return found[number]


def prepare(old: Contract, document: Any) -> Contract:
    """The next version from what was sent. Raises Refused for flaws, Conflict where it edits an older version."""
    if isinstance(document, Mapping):
        if document.get("name", old.name) != old.name:
            raise Refused(
                "renamed", "A dataset keeps its name.", allowed=old.name, remedy="Describe a new dataset from a sample."
            )
        if document.get("version", old.version) != old.version:
            raise Conflict(
                "contract_moved_on",
                "The contract was edited from a version that is not in force.",
                allowed=f"Version {old.version}.",
                remedy="GET the contract, edit that, and send it again.",
            )
    checked = contract_document.checked(document, old.name, old.version + 1)
    before = {field.column: field.added_in for field in old.fields}
    for field in checked["fields"]:
        field.pop("addedIn", None)
        added_in = before.get(field["column"], old.version + 1)
        if added_in > 1:
            field["addedIn"] = added_in
    return datasets.parsed(checked)


def change(
    connection: Connection, old: Contract, new: Contract, account: Account, *, accept_breaking: bool, dry_run: bool
) -> Impact:
    """Put a new version in force; with `dry_run`, only say what it would do. Raises Conflict for what would break."""
    impact = measure(connection, old, new)
    if dry_run or not impact.changes:
        return impact
    if impact.is_breaking and not accept_breaking:
        broken = "; ".join(
            f"{entry.column or 'the dataset'}: {entry.message}" for entry in impact.changes if entry.is_breaking
        )
        raise Conflict(
            "breaking_change",
            f"This would break something: {broken}. {impact.rows_refused:,} of {impact.rows:,} loaded rows, of "
            f"{len(impact.submissions_refused):,} submissions, would be refused if they were sent again.",
            allowed="Additive changes: a new column that is not required, a wider range, more allowed values.",
            remedy="If that is meant, send it again with ?accept_breaking=true; what is loaded stays as it is.",
            **asdict(impact),
        )
    _lock(connection, old)
    _apply(connection, old, new)
    datasets.record_version(connection, new, account.account_id, map(asdict, impact.changes))
    _mask_older(connection, new)
    targets.hide(connection, new.name, [field for field in new.fields if field.personal])
    raw_tables.raise_version(connection, new)
    notify(connection, WORK_CHANNEL, "contract")
    audit.record(
        connection, account.account_id, "contract.change", new.name,
        {"version": new.version, "breaking": impact.is_breaking, "changes": [entry.kind for entry in impact.changes]},
    )  # fmt: skip
    return impact


def _lock(connection: Connection, old: Contract) -> None:
    """One change at a time; and the contract is still the one that was looked at."""
    with connection.cursor() as cursor:
        cursor.execute("select contract_version from catalog.dataset where dataset_id = %s for update", [old.name])
        if only_row(cursor)[0] != old.version:
            raise Conflict("contract_moved_on", "The contract was changed meanwhile.", remedy="GET it and try again.")


def _apply(connection: Connection, old: Contract, new: Contract) -> None:
    """Table, views and ledger as the new version wants them. Values of columns that go are kept under another name."""
    types = {field.column: field.postgres_type for field in new.fields}
    gone = [field for field in old.fields if field.column not in types]
    retyped = [field for field in old.fields if types.get(field.column, field.postgres_type) != field.postgres_type]
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        try:
            for field in (*gone, *retyped):
                kept_columns.rename(connection, old, field.column, f"{field.column}__v{old.version}")
            back = kept_columns.returning(connection, old, new)
            for column, kept in back.items():
                if kept.type == types[column]:
                    kept_columns.rename(connection, old, kept.name, column)
            raw_tables.create(connection, new)
            for field in retyped:
                _carry_over(connection, new, field.column, f"{field.column}__v{old.version}", types[field.column])
            for column, kept in back.items():
                if kept.type != types[column]:
                    _carry_over(connection, new, column, kept.name, types[column])
            generic_views.create(connection, new)
        except LockNotAvailable as error:
            raise Unavailable(
                "dataset_busy", "A file is being loaded into this dataset.", remedy="Try again when it is loaded."
            ) from error
        cursor.execute(
            "update catalog.dataset set title = %s, contract = %s, contract_version = %s where dataset_id = %s",
            [new.title, datasets.as_text(new), new.version, new.name],
        )
        cursor.execute(
            "delete from catalog.header_mapping where dataset_id = %s and field <> all(%s)",
            [new.name, [field.name for field in new.fields]],
        )


def _mask_older(connection: Connection, new: Contract) -> None:
    """Versions that were in force before say no values either of what is personal by now."""
    personal = {field.column: field.personal for field in new.fields if field.personal}
    for older in versions(connection, new.name):
        masked = contract_personal.masked_as(older.contract, personal)
        if masked != older.contract:
            with connection.cursor() as cursor:
                cursor.execute(
                    "update catalog.contract_version set contract = %s where dataset_id = %s and version = %s",
                    [json.dumps(masked, ensure_ascii=False), new.name, older.version],
                )


def _carry_over(connection: Connection, contract: Contract, column: str, kept: str, type: str) -> None:
    """Values of the old type that are of the new one too; the others stay under the old column's new name only."""
    statement = sql.SQL(
        "update {table} set {column} = {kept}::text::{type} where pg_input_is_valid({kept}::text, {name})"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(
                table=raw_tables.table(contract),
                column=sql.Identifier(column),
                kept=sql.Identifier(kept),
                type=sql.SQL(type),
                name=sql.Literal(type),
            )
        )
