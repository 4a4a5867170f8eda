"""The page of the audit log."""

from flask import Blueprint, render_template, request

from backend.api import audit as api
from backend.auth import require_role
from backend.services import services
from elt import audit

EVENTS = 100  # of a page; a link leads to the older ones


def add_to(blueprint: Blueprint) -> None:
    """Give the pages theirs."""
    blueprint.add_url_rule("/audit", "audit", view_func=events, methods=["GET"])


@require_role(*api.READERS)
def events() -> str:
    """Who did what, newest first, as far as it fits what was asked for."""
    asked = api.wanted()
    shown, older = api.found(asked, EVENTS)
    with services().pool.connection() as connection:
        actions = audit.actions(connection)
    kinds = sorted({action.partition(".")[0] for action in actions})
    query = {name: value for name, value in request.args.items() if value and name != "cursor"}
    return render_template("audit.html", events=shown, older=older, asked=asked, kinds=kinds, query=query)
