"""Query parameters and JSON bodies, checked at the edge: what gets past here is trusted."""

import base64
import binascii
import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from flask import request

from backend.problems import BadRequest
from elt.reading.detecting import DELIMITERS, QUOTES, Stated
from elt.reading.encoding import ENCODINGS

STATUSES = (
    "received",
    "loading",
    "held",
    "loaded",
    "modelled",
    "rejected",
    "failed",
    "retracting",
    "retracted",
    "replaced",
)
LIMIT_MAXIMUM = 200
LIMIT_DEFAULT = 50
WAIT_MAXIMUM = 60
DESCRIPTION_LENGTHS = {"title": 200, "note": 4000}
INTEGER_MAXIMUM = 2**31 - 1
# What may be stated of a file, in its spellings, and the one word for it.
FORMATS: dict[str, dict[str, str]] = {
    "encoding": {name: name for name in ENCODINGS},
    "delimiter": {name: name for name in DELIMITERS} | {mark: name for name, mark in DELIMITERS.items()},
    "quote": {name: name for name in QUOTES} | {mark: name for name, mark in QUOTES.items() if mark},
}
MAPPING_MAXIMUM = 1000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # JSON can spell these, Postgres cannot hold them


def refuse_unstorable() -> None:
    """Before any view: raises BadRequest where the query or the path holds a character that no text of ours can."""
    if any(UNSTORABLE.search(text) for text in (request.path, *chain(*request.args.items(multi=True)))):
        raise BadRequest("bad_parameter", "The URL holds a character that is none of a text.", allowed="No %00.")


def only(known: Sequence[str], form: Mapping[str, str]) -> None:
    """Raises BadRequest where the query, or a field of a form, is none of these: `dryrun` must not load the file."""
    given = [*request.args, *(name for name, text in form.items() if text)]
    unknown = [name for name in given if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0].lower(), known, n=1)
        raise BadRequest(
            "unknown_parameter",
            f"The request has {'a parameter' if len(unknown) == 1 else f'{len(unknown)} parameters'} that nobody knows."
            + (f" Did you mean `{near[0]}`?" if near else ""),
            allowed=", ".join(f"`{name}`" for name in known)
            + ": in the query, or in fields of the form before the file.",
            remedy="Correct the name, or leave the parameter out.",
        )


def limit() -> int:
    """How many items a page holds."""
    return whole_number("limit", LIMIT_DEFAULT, 1, LIMIT_MAXIMUM)


def whole_number(name: str, default: int, lowest: int, highest: int) -> int:
    """The query parameter of this name, a number of at most six digits."""
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and lowest <= int(text) <= highest):
        raise _bad(name, f"A whole number from {lowest} to {highest}.")
    return int(text)


def status() -> str | None:
    """The state to filter by."""
    text = request.args.get("status")
    if text is not None and text not in STATUSES:
        raise _bad("status", "One of " + ", ".join(STATUSES) + ".")
    return text


def one_of(name: str, allowed: Sequence[str]) -> str | None:
    """One of a few words, or nothing."""
    text = request.args.get(name)
    if text is not None and text not in allowed:
        raise _bad(name, "One of " + ", ".join(allowed) + ".")
    return text


def uuid(name: str) -> UUID | None:
    """The public id of something, or nothing."""
    text = request.args.get(name)
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise _bad(name, "An id, as the API shows it.") from None


def wait() -> float:
    """Seconds that the client is ready to wait."""
    try:
        seconds = float(request.args.get("wait", "0"))
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= WAIT_MAXIMUM:  # false for nan too
        raise _bad("wait", f"Seconds from 0 to {WAIT_MAXIMUM}.")
    return seconds


def stated(form: Mapping[str, str]) -> Stated:
    """What the sender says of the file's encoding and dialect, in the query or in fields of the form."""
    given = {name: request.args.get(name, form.get(name)) for name in FORMATS}
    for name, text in given.items():
        if text is not None and text.lower() not in FORMATS[name]:
            raise _bad(name, "One of " + ", ".join(dict.fromkeys(FORMATS[name].values())) + "; or leave it out.")
    return Stated(**{name: FORMATS[name][text.lower()] for name, text in given.items() if text is not None})


