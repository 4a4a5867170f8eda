"""Signing in, with a name and a password or an API key, and out again. The cookie holds a session's token, no key."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from psycopg2.extensions import connection as Connection
from werkzeug.wrappers import Response

from backend import rate_limit
from backend.auth import SESSION_TOKEN
from backend.problems import BadRequest
from backend.services import services
from elt import audit
from elt.access import accounts, passwords, sessions
from elt.access.accounts import Account

CSRF = "csrf_token"


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their doors."""
    blueprint.add_url_rule("/sign-in", view_func=sign_in, methods=["GET"])
    blueprint.add_url_rule("/sign-in", "open_session", view_func=open_session, methods=["POST"])
    blueprint.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])


def sign_in() -> str:
    """The form."""
    return render_template("sign_in.html", next=_own_path(request.args.get("next")), refused=None)


def open_session() -> Response | tuple[str, int]:
    """Exchange a password or a key for a session; what is wrong gets the form again."""
    check_csrf(request.form)
    target = _own_path(request.form.get("next"))
    limiter, address = rate_limit.limiter(), request.remote_addr or ""
    if not limiter.test(rate_limit.FAILURES, address):
        return render_template("sign_in.html", next=target, refused="too_many"), 429
    with services().pool.connection() as connection:
        account, refused = _account(connection)
        token = sessions.open_session(connection, account.account_id) if account else ""
        if account:
            audit.record(connection, account.account_id, "sign_in.done", None, {"with": _means()})
    if account is None:
        limiter.hit(rate_limit.FAILURES, address)
        return render_template("sign_in.html", next=target, refused=refused), 401
    session.clear()  # a session that somebody planted before must not become this person's
    session[SESSION_TOKEN] = token
    session["name"] = account.name
    return redirect(target)


def _means() -> str:
    return "key" if request.form.get("key") else "password"


def _account(connection: Connection) -> tuple[Account | None, str | None]:
    """Who signs in; or why nobody does, as the form tells it."""
    if _means() == "key":
        account = accounts.authenticate(connection, request.form.get("key", "").strip())
        if account is None:
            audit.record(connection, None, "sign_in.failed", None, {"with": "key"})
        elif not account.may_change:
            return None, "read_only"
        return account, "key"
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    if "\0" in name or len(password) > passwords.LONGEST:
        return None, "password"
    attempt = passwords.sign_in(connection, name, password)
    account = None if attempt.account_id is None else accounts.find(connection, attempt.account_id)
    return account, "locked" if attempt.is_locked else "password"


def sign_out() -> Response:
    """End the session, here and wherever its cookie was copied to."""
    check_csrf(request.form)
    with services().pool.connection() as connection:
        account_id = sessions.end(connection, session.get(SESSION_TOKEN, ""))
        if account_id is not None:
            audit.record(connection, account_id, "sign_out", None, None)
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
