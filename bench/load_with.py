"""One file into Postgres as a user of another tool would do it; prints the seconds last. See bench/load.py."""

import sys
import time
from pathlib import Path

TABLE = "bench_other"
TEXT = ("code_module", "code_presentation", "id_student", "id_site")


def adbc(path: Path, url: str) -> None:
    """Arrow's own driver: record batches from its CSV reader into COPY."""
    import adbc_driver_postgresql.dbapi
    import pyarrow as pa
    from pyarrow import csv

    reader = csv.open_csv(
        path, convert_options=csv.ConvertOptions(column_types=dict.fromkeys(TEXT, pa.string()), null_values=["?", ""])
    )
    with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(TABLE, reader, mode="replace")
        connection.commit()


def dlt(path: Path, url: str) -> None:
    """dlt's documented way for files: a resource that yields Arrow tables, into its Postgres destination."""
    import dlt as tool
    import pyarrow as pa
    from pyarrow import csv

    @tool.resource(name=TABLE, write_disposition="replace")
    def rows():  # type: ignore[no-untyped-def]
        yield from csv.open_csv(path, convert_options=csv.ConvertOptions(column_types=dict.fromkeys(TEXT, pa.string())))

    tool.pipeline("bench", destination=tool.destinations.postgres(url), dataset_name="bench_dlt").run(rows())


def pandas(path: Path, url: str) -> None:
    """to_sql with many rows a statement, as its documentation advises."""
    import pandas as tool
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    for number, chunk in enumerate(tool.read_csv(path, chunksize=100_000, dtype=dict.fromkeys(TEXT, str))):
        chunk.to_sql(
            TABLE, engine, if_exists="append" if number else "replace", index=False, method="multi", chunksize=10_000
        )


def drop(url: str) -> None:
    """What was loaded, so that the next measurement begins as this one did."""
    import psycopg2

    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {TABLE}; drop schema if exists bench_dlt, bench_dlt_staging cascade")
    connection.close()


def main() -> None:
    name, path, url = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    drop(url)
    started = time.perf_counter()
    {"adbc": adbc, "dlt": dlt, "pandas": pandas}[name](path, url)
    seconds = time.perf_counter() - started
    drop(url)
    print(seconds)


if __name__ == "__main__":
    main()
