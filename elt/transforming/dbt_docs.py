"""The models' documentation and lineage as one web page, kept in the object store so that any backend can serve it."""

import io

from elt.errors import LaurelError, NotFound
from elt.settings import Settings
from elt.store import ObjectStore
from elt.transforming.dbt_build import directories, invoke

DOCS_KEY = "documentation/models.html"
FINGERPRINT_KEY = "documentation/models.fingerprint"  # of the dbt project that the page describes
# What dbt 1.11's page asks for by addresses that nobody has: templates read before its script fills them in, an icon
# that its build forgot, a picture that is not in the file. Each would be an error in the browser's console.
UNFINISHED = {
    b'<use xlink:href="{{': b'<use ng-attr-xlink:href="{{',
    b"${require('./assets/favicons/favicon.ico')}": b"data:,",
    b'url("../img/carets/down.svg")': b"none",
}


def bring_up_to_date(settings: Settings, store: ObjectStore, fingerprint: str) -> None:
    """Run `dbt docs generate` unless the page already describes this project. Raises LaurelError where dbt fails."""
    if _described(store) == fingerprint:
        return
    result = invoke(settings, ["docs", "generate", "--static", *directories(settings)])
    if not result.success:
        raise LaurelError(
            "docs_not_generated",
            "dbt could not generate its documentation.",
            remedy="`./start.sh dbt parse` shows why.",
        )
    page = (settings.home / "dbt" / "target" / "static_index.html").read_bytes()
    for unfinished, finished in UNFINISHED.items():
        page = page.replace(unfinished, finished)
    store.put(DOCS_KEY, io.BytesIO(page))
    store.put(FINGERPRINT_KEY, io.BytesIO(fingerprint.encode()))


def _described(store: ObjectStore) -> str | None:
    try:
        with store.open(FINGERPRINT_KEY) as stored:
            return stored.read().decode()
    except NotFound:
        return None
