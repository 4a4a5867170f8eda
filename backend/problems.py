"""Every exception becomes one JSON shape: RFC 9457, application/problem+json. Nothing of the inside gets out."""

import logging
import traceback
from typing import Any

import psycopg2
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as BaseResponse

from elt.contracting.datasets import NotOwner
from elt.errors import Conflict, LaurelError, NotFound, Refused, Unavailable

RETRY_AFTER_SECONDS = 5
# Postgres or the store went away in the middle of a request.
LOST = (psycopg2.OperationalError, psycopg2.InterfaceError, BotoCoreError, ClientError)
STATUS_BY_CODE = {"too_large": 413, "not_csv": 415, "unsupported_media_type": 415, "unsupported_encoding": 415}

# In place of werkzeug's wording, which speaks to somebody who types URLs into a browser.
DETAIL_BY_STATUS = {
    404: "There is nothing at this URL.",
    405: "This URL does not take this method.",
    413: "The body is larger than this call takes.",
}

log = logging.getLogger(__name__)


class Unauthenticated(LaurelError):
    """No key, or one that opens nothing."""


class Forbidden(LaurelError):
    """A good key, of a role that may not do this."""


class TooOften(LaurelError):
    """The account has called too often within a minute; the same call succeeds later."""


class BadRequest(LaurelError):
    """The request itself is malformed: a parameter out of range, a body that is no JSON."""


class TooLarge(Refused):
    """More bytes than the server takes; raised before the body is read where its length is announced."""


def status_of(error: LaurelError) -> int:
    """The HTTP status that says what kind of trouble this is."""
    if error.code in STATUS_BY_CODE:
        return STATUS_BY_CODE[error.code]
    by_type = {
        Unauthenticated: 401,
        NotOwner: 403,
        Forbidden: 403,
        BadRequest: 400,
        TooOften: 429,
        NotFound: 404,
        Conflict: 409,
        Refused: 422,
        Unavailable: 503,
    }
    return next((status for kind, status in by_type.items() if isinstance(error, kind)), 500)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    allowed: str | None = None,
    remedy: str | None = None,
    details: dict[str, Any] | None = None,
) -> Response:
    """A problem document as a response; `details` become members of their own (RFC 9457, section 3.2)."""
    members = {
        "type": f"urn:laurel:problem:{code}",
        "title": HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "allowed": allowed,
        "remedy": remedy,
        "instance": request.path,
    }
    body = {name: value for name, value in members.items() if value is not None}
    body |= {name: value for name, value in (details or {}).items() if name not in members}
    response = Response(json.dumps(body, sort_keys=False) + "\n", status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="laurel"'
    if status in (429, 503):
        response.headers["Retry-After"] = str((details or {}).get("retry_after_seconds", RETRY_AFTER_SECONDS))
    return response


def from_laurel_error(error: LaurelError) -> Response:
    """Laurel's own errors already carry what may be told."""
    if status_of(error) >= 500:
        log_frames(error, f"{request.method} {request.path}")
    return _document(error)


def _document(error: LaurelError) -> Response:
    return problem(
        status_of(error),
        error.code,
        error.message,
        allowed=error.allowed,
        remedy=error.remedy,
        details=error.details,
    )


def from_http_exception(error: HTTPException) -> BaseResponse:
    """What Flask and werkzeug raise: unknown URL, wrong method, malformed JSON."""
    if error.code is None or error.code < 400:  # a redirect is no problem
        return error.get_response()
    code = error.name.lower().replace(" ", "_")
    detail = DETAIL_BY_STATUS.get(error.code, error.description or error.name)
    allow = error.get_response().headers.get("Allow")
    response = problem(error.code, code, detail, allowed=allow, remedy="/apidocs shows every call.")
    if allow is not None:
        response.headers["Allow"] = allow
    return response


def from_anything_else(error: Exception) -> Response:
    """A lost connection, or a bug of ours."""
    return _document(told(error))


def told(error: Exception) -> LaurelError:
    """What a client may know of an exception that is not ours; its frames go to the log."""
    log_frames(error, f"{request.method} {request.path}")
    if isinstance(error, LOST):
        return Unavailable(
            "unavailable", "A part of Laurel did not answer.", remedy="Try again in a few seconds; see /readyz."
        )
    return LaurelError(
        "internal_error", "Laurel could not finish this.", remedy="Try again; if it stays, tell the operator when."
    )


def log_frames(error: BaseException, where: str) -> None:
    """Log where it happened and the types involved, never the messages: they may hold rows of the data."""
    chain: list[str] = []
    link: BaseException | None = error
    while link is not None:
        frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(link.__traceback__)]
        chain.append(" <- ".join([type(link).__name__, *reversed(frames[-12:])]))
        link = link.__cause__ or link.__context__
    log.error("%s failed: %s", where, " || ".join(chain))


def register(app: Flask) -> None:
    """Handle every exception of every view."""
    app.register_error_handler(LaurelError, from_laurel_error)
    app.register_error_handler(HTTPException, from_http_exception)
    app.register_error_handler(Exception, from_anything_else)
