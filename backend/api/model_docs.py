"""The models' documentation, as dbt wrote it after the last change of the project."""

from collections.abc import Iterator

from flask import Blueprint, Response

from backend.services import services
from elt.dbt_docs import DOCS_KEY

CHUNK_BYTES = 256 * 1024
# dbt's page is one file that compiles its own templates; it loads nothing from elsewhere, and it may not.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

blueprint = Blueprint("model_docs", __name__)


@blueprint.get("/docs/models")
def model_docs() -> Response:
    """The page, streamed from the store; 404 until the first transform has been published."""
    store = services().store
    size = store.size(DOCS_KEY)

    def stream() -> Iterator[bytes]:
        with store.open(DOCS_KEY) as page:
            while chunk := page.read(CHUNK_BYTES):
                yield chunk

    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Content-Length": str(size)}
    return Response(stream(), mimetype="text/html", headers=headers)
