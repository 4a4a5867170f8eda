"""The list of students, and the page of one. Each look at a named student is on record."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from flask import Blueprint, render_template, request, url_for

from backend.auth import account, require_role
from backend.pages.themes import themed
from backend.problems import BadRequest
from backend.reporting import student_charts, student_predictions, students
from backend.reporting.result import snapshot
from backend.reporting.students import Search
from backend.services import services
from elt import audit
from elt.access.policies import KNOW_PERSONS
from elt.predicting.actions import ACTIONS

PAGE = 50
TIERS = (4, 3, 2, 1, 0)
SOURCE = "laurel"


def add_to(blueprint: Blueprint) -> None:
    """Give the pages their part about single students."""
    blueprint.add_url_rule("/students", "students", view_func=listing, methods=["GET"])
    blueprint.add_url_rule("/students/<uuid:student_key>", "student", view_func=student, methods=["GET"])


@require_role(*KNOW_PERSONS)
def listing() -> str:
    """The students that the account may see, those who need help first; found by name, number, tier, grade level."""
    search, page = _search()
    with snapshot(services().reader_pool) as connection:
        found = students.listed(connection, search, (page - 1) * PAGE, PAGE)
        sources, levels = students.choices(connection, search.source)
    _record("students.list", search.source, [row["student_id"] for row in found])
    count = found[0]["found_count"] if found else 0
    return render_template(
        "students.html",
        viewer=account(),
        found=found,
        count=count,
        search=search,
        sources=sources,
        levels=levels,
        tiers=TIERS,
        first=(page - 1) * PAGE + 1,
        newer=_other_page(page - 1) if page > 1 else None,
        older=_other_page(page + 1) if page * PAGE < count else None,
    )


def _search() -> tuple[Search, int]:
    """Raises BadRequest for a filter that is no filter, or a number that is none."""
    given = {name: value.strip() for name, value in request.args.items() if value.strip()}
    if unknown := sorted(set(given) - {"source", "q", "tier", "grade_level", "page"}):
        raise BadRequest(
            "unknown_parameter",
            f"This page has no filter {', '.join(unknown)}.",
            allowed="Filters: q, tier, grade_level, source, page.",
        )
    tier, page = given.get("tier"), given.get("page", "1")
    if (tier is not None and tier not in map(str, TIERS)) or not page.isdecimal() or not 0 < int(page) < 10**6:
        raise BadRequest("bad_parameter", "There is no such tier or page.", allowed="tier: 4 to 0; page: from 1.")
    search = Search(
        given.get("source", SOURCE), given.get("q"), None if tier is None else int(tier), given.get("grade_level")
    )
    return search, int(page)


def _other_page(page: int) -> str:
    return url_for("pages.students", **{**request.args.to_dict(), "page": page})  # type: ignore[arg-type]


@require_role(*KNOW_PERSONS)
def student(student_key: UUID) -> str:
    """One student: tier, predictions, attendance, grades by term, who is at home, and the record as it was then."""
    with snapshot(services().reader_pool) as connection:
        found = students.find(connection, student_key)
        numbers = {row["submission_id"] for row in (*found.grades, *found.versions) if row["submission_id"] is not None}
        files = students.files(connection, sorted(numbers))
        predictions = student_predictions.of_student(connection, str(student_key))
    _record("student.read", found.now["source_system"], [found.now["student_id"]], [one.task for one in predictions])
    charts = {name: themed(spec) for name, spec in student_charts.specs(found.terms).items()}
    return render_template(
        "student.html", student=found, files=files, charts=charts, predictions=predictions, actions=ACTIONS
    )


def _record(action: str, source_system: str, student_ids: Iterable[str], outcomes: Sequence[str] = ()) -> None:
    """Put on record who was looked at, and which predictions of them were seen."""
    seen = {"predictions": list(outcomes)} if outcomes else {}
    with services().pool.connection() as connection:
        for student_id in student_ids:
            audit.student_seen(connection, account().account_id, action, source_system, student_id, **seen)
