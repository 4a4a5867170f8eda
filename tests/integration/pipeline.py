"""What the tests of the pipeline share: files that fit the students' contract, and the parts to send them through."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from elt.access import accounts
from elt.contracting.contract import Contract, load_contracts
from elt.database import Pool
from elt.ledger import Incoming, Submission
from elt.polling import PollReport, poll
from elt.receiving.intake import receive
from elt.receiving.whole_files import Receipt
from elt.settings import Settings
from elt.store import ObjectStore

STUDENTS = "laurel/students"


def csv_file(dataset: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    """A file of a dataset: each row is the contract's examples, but for what is given by header."""
    contract = load_contracts()[dataset]
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, [column.name for column in contract.fields])
    writer.writeheader()
    examples = {column.name: column.example for column in contract.fields}
    for row in rows:
        writer.writerow({**examples, **row})
    return written.getvalue().encode()


def students(*ids: str, **others: str) -> bytes:
    """A students file with these Student IDs."""
    return csv_file(STUDENTS, [{"Student ID": id, **others} for id in ids])


@dataclass
class Pipeline:
    """The real parts, and one researcher."""

    settings: Settings
    store: ObjectStore
    pool: Pool
    account_id: int
    contracts: Mapping[str, Contract] = field(default_factory=load_contracts)

    @classmethod
    def of(cls, settings: Settings) -> "Pipeline":
        pool = Pool(settings.database_url, size=4)
        with pool.connection() as connection:
            account = accounts.authenticate(connection, accounts.add(connection, "ada", "researcher"))
        assert account is not None
        return cls(settings, ObjectStore(settings), pool, account.account_id)

    def send(self, data: bytes, dataset: str = STUDENTS, **more: Any) -> Receipt:
        return self.send_stream(io.BytesIO(data), dataset, **more)

    def send_stream(self, stream: BinaryIO, dataset: str = STUDENTS, max_bytes: int = 10**8, **more: Any) -> Receipt:
        incoming = Incoming(dataset, self.account_id, "file.csv", **more)
        [receipt] = receive(self.pool, self.store, self.contracts, stream, incoming, max_bytes)
        return receipt

    def poll(self) -> PollReport:
        return poll(self.settings, self.store, self.contracts)

    def query(self, statement: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        with self.pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, list(parameters))
            return cursor.fetchall() if cursor.description else []

    def status(self, submission: Submission) -> str:
        return str(self.query("select status from catalog.submission where id = %s", [str(submission.id)])[0][0])

    def student_ids(self) -> list[str]:
        return [id for (id,) in self.query("select student_id from raw.laurel_students order by 1")]

    def object_keys(self) -> set[str]:
        return set(self.store.keys(""))

    def contents(self) -> dict[str, list[str]]:
        """Every row of every mart, and of raw, as text."""
        found = {}
        for schema, name in self.query(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('raw', 'marts', 'marts_private') order by 1, 2"
        ):
            rows = self.query(f'select row(t.*)::text from "{schema}"."{name}" as t order by 1')  # noqa: S608
            found[f"{schema}.{name}"] = [row for (row,) in rows]
        return found
