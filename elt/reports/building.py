"""Builds an edition: every report of the published data, once, into the store; then sends what was asked for."""

import hashlib
import io
import logging
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from elt import audit
from elt.access import accounts
from elt.access.roles import ADMINISTRATOR
from elt.database import connect, transaction
from elt.errors import NotFound
from elt.reports import editions, mailing
from elt.reports.api import ReportsApi, Wanted
from elt.reports.editions import Edition, StoredReport
from elt.settings import Settings
from elt.store import ObjectStore

ACCOUNT = "laurel-reports"  # in whose name an edition is built; nobody has its key
AT_ONCE = 2  # as many as the backend has processes; people ask it too
KEPT_EDITIONS = 8  # older ones go, files and all

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EditionReport:
    """What a run did: how many reports it built, and how many messages it sent."""

    data_version: int
    built: int
    sent: int


def build_edition(settings: Settings, store: ObjectStore) -> EditionReport:
    """Build what is missing of the edition of the published data, and send what nobody has been sent.

    Done twice it is done once. Raises Unavailable where a part does not answer or the data change meanwhile.
    """
    with closing(connect(settings.database_url)) as connection, _key(connection) as key:
        api = ReportsApi(settings.backend_url, key)
        catalogue = api.catalogue()
        with transaction(connection):
            edition = editions.open_edition(connection, catalogue.version, catalogue.published_at)
            there = {(file.report, file.subject) for file in editions.files(connection, edition.report_edition_id)}
        missing = [wanted for wanted in catalogue.wanted() if (wanted.report, wanted.subject) not in there]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for stored in pool.map(lambda wanted: _build(api, store, edition, wanted), missing):
                with transaction(connection):
                    editions.add(connection, edition, stored)
        with transaction(connection):
            editions.finish(connection, edition)
            audit.record(connection, None, "report.edition", str(edition.data_version), {"built": len(missing)})
        _drop_old(connection, store)
        sent = mailing.send_edition(connection, api, settings, edition)
    return EditionReport(edition.data_version, len(missing), sent)


@contextmanager
def _key(connection: Connection) -> Iterator[str]:
    """A key that opens the backend while the block lasts; what a killed run left behind is closed first."""
    with transaction(connection):
        try:
            accounts.revoke(connection, ACCOUNT)
        except NotFound:
            log.info("The account %s is made.", ACCOUNT)
        key = accounts.add(connection, ACCOUNT, ADMINISTRATOR)
    try:
        yield key
    finally:
        with transaction(connection):
            accounts.revoke(connection, ACCOUNT)


def _build(api: ReportsApi, store: ObjectStore, edition: Edition, wanted: Wanted) -> StoredReport:
    """One report, from the backend into the store: the PDF, and a folder of its pages beside it."""
    key = editions.object_key(edition, wanted.report, wanted.subject)
    with zipfile.ZipFile(io.BytesIO(api.report(wanted, "zip", edition.data_version))) as archive:
        names = archive.namelist()
        pdf = archive.read(next(name for name in names if name.endswith(".pdf")))
        pages = [name for name in names if name.endswith(".png")]
        for number, name in enumerate(pages, start=1):
            _put(store, editions.page_key(key, number), archive.read(name))
    _put(store, key, pdf)
    return StoredReport(wanted.report, wanted.subject, key, len(pages), len(pdf), hashlib.sha256(pdf).hexdigest())


def _put(store: ObjectStore, key: str, content: bytes) -> None:
    store.put(key, io.BytesIO(content), len(content))


def _drop_old(connection: Connection, store: ObjectStore) -> None:
    """Objects first: what is listed must be there, and what is left behind by a kill goes with the next run."""
    with transaction(connection):
        old = editions.editions(connection, limit=KEPT_EDITIONS + 100)[KEPT_EDITIONS:]
    for edition in old:
        for key in list(store.keys(editions.prefix(edition))):
            store.delete(key)
        with transaction(connection):
            editions.remove(connection, edition)
