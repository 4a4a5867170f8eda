"""The sections of the pages, in the order of the navigation. A new page of its own adds one line here."""

from dataclasses import dataclass

from flask import current_app, g, request, url_for

from elt.access.policies import KNOW_PERSONS
from elt.access.roles import ADMINISTRATOR, AUDITOR

EVERYBODY: frozenset[str] = frozenset()
ADMINISTRATORS = frozenset({ADMINISTRATOR})


@dataclass(frozen=True)
class Section:
    """One link: what it is called, the endpoint that it opens, and the roles that may (none named: everybody).

    `pages` are the endpoints that belong to it besides: on them, too, it is the section one is in.
    """

    label: str
    endpoint: str
    roles: frozenset[str] = EVERYBODY
    pages: tuple[str, ...] = ()


DATA_PAGES = ("pages.submission", "pages.dry_run", "pages.sources", "pages.lineage", "pages.last_transform")
SECTIONS = (
    Section("Overview", "pages.overview"),
    Section("Students", "pages.students", frozenset(KNOW_PERSONS), ("pages.student",)),
    Section("Performance", "pages.performance"),
    Section("What matters", "pages.what_matters"),
    Section("Cohorts", "pages.cohorts"),
    Section("District", "pages.district"),
    Section("Predictions", "pages.models"),
    Section("All insights", "pages.catalogue", pages=("pages.insight",)),
    Section("Reports", "pages.reports", frozenset(KNOW_PERSONS), ("pages.report_edition",)),
    Section("Data", "pages.data", pages=DATA_PAGES),
    Section("Datasets", "pages.datasets", pages=("pages.dataset", "pages.draft")),
    Section("Accounts", "pages.accounts", ADMINISTRATORS),
    Section("Ask", "pages.ask", ADMINISTRATORS),
    Section("Audit", "pages.audit", frozenset({ADMINISTRATOR, AUDITOR})),
)


@dataclass(frozen=True)
class Link:
    """A section as the navigation shows it."""

    label: str
    url: str
    is_current: bool


def links() -> list[Link]:
    """The sections whose pages exist and are for the role of whoever is asking; none before signing in."""
    account = g.get("account")
    if account is None:
        return []
    return [
        Link(section.label, url_for(section.endpoint), request.endpoint in (section.endpoint, *section.pages))
        for section in SECTIONS
        if section.endpoint in current_app.view_functions and (not section.roles or account.role in section.roles)
    ]
