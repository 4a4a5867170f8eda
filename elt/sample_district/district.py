"""The whole sample district: its five schools, and its files."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from elt.sample_district import effects, flaws, work
from elt.sample_district.changes import Loads, make_loads
from elt.sample_district.courses import make_contents, make_sections, school_row
from elt.sample_district.effects import School
from elt.sample_district.persons import People, make_people
from elt.sample_district.rows import Numbers, Row
from elt.sample_school import people
from elt.sample_school.tables import Table, table

# In the order in which they are best sent: what others refer to comes first.
DATASETS: Final = ("schools", "users", "courses", "contents", "adjustments", "grades", "homeworks", "accesses")
_NUMBERS: Final = {
    "users": ("U", 5), "courses": ("C", 5), "contents": ("L", 5), "adjustments": ("J", 5), "grades": ("G", 6),
    "homeworks": ("H", 7), "accesses": ("A", 6),
}  # fmt: skip


def make_district(seed: int) -> dict[str, Table]:
    """All eight files, by dataset, flaws included: the same for the same seed, on every machine."""
    numbers = {name: Numbers(*how) for name, how in _NUMBERS.items()}
    rows: dict[str, list[Row]] = {name: [] for name in DATASETS}
    for school in effects.SCHOOLS:
        for name, lines in _school(seed, school, numbers):
            rows[name] += lines
    tables = {f"district/{name}": table(lines) for name, lines in rows.items()}
    return flaws.plant(people.stream_of(seed, "district flaws"), tables)


def _school(seed: int, school: School, numbers: dict[str, Numbers]) -> Iterator[tuple[str, list[Row]]]:
    """The lines of one school, by file."""
    rng = people.stream_of(seed, f"district {school.school_id}")
    staff = make_people(rng, school, numbers["users"])
    sections = make_sections(rng, school, staff, numbers["courses"])
    contents = make_contents(rng, school, sections, numbers["contents"])
    loads, adjustments = make_loads(rng, school, staff, sections, numbers["adjustments"])
    yield "schools", [school_row(school)]
    yield "users", _users(staff)
    yield "courses", [section.row for section in sections.values()]
    yield "contents", list(chain.from_iterable(contents.values()))
    yield "adjustments", adjustments
    droppers = {line["student_id"] for line in adjustments if line["action"] == "drop"}
    yield from _work(seed, school, staff, loads, droppers, contents, numbers)


def _users(staff: People) -> list[Row]:
    students = [student.row for student in staff.students]
    return [*staff.clerks, *chain.from_iterable(staff.teachers.values()), *staff.parents, *students]


def _work(
    seed: int,
    school: School,
    staff: People,
    loads: Loads,
    droppers: set[str],
    contents: dict[str, list[Row]],
    numbers: dict[str, Numbers],
) -> Iterator[tuple[str, list[Row]]]:
    """A random stream of its own for each file, so that a change to one leaves the others as they were."""
    rngs = {name: people.stream_of(seed, f"district {school.school_id} {name}") for name in DATASETS[5:]}
    for term in effects.TERMS:
        for student in staff.students:
            yield "grades", list(work.make_grades(rngs["grades"], student, term, loads, droppers, numbers["grades"]))
            yield "homeworks", list(work.make_homeworks(rngs["homeworks"], student, term, loads, numbers["homeworks"]))
            yield (
                "accesses",
                list(work.make_accesses(rngs["accesses"], student, term, loads, contents, numbers["accesses"])),
            )
