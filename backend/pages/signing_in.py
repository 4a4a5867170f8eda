"""Signing in with an API key, and out again. The signed cookie holds the account's id, never the key."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from backend.auth import SESSION_ACCOUNT
from backend.problems import BadRequest
from backend.services import services
from elt import accounts

CSRF = "csrf_token"


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their doors."""
    blueprint.add_url_rule("/sign-in", view_func=sign_in, methods=["GET"])
    blueprint.add_url_rule("/sign-in", "open_session", view_func=open_session, methods=["POST"])
    blueprint.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])


def sign_in() -> str:
    """The form."""
    return render_template("sign_in.html", next=_own_path(request.args.get("next")), refused=False)


def open_session() -> Response | tuple[str, int]:
    """Exchange a key for a session; a wrong one gets the form again."""
    check_csrf(request.form)
    target = _own_path(request.form.get("next"))
    with services().pool.connection() as connection:
        account = accounts.authenticate(connection, request.form.get("key", "").strip())
    if account is None:
        return render_template("sign_in.html", next=target, refused=True), 401
    session.clear()  # a session that somebody planted before must not become this person's
    session[SESSION_ACCOUNT] = account.account_id
    session["name"] = account.name
    return redirect(target)


def sign_out() -> Response:
    """Forget the session."""
    check_csrf(request.form)
    session.clear()
    return redirect(url_for("pages.sign_in"))


def signed_in() -> str | None:
    """The name to show in the header; whether the session still opens anything is checked per request."""
    return session.get("name")


def csrf_token() -> str:
    """This session's token; every form of ours carries it."""
    return str(session.setdefault(CSRF, secrets.token_urlsafe(32)))


def check_csrf(form: Mapping[str, str]) -> None:
    """Raises BadRequest where the form does not carry this session's token."""
    expected, sent = session.get(CSRF, ""), form.get(CSRF, "")
    if not expected or not secrets.compare_digest(expected.encode(), sent.encode()):
        raise BadRequest(
            "stale_form", "The form was not ours, or too old.", remedy="Go back, reload the page and try again."
        )


def _own_path(target: str | None) -> str:
    """Where to go after signing in: a path of ours, or the overview. `//host` would lead elsewhere."""
    if target:
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith(("//", "/\\")):
            return target
    return url_for("pages.overview")
