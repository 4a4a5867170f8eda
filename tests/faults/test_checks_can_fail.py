"""The checks can fail: each truth is broken on purpose, and the checker must say so, and only so."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from random import Random

import psycopg2
import pytest

from tests.faults import truths
from tests.faults.clients import Client
from tests.faults.files import new_version, students_file
from tests.faults.parts import run_elt
from tests.faults.rounds import Trial

Harm = Callable[[Trial, str], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def sound(trial: Trial) -> Trial:
    """Two loaded files, one replaced, one taken back, everything published; nothing is broken."""
    rng = Random(1)
    client = Client(trial.parts.api, trial.parts.key, trial.book)
    first, second, third = (client.send(students_file(rng, name, 100)) for name in "ABC")
    assert first is not None
    assert second is not None
    assert third is not None
    assert trial.settle() == []
    assert client.send(new_version(rng, first.file), first.id)
    client.retract(second)
    assert trial.settle() == []
    assert run_elt(trial.parts, "transform").returncode == 0
    assert trial.settle() == []
    return trial


@contextmanager
def without(trial: Trial, key: str) -> Iterator[None]:
    """The object is gone for a while."""
    with trial.parts.store.open(key) as body:
        content = body.read()
    trial.parts.store.delete(key)
    yield
    trial.parts.store.put(key, io.BytesIO(content))


@contextmanager
def overwritten(trial: Trial, key: str) -> Iterator[None]:
    """The object holds other bytes for a while."""
    with without(trial, key):
        trial.parts.store.put(key, io.BytesIO(b"something else"))
        yield


@contextmanager
def left_behind(trial: Trial, key: str) -> Iterator[None]:
    """An object lies beside it that nobody knows."""
    trial.parts.store.put(key + "0", io.BytesIO(b"x"))
    yield
    trial.parts.store.delete(key + "0")


# live: a modelled submission; row: the ctid of one of its rows; gone: one that was taken back.
COPY = "insert into raw.laurel_students (_submission_id, _line_number, student_id) "
BREAKS = {
    "1 a promise that the ledger forgot": "update catalog.submission set id = uuidv7() where submission_id = %(live)s",
    "1 a promise that waits for ever": "update catalog.submission set status = 'failed' where submission_id = %(live)s",
    "2 a row that is missing": "delete from raw.laurel_students where ctid = %(row)s::tid",
    "2 a row that is there twice": "insert into raw.laurel_students "
    "select * from raw.laurel_students where ctid = %(row)s::tid",
    "2 a row of no submission": COPY + "values (999999, 2, 'A-2')",
    "2 a row of what was taken back": COPY + "values (%(gone)s, 2, 'A-2')",
    "2 a row with another content": "update raw.laurel_students set student_id = 'X' where ctid = %(row)s::tid",
    "3 a refused line that is lost": "delete from catalog.rejected_line where ctid = "
    "(select min(ctid) from catalog.rejected_line)",
    "3 counts that do not add up": "update catalog.submission set lines_read = lines_read + 1 "
    "where submission_id = %(live)s",
    "4 a retraction that is forgotten": "update catalog.submission set status = 'loaded' "
    "where submission_id = %(gone)s",
    "4 a predecessor that stays": "update catalog.submission set status = 'loaded' where status = 'replaced'",
    "4 a mart that shows what is gone": "delete from raw.laurel_students where _submission_id = %(live)s",
    "5 a mart without some of its rows": "delete from marts_private_store.student_identity where student_id = "
    "(select min(student_id) from marts_private_store.student_identity)",
    "5 a view of marts without a table": "create view marts.orphan as select 1 as x",
    "5 somebody's view that is gone": "drop view witness.students",
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_in_the_warehouse_is_named(sound: Trial, name: str) -> None:
    [(live, gone)] = sound.parts.query(
        """
        select (select max(submission_id) from catalog.submission where status = 'modelled'),
               (select min(submission_id) from catalog.submission where status = 'retracted')
        """
    )
    [(row,)] = sound.parts.query("select min(ctid)::text from raw.laurel_students where _submission_id = %s", [live])
    with closing(psycopg2.connect(sound.parts.settings.database_url)) as connection:
        connection.cursor().execute(BREAKS[name], {"live": live, "gone": gone, "row": row})
        found = truths.broken_in(connection, sound.parts, sound.book, settled=True)
        connection.rollback()
    assert [sentence for sentence in found if sentence.startswith(f"{name[0]}:")], found


@pytest.mark.parametrize("harm", [without, overwritten, left_behind])
def test_what_is_broken_in_the_store_is_named(sound: Trial, harm: Harm) -> None:
    [(key,)] = sound.parts.query("select max(object_key) from catalog.submission where status = 'modelled'")
    with harm(sound, key):
        found = truths.broken(sound.parts, sound.book, settled=True)
    assert [sentence for sentence in found if sentence.startswith("1:")], found


def test_what_was_put_back_is_whole_again(sound: Trial) -> None:
    assert truths.broken(sound.parts, sound.book, settled=True) == []
