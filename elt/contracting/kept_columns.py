"""Columns that a contract no longer has: their values stay as `<column>__v<version>`, and can come back."""

from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract
from elt.database import only_row
from elt.loading import raw_tables


@dataclass(frozen=True)
class Kept:
    """A column out of sight: its name in the table, its Postgres type, and whether it was personal when it went."""

    name: str
    type: str
    version: int
    was_personal: bool


@dataclass(frozen=True)
class Visible:
    """How much of a column there is: filled cells, and of how many submissions and senders."""

    values: int
    submissions: int
    senders: int

    def __str__(self) -> str:
        return f"{self.values:,} values of {self.submissions:,} submissions of {self.senders:,} senders"


def returning(connection: Connection, old: Contract, new: Contract) -> dict[str, Kept]:
    """Of the columns that `new` brings, those that the dataset had before: each as it was last."""
    before = {field.column for field in old.fields}
    added = [field.column for field in new.fields if field.column not in before]
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            with kept as (
                select attname::text as name, atttypid, substring(attname from '^(.*)__v\d+$') as column_name,
                    substring(attname from '\d+$')::integer as version
                from pg_attribute
                where attrelid = to_regclass(%(table)s) and attnum > 0 and not attisdropped and attname ~ '__v\d+$'
            )
            select distinct on (column_name) column_name, name, version,
                case atttypid when 'timestamptz'::regtype then 'timestamptz' else atttypid::regtype::text end,
                coalesce((
                    select field ->> 'personal' is not null
                    from catalog.contract_version cross join lateral jsonb_array_elements(contract -> 'fields') as field
                    where dataset_id = %(dataset)s and contract_version.version = kept.version
                        and field ->> 'column' = column_name
                ), true)
            from kept where column_name = any(%(added)s) order by column_name, version desc
            """,
            {"table": raw_tables.table(old).as_string(connection), "dataset": old.name, "added": added},
        )
        return {
            column: Kept(name, type, version, was_personal)
            for column, name, version, type, was_personal in cursor.fetchall()
        }


def rename(connection: Connection, contract: Contract, column: str, name: str) -> None:
    """Out of sight, or back."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("alter table {} rename column {} to {}").format(
                raw_tables.table(contract), sql.Identifier(column), sql.Identifier(name)
            )
        )


def filled(connection: Connection, contract: Contract, column: str) -> Visible:
    """What of the column would be seen, were it shown. `column` is its name in the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "select count(*), count(distinct submission_id), count(distinct account_id) from {} as raw_row "
                "join catalog.submission on submission_id = raw_row._submission_id where raw_row.{} is not null"
            ).format(raw_tables.table(contract), sql.Identifier(column))
        )
        return Visible(*only_row(cursor))
