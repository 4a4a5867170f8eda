"""The warehouse made ready: schemas, contracts, raw tables, and what each role may see. Safe to repeat."""

from collections.abc import Mapping

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from elt.access import grants
from elt.contracting.contract import Contract
from elt.database import migrate, transaction
from elt.errors import LaurelError
from elt.loading import raw_tables

READER_VIEWS = (
    "provenance",
    "dataset_status",
    "publication",
    "submission_status",
    "transform_node",
    "kpi_movement",
    "transform_cause",
)


def prepare(connection: Connection, reader_database_url: str, contracts: Mapping[str, Contract]) -> list[str]:
    """Bring an empty or older warehouse up to this version; returns the migrations that were applied."""
    applied = migrate(connection)
    with transaction(connection):
        raw_tables.register(connection, contracts.values())
        _grant(connection, parse_dsn(reader_database_url)["user"])
    return applied


def _grant(connection: Connection, reader: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", [reader])
        if cursor.fetchone() is None:
            raise LaurelError(
                "reader_role_missing",
                "The role named in LAUREL_READER_DATABASE_URL does not exist in the warehouse.",
                remedy="Create it (create role … login password …), then start again.",
            )
    grants.grant(connection, reader, READER_VIEWS)
