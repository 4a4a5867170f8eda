"""Seeds whose file has other columns than their table: dbt alone could load no such warehouse any more."""

import csv

from elt.database import connect, transaction
from elt.transforming.dbt_build import PROJECT
from elt.transforming.seed_tables import drop_outdated
from tests.integration.conftest import Database


def test_a_seed_with_other_columns_makes_way_and_no_other_does(database: Database) -> None:
    with (PROJECT / "seeds" / "letter_scale.csv").open(encoding="utf-8", newline="") as file:
        columns = ", ".join(f"{name} text" for name in next(csv.reader(file)))
    connection = connect(database.url)
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"create schema seeds; create table seeds.letter_scale ({columns})")
        cursor.execute("create table seeds.kpi (an_older_column text); create table seeds.not_ours (mine text)")
        cursor.execute("create view staging.reads_kpi as select * from seeds.kpi")
    assert drop_outdated(connection) == ["kpi"]
    assert drop_outdated(connection) == []
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'seeds' order by 1")
        assert [name for (name,) in cursor.fetchall()] == ["letter_scale", "not_ours"]
    connection.close()
