"""Who is asking: an API key in the Authorization header, or the session cookie that the web pages set at log-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import g, request, session

from backend import rate_limit
from backend.problems import Forbidden, Unauthenticated
from backend.services import services
from elt.access import accounts, sessions
from elt.access.accounts import Account

# In the pages' cookie. Whose the session is, and whether it still opens anything, is in the ledger.
SESSION_TOKEN = "token"  # noqa: S105 - a name
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

View = TypeVar("View", bound=Callable[..., Any])


def require_role(*roles: str) -> Callable[[View], View]:
    """Let only these roles call the view; without any named, everybody with a key. Sets what `account()` returns."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*arguments: Any, **named: Any) -> Any:
            g.account = identify()
            if roles and g.account.role not in roles:
                raise Forbidden(
                    "wrong_role",
                    f"Your role, {g.account.role}, may not do this.",
                    allowed="Roles that may: " + ", ".join(roles) + ".",
                    remedy="Ask the operator for a key with that role.",
                )
            rate_limit.count(g.account)
            return view(*arguments, **named)

        return cast(View, checked)

    return decorate


def account() -> Account:
    """The account behind this request; only inside a view under require_role."""
    return cast(Account, g.account)


def visible_account_id() -> int | None:
    """Whose submissions the account may see: its own, or everybody's (None) for administrators and auditors."""
    return None if account().sees_every_submission else account().account_id


def identify() -> Account:
    """The account behind this request. Raises Unauthenticated where there is no key, or one that opens nothing."""
    key = _key()
    with services().pool.connection() as connection:
        if key is not None:
            found = accounts.authenticate(connection, key)
        elif SESSION_TOKEN in session and _same_origin():
            account_id = sessions.account_id_of(connection, session[SESSION_TOKEN])
            found = None if account_id is None else accounts.find(connection, account_id)
        else:
            raise Unauthenticated(
                "no_key",
                "This call needs an API key.",
                allowed="Authorization: Bearer KEY",
                remedy="`./start.sh user add NAME --role researcher` prints a key; the demo keys: `./start.sh env`. In "
                "containers: `docker compose exec backend python -m elt account add NAME --role researcher`.",
            )
    if found is None:
        raise Unauthenticated(
            "bad_key",
            "The API key is not known, or was revoked.",
            allowed="Authorization: Bearer KEY, with a key that is in use.",
            remedy="Check for missing characters; ask the operator for a new key.",
        )
    if not found.may_change and request.method not in SAFE_METHODS:
        raise Forbidden(
            "read_only_key",
            "This key reads, and changes nothing.",
            allowed="GET and HEAD.",
            remedy="Use a key without that limit: `POST /api/v1/keys`, or `./start.sh user key NAME`.",
        )
    return found


def _key() -> str | None:
    """The key of the Authorization header, with or without the word Bearer in front."""
    words = request.headers.get("Authorization", "").split()
    if len(words) == 2 and words[0].lower() == "bearer":
        return words[1]
    return words[0] if len(words) == 1 and words[0].lower() != "bearer" else None


def _same_origin() -> bool:
    """Whether a request that changes something and rests on a cookie comes from our own pages.

    SameSite=Lax stops other sites, but another port of the same host (Airflow's UI, say) is the same site.
    """
    origin = request.headers.get("Origin")
    return request.method in SAFE_METHODS or (origin is not None and urlsplit(origin).netloc == request.host)
