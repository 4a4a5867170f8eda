"""The page of models: each that was ever trained, whether it is in force or why not, with its card to keep."""

from flask import Blueprint, render_template

from backend.auth import require_role
from backend.reporting import models
from backend.reporting.result import snapshot
from backend.services import services


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their list of models."""
    blueprint.add_url_rule("/models", "models", view_func=listing, methods=["GET"])


@require_role()
def listing() -> str:
    """The models in force first, then the newest."""
    with snapshot(services().reader_pool) as connection:
        found = models.listed(connection)
    return render_template("models.html", models=found)
