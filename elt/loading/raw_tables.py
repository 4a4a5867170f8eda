"""The tables that files are loaded into: an append-only union of live submissions, typed by their contract."""

import json
from collections.abc import Iterable

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract
from elt.database import only_row
from elt.errors import LaurelError


def table(contract: Contract) -> sql.Composed:
    """The dataset's table, quoted for a statement."""
    return sql.SQL(contract.raw_schema + ".{}").format(sql.Identifier(contract.raw_table))


def columns(contract: Contract) -> sql.Composed:
    """Provenance first, then the contract's columns, as COPY and INSERT list them."""
    names = ["_submission_id", "_line_number", *(field.column for field in contract.fields)]
    return sql.SQL(", ").join(map(sql.Identifier, names))


def register(connection: Connection, contracts: Iterable[Contract]) -> None:
    """Enter every contract that ships with Laurel in the ledger, and make the raw tables that are not there yet."""
    for contract in contracts:
        document = json.dumps(contract.to_table_schema(), ensure_ascii=False)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                insert into catalog.dataset (dataset_id, title, contract, contract_version, raw_table)
                values (%s, %s, %s, %s, %s)
                on conflict (dataset_id) do update set title = excluded.title, contract = excluded.contract,
                    contract_version = excluded.contract_version where dataset.account_id is null
                """,
                [contract.name, contract.title, document, contract.version, contract.raw_table],
            )
            if cursor.rowcount == 0:
                raise LaurelError(
                    "name_taken",
                    f"A researcher's dataset has the name {contract.name}, which now ships with Laurel.",
                    remedy="Its owner must describe it under another name before Laurel is updated.",
                )
            cursor.execute(
                "insert into catalog.contract_version (dataset_id, version, contract) values (%s, %s, %s) "
                "on conflict (dataset_id, version) do update set contract = excluded.contract",
                [contract.name, contract.version, document],
            )
        create(connection, contract)


def create(connection: Connection, contract: Contract) -> None:
    """Make the contract's table, or add the columns that it does not have yet."""
    definitions = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(field.column), sql.SQL(field.postgres_type)) for field in contract.fields
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "create table if not exists {} (_submission_id integer not null, _line_number integer not null, {})"
            ).format(table(contract), definitions)
        )
        for field in contract.fields:  # a newer version of the contract may have more of them
            cursor.execute(
                sql.SQL("alter table {} add column if not exists {} {}").format(
                    table(contract), sql.Identifier(field.column), sql.SQL(field.postgres_type)
                )
            )
        # Submissions arrive in order, so a block-range index finds one of them at next to no cost for the load.
        cursor.execute(
            sql.SQL(
                "create index if not exists {} on {} using brin (_submission_id) with (pages_per_range = 16)"
            ).format(sql.Identifier(f"{contract.raw_table}_submission"), table(contract))
        )
        for field in contract.fields:
            cursor.execute(
                sql.SQL("comment on column {}.{} is %s").format(table(contract), sql.Identifier(field.column)),
                [field.description],
            )


def remove_rows(connection: Connection, contract: Contract, submission_id: int) -> int:
    """Take every row of a submission out of raw; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("delete from {} where _submission_id = %s").format(table(contract)), [submission_id])
        return cursor.rowcount


def raise_version(connection: Connection, contract: Contract) -> int:
    """Note that this transaction changes the dataset's raw table, so that a transform is due; the new version."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.dataset set raw_version = raw_version + 1 where dataset_id = %s returning raw_version",
            [contract.name],
        )
        return int(only_row(cursor)[0])
