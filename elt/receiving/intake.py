"""A file is looked into before it is kept: packed or not, one CSV or several. What cannot be read leaves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO, cast
from zipfile import ZipFile, ZipInfo

from psycopg2.extensions import connection as Connection

from elt import ledger
from elt.contracting.contract import Contract
from elt.database import Pool
from elt.errors import Refused
from elt.ledger import Incoming
from elt.reading import header_mapping
from elt.reading.detecting import Compression
from elt.receiving.filenames import printable, tidy
from elt.receiving.streams import Content, Source
from elt.receiving.unpacking import csv_front, proven_on_its_way, several_files, spooled, unpacked_once
from elt.receiving.whole_files import (
    Receipt,
    check_own_content,
    check_replaceable,
    contract_of,
    keep,
    repeated,
    sent_earlier,
)
from elt.receiving.zip_archives import Member, open_archive
from elt.store import ObjectStore


def receive(
    pool: Pool,
    store: ObjectStore,
    contracts: Mapping[str, Contract],
    stream: BinaryIO,
    incoming: Incoming,
    max_bytes: int,
) -> list[Receipt]:
    """Take a file from an account: one receipt, or one for each CSV of a ZIP archive, in its order.

    Raises Refused where it cannot be read as this dataset: then nothing is kept.
    """
    contract = contract_of(contracts, incoming.dataset_id)
    source = Source(stream, max_bytes)
    with pool.connection() as connection:
        earlier = sent_earlier(connection, incoming)
    if earlier:
        return [repeated(earlier, incoming, source.drained_sha256())]
    if incoming.replaces:
        check_replaceable(incoming.replaces)
    with pool.connection() as connection:
        mapping = mapping_of(connection, contract, incoming)
    receipts = take_in(pool, store, contract, source, replace(incoming, header_mapping=mapping), max_bytes)
    if incoming.header_mapping and incoming.account_id is not None:
        with pool.connection() as connection:
            for receipt in receipts:
                applied = receipt.submission.header_mapping or {}
                header_mapping.remember(connection, incoming.account_id, contract.name, applied)
    return receipts


def check_front(pool: Pool, contract: Contract, head: bytes, incoming: Incoming) -> None:
    """Raises Refused where the beginning of a file shows already that it cannot be taken. A ZIP's does not."""
    front = csv_front(head)
    if front is None:
        return
    with pool.connection() as connection:
        mapping = mapping_of(connection, contract, incoming)
    looked_at(front, contract, replace(incoming, header_mapping=mapping))


def mapping_of(connection: Connection, contract: Contract, incoming: Incoming) -> dict[str, str]:
    """What the sender says, and has confirmed before, about headers. Raises Refused where it names no columns."""
    if incoming.account_id is None:
        return {}
    remembered = header_mapping.remembered(connection, incoming.account_id, contract.name)
    stated = header_mapping.checked(contract, incoming.header_mapping or {})
    kept = {entry.header: entry.field for entry in remembered if entry.field not in stated.values()}
    return {**kept, **stated}


def take_in(
    pool: Pool,
    store: ObjectStore,
    contract: Contract | None,
    source: Source,
    incoming: Incoming,
    max_bytes: int,
) -> list[Receipt]:
    """Look into a file, then keep it. Without a contract only the packing is looked at, and the rest when it is loaded.

    Raises Refused before anything is kept.
    """
    front = csv_front(source.sample())
    if front is None:
        return _take_archive(pool, store, contract, source, incoming, max_bytes)
    incoming = looked_at(front, contract, incoming)
    return [keep(pool, store, proven_on_its_way(source, max_bytes), incoming)]


@dataclass(frozen=True)
class _Found:
    """One CSV of an archive, looked at from its first byte to its last."""

    info: ZipInfo
    incoming: Incoming
    content: Content


def _take_archive(
    pool: Pool,
    store: ObjectStore,
    contract: Contract | None,
    source: Source,
    incoming: Incoming,
    max_bytes: int,
) -> list[Receipt]:
    with spooled(source) as file, open_archive(file, max_bytes) as (archive, members):
        if len(members) > 1 and incoming.replaces:
            raise several_files()
        found = [
            _inspect(archive, info, contract, incoming, number if len(members) > 1 else None)
            for number, info in enumerate(members, start=1)
        ]
        if len(found) == 1:
            file.seek(0)
            whole = Source(file).watched_by(_Known(found[0].content))
            return [keep(pool, store, whole, found[0].incoming)]
        _check_takable(pool, found)
        receipts = []
        for one in found:
            with Member(archive, one.info) as member:
                receipts.append(keep(pool, store, Source(cast(BinaryIO, member)), one.incoming))
        return receipts


def _inspect(
    archive: ZipFile, info: ZipInfo, contract: Contract | None, incoming: Incoming, number: int | None
) -> _Found:
    """Read one file of an archive to its end. `number`: its place among several, which are kept unpacked."""
    path = printable(info.filename)
    incoming = replace(incoming, archive_member=path)
    if number is not None:
        key = incoming.idempotency_key and f"{incoming.idempotency_key}/{number}"
        name = tidy(path) or f"file-{number}.csv"
        incoming = replace(incoming, filename=name, archive_filename=incoming.filename, idempotency_key=key)
    try:
        with Member(archive, info) as member:
            content = unpacked_once(member)
            incoming = looked_at(content.sample(), contract, incoming)
            sha256 = content.drained_sha256()
    except Refused as refusal:
        if number is None:
            raise
        raise _of_member(refusal, path) from refusal
    return _Found(info, incoming, Content(sha256, Compression("zip", path) if number is None else None))


def looked_at(front: bytes, contract: Contract | None, incoming: Incoming) -> Incoming:
    """The same, with what of its header mapping this file needs. Raises Refused where it is no CSV of the dataset."""
    if contract is None:
        return incoming
    _, applied = header_mapping.matched(contract, incoming.header_mapping or {}, front, incoming.stated)
    return replace(incoming, header_mapping=applied)


def _of_member(refusal: Refused, name: str) -> Refused:
    """The same, told of one file of an archive, of which nothing is taken."""
    return Refused(
        refusal.code,
        f"{name}: {refusal.message}",
        allowed=refusal.allowed,
        remedy=f"{refusal.remedy} Or take it out of the archive, of which nothing was kept.",
        **{**refusal.details, "member": name},
    )


def _check_takable(pool: Pool, found: list[_Found]) -> None:
    """Raises Conflict, before any file of an archive is kept, where one of them would not be."""
    with pool.connection() as connection:
        for one in found:
            if earlier := sent_earlier(connection, one.incoming):
                repeated(earlier, one.incoming, one.content.sha256)
            elif live := ledger.find_live(connection, one.incoming.dataset_id, one.content.sha256):
                check_own_content(one.incoming, live)


class _Known:
    """A watcher with nothing to find out: the archive was looked into before."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def feed(self, chunk: bytes) -> None:
        pass

    def content(self) -> Content:
        return self._content