def dry_run(form: Mapping[str, str]) -> bool:
    """Whether the file is only to be looked at, by the query or a field of the form."""
    return flag("dry_run", form)


def version() -> int | None:
    """Which version of a contract."""
    text = request.args.get("version")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) <= INTEGER_MAXIMUM):
        raise _bad("version", "The number of a version.")
    return int(text)


def flag(name: str, form: Mapping[str, str] | None = None) -> bool:
    """A choice of yes or no; no where it is not named."""
    text = (request.args.get(name) or (form or {}).get(name) or "false").lower()
    if text not in ("true", "false"):
        raise _bad(name, "true or false.")
    return text == "true"


def json_object(*members: str) -> dict[str, Any]:
    """The body: a JSON object with at least one of these members, and no other."""
    body = json_body()
    if not isinstance(body, dict) or not body or not set(body) <= set(members):
        raise BadRequest(
            "bad_body",
            "The body does not say what to set.",
            allowed="A JSON object with " + " and ".join(f"`{member}`" for member in members) + ".",
        )
    return body


def json_body() -> Any:
    """The body, read as JSON; None where it is none, or holds what Postgres cannot."""
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # brackets in brackets, without end
        return None
    return None if _holds_unstorable(body) else body


def _holds_unstorable(body: Any) -> bool:
    left = [body]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and UNSTORABLE.search(value):
            return True
    return False


def header_mapping(form: Mapping[str, str]) -> dict[str, str]:
    """`mapping`, in the query or in a field of the form: what the file calls columns. Empty where there is none."""
    text = request.args.get("mapping", form.get("mapping"))
    return {} if text is None else as_mapping(json.loads(text) if _is_json(text) else None)


def as_mapping(value: Any) -> dict[str, str]:
    """A header mapping out of JSON."""
    good = isinstance(value, dict) and len(value) <= MAPPING_MAXIMUM
    if not good or not all(
        isinstance(v, str) and 0 < len(k) <= 200 and not UNSTORABLE.search(k + v) for k, v in value.items()
    ):
        raise BadRequest(
            "bad_mapping",
            "The mapping cannot be read.",
            allowed='A JSON object {"header in your file": "column of the dataset", …}.',
            remedy="Take `proposed_mapping` out of the answer that proposed it.",
        )
    return dict(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def cursor() -> int | None:
    """The submission_id before which the page starts."""
    text = request.args.get("cursor")
    if text is None:
        return None
    try:
        number = int(base64.b64decode(text.encode(), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        number = 0
    if not 0 < number <= INTEGER_MAXIMUM:
        raise _bad("cursor", "The `next_cursor` of the page before, unchanged.")
    return number


def to_cursor(submission_id: int) -> str:
    """What `cursor()` reads back."""
    return base64.urlsafe_b64encode(str(submission_id).encode()).decode()


def description() -> dict[str, str | None]:
    """The title and note to set; null clears one, one that is not named stays as it is."""
    allowed = "A JSON object with " + " and ".join(
        f"`{name}` (text of at most {length} characters, or null)" for name, length in DESCRIPTION_LENGTHS.items()
    )
    body = json_body()
    if not isinstance(body, dict) or not body or not set(body) <= set(DESCRIPTION_LENGTHS):
        raise BadRequest("bad_description", "The body does not say what to set.", allowed=allowed + ".")
    for name, value in body.items():
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > DESCRIPTION_LENGTHS[name] or UNSTORABLE.search(value):
            raise BadRequest("bad_description", f"`{name}` cannot be set to this.", allowed=allowed + ".")
    return body


def described(form: Mapping[str, str]) -> dict[str, str | None]:
    """The title and note of a file, in the query or in fields of the form."""
    given = {name: request.args.get(name, form.get(name)) or None for name in DESCRIPTION_LENGTHS}
    for name, text in given.items():
        if text is not None and (len(text) > DESCRIPTION_LENGTHS[name] or UNSTORABLE.search(text)):
            raise _bad(name, f"Text of at most {DESCRIPTION_LENGTHS[name]} characters.")
    return given


def _bad(name: str, allowed: str) -> BadRequest:
    return BadRequest("bad_parameter", f"The parameter `{name}` is out of range.", allowed=allowed, parameter=name)
