"""The models' documentation, as dbt wrote it after the last change of the project."""

from flask import Blueprint, Response

from backend.services import services
from backend.streaming import stored, streaming
from elt.transforming.dbt_docs import DOCS_KEY

# dbt's page is one file that compiles its own templates; it loads nothing from elsewhere, and it may not.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

blueprint = Blueprint("model_docs", __name__)


@blueprint.get("/docs/models")
def model_docs() -> Response:
    """The page, streamed from the store; 404 until the first transform has been published."""
    size = services().store.size(DOCS_KEY)
    response = streaming(stored(DOCS_KEY), "text/html")
    response.content_length = size
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
