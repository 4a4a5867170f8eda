"""The tables that dbt loads its seeds into. dbt fills one that is there anew, but never gives it another column."""

import csv

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from elt.database import transaction
from elt.transforming.dbt_build import PROJECT

SCHEMA = "seeds"


def drop_outdated(connection: Connection) -> list[str]:
    """Drop the tables whose columns are no longer those of their file; returns their names.

    For a build of everything, which makes them again, and the staging and intermediate views that read them. No
    published view reads a seed.
    """
    dropped = []
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(
            "select table_name, array_agg(column_name::text order by ordinal_position) "
            "from information_schema.columns where table_schema = %s group by table_name",
            [SCHEMA],
        )
        there = dict(cursor.fetchall())
        for path in sorted((PROJECT / "seeds").glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                header = next(csv.reader(file))
            if path.stem in there and there[path.stem] != header:
                cursor.execute(sql.SQL("drop table {} cascade").format(sql.Identifier(SCHEMA, path.stem)))
                dropped.append(path.stem)
    return dropped
