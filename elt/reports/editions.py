"""The ledger of reports: editions, and the files of each in the store."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from psycopg2.extensions import connection as Connection

from elt.database import only_row
from elt.errors import NotFound


@dataclass(frozen=True)
class Edition:
    """What was built of one version of the marts; `finished_at` is None while some of it is missing."""

    report_edition_id: int
    data_version: int
    published_at: datetime
    finished_at: datetime | None
    file_count: int


@dataclass(frozen=True)
class StoredReport:
    """A report in the store: its PDF at `object_key`, and how many pages lie beside it as PNG."""

    report: str
    subject: str
    object_key: str
    page_count: int
    byte_count: int
    sha256: str


@dataclass(frozen=True)
class ReportFile(StoredReport):
    """One report of an edition."""

    report_file_id: int
    report_edition_id: int

    def page_keys(self) -> list[str]:
        """The keys of its pages, in order."""
        return [page_key(self.object_key, number) for number in range(1, self.page_count + 1)]


def page_key(object_key: str, number: int) -> str:
    """Where a page lies, beside the PDF at `object_key`."""
    return f"{object_key.removesuffix('.pdf')}/page-{number}.png"


def stem(report: str, subject: str) -> str:
    """What the files of a report are called where people keep them, without an ending: class-ss1-science."""
    return re.sub(r"[^a-z0-9]+", "-", f"{report} {subject}".lower()).strip("-")


def object_key(edition: Edition, report: str, subject: str) -> str:
    """Where the PDF of a report lies: reports/2026-11-21-v7/principal.pdf, …/class/SS1%20Science.pdf."""
    name = f"{report}/{quote(subject, safe='')}" if subject else report
    return f"{prefix(edition)}{name}.pdf"


def prefix(edition: Edition) -> str:
    """What the keys of all its objects begin with."""
    return f"reports/{edition.published_at:%Y-%m-%d}-v{edition.data_version}/"


_EDITION = """
select report_edition_id, data_version, published_at, finished_at,
    (select count(*) from catalog.report_file where report_file.report_edition_id = report_edition.report_edition_id)
from catalog.report_edition
"""
_FILE = """
select report, subject, object_key, page_count, byte_count, sha256, report_file_id, report_edition_id
from catalog.report_file
"""


def open_edition(connection: Connection, data_version: int, published_at: str) -> Edition:
    """The edition of these data; a new one unless it was begun before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.report_edition (data_version, published_at) values (%s, %s) on conflict do nothing",
            [data_version, published_at],
        )
        cursor.execute(f"{_EDITION} where data_version = %s", [data_version])
        return Edition(*only_row(cursor))


def finish(connection: Connection, edition: Edition) -> None:
    """Nothing of the edition is missing any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog.report_edition set finished_at = coalesce(finished_at, now()) where report_edition_id = %s",
            [edition.report_edition_id],
        )


def editions(connection: Connection, limit: int) -> list[Edition]:
    """The newest editions first."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_EDITION} order by data_version desc limit %s", [limit])
        return [Edition(*row) for row in cursor.fetchall()]


def files(connection: Connection, report_edition_id: int) -> list[ReportFile]:
    """The files of an edition, by report and subject."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FILE} where report_edition_id = %s order by report, subject", [report_edition_id])
        return [ReportFile(*row) for row in cursor.fetchall()]


def file(connection: Connection, report_file_id: int) -> ReportFile:
    """One file. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FILE} where report_file_id = %s", [report_file_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("unknown_report_file", "There is no such file of a report.", remedy="See /reports.")
    return ReportFile(*row)


def add(connection: Connection, edition: Edition, stored: StoredReport) -> None:
    """Note a report whose PDF and pages are in the store."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into catalog.report_file "
            "(report_edition_id, report, subject, object_key, page_count, byte_count, sha256) "
            "values (%s, %s, %s, %s, %s, %s, %s) on conflict (report_edition_id, report, subject) do nothing",
            [
                edition.report_edition_id,
                *(stored.report, stored.subject, stored.object_key),
                *(stored.page_count, stored.byte_count, stored.sha256),
            ],
        )


def remove(connection: Connection, edition: Edition) -> None:
    """Forget an edition whose objects are gone."""
    with connection.cursor() as cursor:
        cursor.execute("delete from catalog.report_edition where report_edition_id = %s", [edition.report_edition_id])
