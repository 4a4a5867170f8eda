"""Signing in with an OpenID Connect provider, where the environment names one."""

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, redirect, render_template, session, url_for
from requests import RequestException
from werkzeug.wrappers import Response

from backend.auth import SESSION_TOKEN
from backend.services import services
from elt import audit
from elt.access import accounts, sessions
from elt.errors import NotFound, Unavailable
from elt.settings import Settings

EXTENSION = "laurel_openid"


def register(app: Flask, settings: Settings) -> None:
    """Make the provider known to the application; nothing is asked of it before the first sign-in."""
    if settings.oidc_issuer is None:
        return
    known = OAuth(app)
    app.extensions[EXTENSION] = known.register(
        "openid",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )


def add_to(blueprint: Blueprint) -> None:
    """Give the pages the way to the provider, and the way back."""
    blueprint.add_url_rule("/sign-in/openid", "openid", view_func=leave, methods=["GET"])
    blueprint.add_url_rule("/sign-in/openid/back", "openid_back", view_func=come_back, methods=["GET"])


def is_configured() -> bool:
    """Whether there is a provider to sign in with."""
    return EXTENSION in current_app.extensions


def leave() -> Response:
    """To the provider, with a state and a nonce that only this browser's session knows."""
    if not is_configured():
        raise NotFound(
            "no_openid", "No OpenID Connect provider is configured.", remedy="docs/architecture.md: Settings."
        )
    back = services().settings.api_url.rstrip("/") + url_for("pages.openid_back")
    try:
        return current_app.extensions[EXTENSION].authorize_redirect(back)  # type: ignore[no-any-return]
    except RequestException as error:
        raise _away() from error


def come_back() -> Response | tuple[str, int]:
    """Exchange the provider's code for a session of the account that its claim names. It makes no accounts."""
    if not is_configured():
        raise NotFound("no_openid", "No OpenID Connect provider is configured.")
    try:
        claims = current_app.extensions[EXTENSION].authorize_access_token().get("userinfo") or {}
    except OAuthError:  # refused there, or a state, nonce or signature that is not ours
        claims = {}
    except RequestException as error:
        raise _away() from error
    claim = services().settings.oidc_claim
    name = claims.get(claim)
    if claim == "email" and claims.get("email_verified") not in (True, "true"):
        name = None  # some providers let everybody write any address, and say nothing of it
    with services().pool.connection() as connection:
        account = accounts.named(connection, name) if isinstance(name, str) else None
        if account is None:
            audit.record(connection, None, "sign_in.failed", None, {"with": "openid"})
        else:
            token = sessions.open_session(connection, account.account_id)
            audit.record(connection, account.account_id, "sign_in.done", None, {"with": "openid"})
    if account is None:
        return render_template("sign_in.html", next=url_for("pages.overview"), refused="openid"), 401
    session.clear()
    session[SESSION_TOKEN] = token
    session["name"] = account.name
    return redirect(url_for("pages.overview"))


def _away() -> Unavailable:
    return Unavailable(
        "openid_unavailable",
        "The OpenID Connect provider did not answer.",
        remedy="Try again in a minute, or sign in with a password or an API key.",
    )
