"""The pages of accounts: the own one, and all of them for administrators. What they change, they ask of the API."""

from flask import Blueprint, render_template

from backend.auth import account, require_role
from backend.services import services
from elt.access import directory, passwords
from elt.access.keys import DAYS_MAXIMUM
from elt.access.roles import ADMINISTRATOR, PRINCIPAL, ROLES, TEACHER, Scope

IN_WORDS = {
    "administrator": "sees and changes everything",
    "principal": "sees the own school, people by name",
    "teacher": "sees the own classes, students by name",
    "researcher": "sends files, sees no person",
    "auditor": "sees everything about data, nothing about people",
}


def add_to(blueprint: Blueprint) -> None:
    """Give the pages theirs."""
    blueprint.add_url_rule("/account", "account", view_func=own, methods=["GET"])
    blueprint.add_url_rule("/accounts", "accounts", view_func=everybody, methods=["GET"])


@require_role()
def own() -> str:
    """Who one is here: role, password, keys."""
    with services().pool.connection() as connection:
        entry = directory.entry(connection, account().account_id)
    return render_template(
        "account.html", entry=entry, words=IN_WORDS, belongs=belongs, shortest=passwords.SHORTEST,
        longest=passwords.LONGEST, days=DAYS_MAXIMUM, may_change=account().may_change,
    )  # fmt: skip


@require_role(ADMINISTRATOR)
def everybody() -> str:
    """Every account, and what opens it."""
    with services().pool.connection() as connection:
        entries = directory.entries(connection)
    return render_template(
        "accounts.html", entries=entries, own=account().account_id, words=IN_WORDS, belongs=belongs, roles=ROLES,
        of_schools=(PRINCIPAL, TEACHER), days=DAYS_MAXIMUM,
    )  # fmt: skip


def belongs(scope: Scope) -> str:
    """What a teacher or principal belongs to, in words."""
    school = f"school {scope.school_id} of {scope.source_system}" if scope.school_id else scope.source_system
    return f"teacher {scope.teacher_id}, {school}" if scope.teacher_id else school
