"""The schemas that a dry run works in. Nobody needs what is in them: whom they are in the way of drops them."""

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt import locks
from elt.database import transaction

PREFIX = "dry_run_"  # of each schema that dbt's target dry_run uses (macro generate_schema_name)
FILE = PREFIX + "file"  # the rows of the file that is looked at
RAW = PREFIX + "raw"  # every raw table, and the file's rows beside those of its own
CATALOG = PREFIX + "catalog"  # the ledger, with the file as a live submission


APPLICATION = "laurel_dry_run"  # as dbt/profiles.yml names the connections of its target dry_run


def make_way(connection: Connection) -> None:
    """Before marts are switched: no query of a dry run reads them any more, and no view of it stands on them."""
    with transaction(connection):
        cancel(connection)
        drop_built(connection)


def cancel(connection: Connection) -> None:
    """End every query that a dry run has under way on the marts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_cancel_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = %s",
            [APPLICATION],
        )


def drop_all(connection: Connection) -> None:
    """Nothing stays of a dry run, in the caller's transaction."""
    _drop(connection, ())


def drop_built(connection: Connection) -> None:
    """What dbt built goes: views in it may stand on what a transform is about to replace."""
    _drop(connection, (FILE, RAW, CATALOG))


def _drop(connection: Connection, kept: tuple[str, ...]) -> None:
    locks.wait_for_schemas_lock(connection)  # two that drop at once would miss what the other one has dropped
    with connection.cursor() as cursor:
        cursor.execute(
            "select nspname from pg_namespace where starts_with(nspname, %s) and nspname <> all(%s)",
            [PREFIX, list(kept)],
        )
        for (schema,) in cursor.fetchall():
            cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
