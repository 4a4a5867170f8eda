"""Builds a report: one snapshot of the data in, pages out."""

import io
import zipfile
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from backend.problems import BadRequest
from backend.reporting import typesetting
from backend.reporting.document import Document
from backend.reporting.querying import rows
from backend.reporting.reading import Reading, Version, version_of
from backend.reporting.report_kinds import ReportKind, Subject
from backend.reporting.result import snapshot
from elt.database import Pool
from elt.errors import NotFound
from elt.reports import editions

EARLIEST = (1980, 1, 1, 0, 0, 0)  # a ZIP's members need a time; one that never changes


@dataclass(frozen=True)
class Built:
    """A report as it stands in the data of `version`, ready to be set as pages."""

    kind: ReportKind
    subject: str
    version: Version
    document: Document

    def pdf(self) -> bytes:
        """All pages; the same data give the same bytes."""
        return typesetting.to_pdf(self.document, self.version)

    def zip(self) -> bytes:
        """The PDF and a folder of its pages as PNG, in one file; the same data give the same bytes."""
        name = self.stem()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(_member(f"{name}.pdf"), self.pdf())
            for number, page in enumerate(typesetting.to_pngs(self.document, self.version), start=1):
                archive.writestr(_member(f"{name}/page-{number}.png"), page)
        return packed.getvalue()

    def stem(self) -> str:
        """What its files are called, without an ending."""
        return editions.stem(self.kind.name, self.subject)


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, EARLIEST)  # PDF and PNG are compressed already


def build(kind: ReportKind, subject: str | None, pool: Pool) -> Built:
    """The report, read from one snapshot. Raises BadRequest, NotFound, and Unavailable while nothing is published."""
    with snapshot(pool) as connection:
        version = version_of(connection)
        chosen = _chosen(kind, subject, connection)
        document = kind.compose(Reading(connection, version, chosen))
    return Built(kind, chosen, version, document)


def subjects(kind: ReportKind, connection: Connection) -> tuple[str, ...]:
    """Of what there is such a report in these data, in order; nothing where there is only one."""
    if kind.subject is None:
        return ()
    return tuple(str(next(iter(row.values()))) for row in rows(connection, kind.subject.values_sql, {}))


def _chosen(kind: ReportKind, subject: str | None, connection: Connection) -> str:
    if kind.subject is None:
        if subject is not None:
            raise BadRequest("unknown_parameter", f"{kind.title} takes no parameter.")
        return ""
    if not subject:
        raise BadRequest(
            "missing_parameter",
            f"This report is about one {kind.subject.label.lower()}.",
            allowed=f"?{kind.subject.name}=…",
            remedy="GET /api/v1/reports lists what there is.",
        )
    if subject not in subjects(kind, connection):
        raise _unknown(kind.subject)
    return subject


def _unknown(subject: Subject) -> NotFound:
    """Names no other: the list may be of persons."""
    return NotFound(
        "unknown_subject",
        f"The data hold no such {subject.label.lower()}, or it is not for you.",
        remedy="GET /api/v1/reports lists what there is.",
    )
