"""Files of a known data set, sent through the API one after the other and awaited in the marts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from tqdm import tqdm
from tqdm.utils import CallbackIOWrapper

from elt.database import connect
from stack.sample import Client, SampleFailed
from stack.steps import Steps

CHUNK_BYTES = 2**20
WAIT_SECONDS = 3600.0


@dataclass(frozen=True)
class Table:
    """One file and its dataset."""

    path: Path
    dataset: str


def send_all(client: Client, tables: Sequence[Table], name: str) -> None:
    """Send the files in this order and wait for their marts. Raises SampleFailed."""
    steps = Steps()
    sent = [_send(client, table) for table in tables]
    known = sum(not is_new for _, is_new in sent)
    if known:
        print(f"{known} of {len(sent)} files were there already.")
    with steps.step(f"{name} is in the marts"):
        if not client.wait_until_modelled([id for id, _ in sent], WAIT_SECONDS):
            raise SampleFailed(f"Not within {WAIT_SECONDS / 3600:.0f} h. Airflow's pages show what `transform` is at.")


def _send(client: Client, table: Table) -> tuple[str, bool]:
    with (
        table.path.open("rb") as file,
        tqdm(total=table.path.stat().st_size, desc=f"{table.path.name:<24}", unit="B", unit_scale=True) as bar,
    ):
        counted = cast(BinaryIO, CallbackIOWrapper(bar.update, file, "read"))
        return client.send_bytes(table.dataset, table.path.name, _chunks(counted))


def _chunks(body: BinaryIO) -> Iterator[bytes]:
    while chunk := body.read(CHUNK_BYTES):
        yield chunk


def print_counts(database_url: str, statements: Mapping[str, str]) -> None:
    """How much the marts show: what each statement counts, under its name."""
    with closing(connect(database_url)) as connection, connection.cursor() as cursor:
        for name, statement in statements.items():
            cursor.execute(statement)
            row = cursor.fetchone()
            print(f"{int(row[0]) if row else 0:>14,}  {name}")
