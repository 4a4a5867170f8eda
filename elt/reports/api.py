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
    path: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Catalogue:
    """Which reports there are of the data of `version`, and the roles that may read each."""

    version: int
    published_at: str
    reports: tuple[dict[str, Any], ...]

    def wanted(self) -> Iterator[Wanted]:
        """Every report, as a ZIP of its PDF and its pages, in the order of the catalogue."""
        for report in self.reports:
            path, parameter = report["links"]["zip"], report["parameter"]
            if parameter is None:
                yield Wanted(report["name"], "", path, {})
            else:
                for subject in parameter["allowed"]:
                    yield Wanted(report["name"], subject, path, {parameter["name"]: subject})

    def audience(self, report: str) -> frozenset[str]:
        """The roles that may read a report; none where there is no such report any more."""
        return frozenset(next((found["audience"] for found in self.reports if found["name"] == report), ()))


class ReportsApi:
    """The backend, asked with a key. Raises Unavailable where it does not answer or is not ready."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}

    def catalogue(self) -> Catalogue:
        """Which reports there are."""
        told = self._get("/api/v1/reports", {}).json()
        return Catalogue(told["version"], told["published_at"], tuple(told["reports"]))

    def zip(self, wanted: Wanted, version: int) -> bytes:
        """A report. Raises Unavailable where it is of other data than of `version`: they changed meanwhile."""
        response = self._get(wanted.path, wanted.parameters)
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
