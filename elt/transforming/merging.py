"""Stored parts that grow by submission: rows of new submissions are added, those of gone ones taken out."""

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.database import only_row

DELTA = "build_delta"


def merge(connection: Connection, store: str, name: str) -> bool:
    """Bring a stored part up to date with the delta that dbt built.

    False, and nothing done, where nothing stays of what is stored: then the delta can take its place as it is, and no
    row is written twice.
    """
    stored, delta = sql.Identifier(store, name), sql.Identifier(DELTA, name)
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass(%s) is not null", [stored.as_string(connection)])
        if not only_row(cursor)[0]:
            return False
        gone = _gone(connection)
        cursor.execute(sql.SQL("select exists (select from {} where submission_id <> all(%s))").format(stored), [gone])
        if not only_row(cursor)[0]:
            return False
        if gone:
            cursor.execute(sql.SQL("delete from {} where submission_id = any(%s)").format(stored), [gone])
        cursor.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped",
            [delta.as_string(connection)],
        )
        columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in cursor.fetchall())
        cursor.execute(sql.SQL("insert into {0} ({1}) select {1} from {2}").format(stored, columns, delta))
    return True


def _gone(connection: Connection) -> list[int]:
    """Submissions whose stored rows are no longer true: they left the scope, or changed since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select submission_id from catalog.merged_submission except "
            "select submission_id from catalog.transform_scope where not is_new"
        )
        return [submission_id for (submission_id,) in cursor.fetchall()]


def settle(connection: Connection) -> None:
    """In the transaction of the switch: remember whose rows the stored parts now hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from catalog.merged_submission "
            "where submission_id not in (select submission_id from catalog.transform_scope where not is_new)"
        )
        cursor.execute(
            "insert into catalog.merged_submission "
            "select submission_id, raw_version from catalog.transform_scope where is_new"
        )
