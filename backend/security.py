"""The headers that keep browsers to what is ours, for every response."""

from flask import Response, request

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",  # where a view says nothing else: most of it is about persons
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Swagger UI starts from a script in its page; nothing is ever loaded from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
# Nothing from elsewhere, nothing inline: vega runs with its expression interpreter, so it needs no eval either.
POLICY_OF_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def add_headers(response: Response) -> Response:
    """The response with all of them; what a view has set itself stays."""
    policy = POLICY_OF_PAGES if request.blueprint == "pages" else POLICY
    for name, value in {**HEADERS, "Content-Security-Policy": policy}.items():
        response.headers.setdefault(name, value)
    return response
