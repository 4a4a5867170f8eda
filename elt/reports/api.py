"""The reports as the backend gives them: built there, as whoever asks may see them, by the code that people ask too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from elt.errors import LaurelError, Unavailable

TIMEOUT_SECONDS = (5, 120)  # to connect, and to build: a report takes seconds on a busy machine
BUSY = {429, 502, 503, 504}


@dataclass(frozen=True)
class Wanted:
    """One report that there is: of one subject, where there is one for each."""

    report: str
    subject: str
    links: dict[str, str]
    parameters: dict[str, str]


@dataclass(frozen=True)
class Catalogue:
    """Which reports there are of the data of `version`, for whoever asked."""

    version: int
    published_at: str
    reports: tuple[dict[str, Any], ...]

    def wanted(self) -> Iterator[Wanted]:
        """Every report, in the order of the catalogue."""
        for report in self.reports:
            links, parameter = report["links"], report["parameter"]
            if parameter is None:
                yield Wanted(report["name"], "", links, {})
            else:
                for subject in parameter["allowed"]:
                    yield Wanted(report["name"], subject, links, {parameter["name"]: subject})


class ReportsApi:
    """The backend, asked with a key. Raises Unavailable where it does not answer or is not ready."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}

    def catalogue(self, as_account: int | None = None) -> Catalogue:
        """Which reports there are, for this account or for another."""
        told = self._get("/api/v1/reports", _as(as_account)).json()
        return Catalogue(told["version"], told["published_at"], tuple(told["reports"]))

    def report(self, wanted: Wanted, form: str, version: int, as_account: int | None = None) -> bytes:
        """A report, as a PDF, or as a ZIP of it and its pages.

        Raises Unavailable where it is of other data than of `version`: they changed meanwhile.
        """
        response = self._get(wanted.links[form], {**wanted.parameters, **_as(as_account)})
        if response.headers.get("Laurel-Data-Version") != str(version):
            raise Unavailable(
                "data_changed",
                "New marts were published while the reports were built.",
                remedy="Nothing: the next attempt builds them from the new data.",
            )
        return response.content

    def _get(self, path: str, parameters: dict[str, str]) -> requests.Response:
        try:
            response = requests.get(self._url + path, params=parameters, headers=self._headers, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise Unavailable(
                "backend_unavailable",
                "The backend did not answer.",
                remedy="See that it runs, and that LAUREL_BACKEND_URL leads to it.",
            ) from error
        if response.status_code in BUSY:
            raise Unavailable("backend_not_ready", "The backend could not build a report now.")
        if response.status_code != 200:
            # Which report is not said: its name may be a person's.
            raise LaurelError(
                "report_refused",
                f"The backend answered {response.status_code} to a request for a report.",
                remedy="Its log says which line of code.",
            )
        return response


def _as(account_id: int | None) -> dict[str, str]:
    return {} if account_id is None else {"as_account": str(account_id)}
