"""Advisory locks: Postgres drops them with the connection, so nothing dead holds anything up."""

from contextlib import closing, suppress

import psycopg2
from psycopg2.extensions import connection as Connection

LOAD = 0x1A0E2  # with the submission's number: one loader per submission
ASSEMBLY = 0x1A0E7  # with the upload's number: one poll per upload
REMOVAL = 0x1A0E3  # shared by whoever removes rows from raw, exclusive to a transform
DRY_RUN = 0x1A0E4  # one dry run at a time: they share their schemas
PREDICT = 0x1A0E6  # one run of predictions at a time
DRY_RUN_SCHEMAS = 0x1A0E5  # for the moment in which they are dropped


def try_load_lock(connection: Connection, submission_id: int) -> bool:
    """Whether this connection is now the submission's only loader, until it is closed or unlocks."""
    return _try(connection, LOAD, submission_id)


def unlock_load(connection: Connection, submission_id: int) -> None:
    """Let another loader take the submission."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_unlock(%s, %s)", [LOAD, submission_id])
    connection.commit()


def try_assembly_lock(connection: Connection, upload_id: int) -> bool:
    """Whether this connection is now the only one that makes a submission of the upload, until it unlocks or dies."""
    return _try(connection, ASSEMBLY, upload_id)


def unlock_assembly(connection: Connection, upload_id: int) -> None:
    """Let another poll take the upload."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_unlock(%s, %s)", [ASSEMBLY, upload_id])
    connection.commit()


def wait_for_load_lock(connection: Connection, submission_id: int) -> None:
    """Until the end of this transaction nobody loads the submission; waits for a loader that does."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOAD, submission_id])


def wait_for_removal_lock(connection: Connection) -> None:
    """Until the end of this transaction no transform starts; waits for one that runs."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [REMOVAL])


def try_transform_lock(connection: Connection) -> bool:
    """Whether this connection is now the only transform, and nobody removes rows; held until `close`."""
    return _try(connection, REMOVAL)


def try_dry_run_lock(connection: Connection) -> bool:
    """Whether this connection is now the only one that makes dry runs, until `close`."""
    return _try(connection, DRY_RUN)


def try_predict_lock(connection: Connection) -> bool:
    """Whether this connection is now the only one that trains and scores, until `close`."""
    return _try(connection, PREDICT)


def _try(connection: Connection, *numbers: int) -> bool:
    places = ", ".join(["%s"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_try_advisory_lock({places})", numbers)
        row = cursor.fetchone()
    connection.commit()
    return bool(row and row[0])


def close(connection: Connection) -> None:
    """Close the connection without its locks: Postgres ends one that is merely closed a moment later."""
    with suppress(psycopg2.Error), closing(connection), connection.cursor() as cursor:
        connection.rollback()
        cursor.execute("select pg_advisory_unlock_all()")


def wait_for_schemas_lock(connection: Connection) -> None:
    """Until the end of this transaction nobody else drops schemas of dry runs."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [DRY_RUN_SCHEMAS])
