"""The models' documentation and lineage as one web page, kept in the object store so that any backend can serve it."""

import io

from elt.dbt_build import directories, invoke
from elt.errors import LaurelError
from elt.settings import Settings
from elt.store import ObjectStore

DOCS_KEY = "documentation/models.html"


def generate(settings: Settings, store: ObjectStore) -> None:
    """Run `dbt docs generate` against the warehouse as it is. Raises LaurelError where dbt fails."""
    arguments = ["docs", "generate", "--static", *directories(settings), "--quiet", "--log-level-file", "none"]
    result = invoke(settings, arguments)
    if not result.success:
        raise LaurelError(
            "docs_not_generated",
            "dbt could not generate its documentation.",
            remedy="`./start.sh dbt parse` shows why.",
        )
    page = (settings.home / "dbt" / "target" / "static_index.html").read_bytes()
    store.put(DOCS_KEY, io.BytesIO(page))
