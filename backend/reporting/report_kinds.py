"""What kinds of reports there are. Each file in backend/reports/ holds exactly one, as `REPORT`."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from backend import reports
from elt.errors import NotFound

if TYPE_CHECKING:
    from backend.reporting.document import Document
    from backend.reporting.reading import Reading


@dataclass(frozen=True)
class Subject:
    """What there is one report of each for. `values_sql` gives their names, one per row, in order."""

    name: str
    label: str
    values_sql: str
    is_person: bool = False


@dataclass(frozen=True)
class ReportKind:
    """A report: whom it is for, what it is about, and how it is composed of insights.

    `names_people`: it holds names of students, so that whoever reads it is on record.
    """

    name: str
    title: str
    tells: str
    audience: frozenset[str]
    compose: Callable[["Reading"], "Document"]
    subject: Subject | None = None
    names_people: bool = False

    @property
    def is_of_persons(self) -> bool:
        """Whether there is one for each person."""
        return self.subject is not None and self.subject.is_person


@cache
def report_kinds() -> Mapping[str, ReportKind]:
    """Every kind by name: of the school, of classes, of persons. Raises TypeError for a module without its REPORT."""
    found = {}
    for module in sorted(pkgutil.iter_modules(reports.__path__), key=lambda module: module.name):
        kind = getattr(import_module(f"{reports.__name__}.{module.name}"), "REPORT", None)
        if not isinstance(kind, ReportKind):
            raise TypeError(f"backend/reports/{module.name}.py has no REPORT; every file there defines one.")
        found[kind.name] = kind
    ordered = sorted(found.values(), key=lambda kind: (kind.subject is not None, kind.is_of_persons, kind.name))
    return MappingProxyType({kind.name: kind for kind in ordered})


def kinds_for(role: str) -> tuple[ReportKind, ...]:
    """The reports that an account with this role may read."""
    return tuple(kind for kind in report_kinds().values() if role in kind.audience)


def find_kind(name: str, role: str) -> ReportKind:
    """The kind of report. Raises NotFound where there is none of that name, or not for this role."""
    for kind in kinds_for(role):
        if kind.name == name:
            return kind
    raise NotFound(
        "unknown_report",
        "There is no report of that name, or it is not for your role.",
        allowed="Reports: " + (", ".join(kind.name for kind in kinds_for(role)) or "none for your role") + ".",
        remedy="GET /api/v1/reports lists them.",
    )
