"""A data set nobody has described yet: a file of pupils, sent as a sample and confirmed as a dataset."""

import csv
import io
import uuid
from typing import Any

from psycopg2 import sql

from elt.contracting.registry import open_registry
from elt.database import connect
from elt.polling import poll
from elt.settings import Settings
from elt.store import ObjectStore


def name() -> str:
    """A dataset's name that no other test has."""
    return f"tests/t{uuid.uuid4().hex[:12]}"


def sample(rows: int = 40) -> bytes:
    """A file of pupils: a code with leading zeros, a name, an e-mail, a score, a school type."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["pupil_id", "full_name", "email", "score", "school_type"])
    first = ("Adaeze", "Bola", "Chidi", "Dayo", "Efe")
    last = ("Okonkwo", "Adeyemi", "Eze", "Balogun")
    for n in range(rows):
        who = f"{first[n % 5]} {last[n % 4]}"
        mail = f"{first[n % 5]}.{n}@mail.example".lower()
        writer.writerow([f"{n:05d}", who, mail, 40 + (n * 7) % 60, ("Public", "Private")[n % 2]])
    return text.getvalue().encode()


def post(client: Any, content: bytes, dataset: str) -> Any:
    return client.send("POST", f"/api/v1/datasets?name={dataset}", content, "pupils.csv")


def described(client: Any, settings: Settings, load: bool = True) -> str:
    """A confirmed dataset of these pupils, keyed by their number; its sample loaded."""
    dataset = name()
    draft = post(client, sample(), dataset).json
    fields = {"pupil_id": {"constraints": {"required": True}, "personal": "identifier"}, "score": {"type": "integer"}}
    change = {"contract": {"primaryKey": ["pupil_id"], "fields": fields}}
    edited = client.request("PATCH", draft["links"]["self"], json=change)
    assert edited.status_code == 200, edited.text
    confirmed = client.request("POST", f"{draft['links']['confirm']}?load={str(load).lower()}")
    assert confirmed.status_code == 201, confirmed.text
    load_all(settings)
    return dataset


def load_all(settings: Settings) -> None:
    with open_registry(settings) as contracts:
        poll(settings, ObjectStore(settings), contracts)


def query(settings: Settings, statement: str | sql.Composable, *parameters: Any) -> list[tuple[Any, ...]]:
    connection = connect(settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    connection.close()
    return rows


def count(settings: Settings, schema: str, relation: str) -> int:
    connection = connect(settings.database_url)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, relation)))
        (rows,) = cursor.fetchone() or (-1,)
    connection.close()
    return int(rows)
