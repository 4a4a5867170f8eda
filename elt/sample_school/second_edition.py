"""The register a term later: the same students and teachers, some of them changed. It has no flaws."""

from dataclasses import dataclass
from typing import Final

from elt.sample_school import curriculum, people
from elt.sample_school.school import make_school
from elt.sample_school.tables import Table, table

# How many of each, always those with the lowest IDs that the change can happen to.
STUDENTS_MOVED: Final = 15
STUDENTS_PROMOTED: Final = 20  # JSS1 to JSS2
STUDENTS_CHANGED_STREAM: Final = 8  # in SS1: Science to Arts, otherwise to Science
TEACHERS_MOVED: Final = 3
TEACHERS_QUALIFIED: Final = 4  # B.Ed to M.Ed, with the higher salary

_MASTERS_RAISE = 35_000

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class SecondEdition:
    """Two files by dataset, and the IDs of those who changed by kind of change. A person may be in two kinds."""

    tables: dict[str, Table]
    changed: dict[str, list[str]]


def second_edition(seed: int) -> SecondEdition:
    """students.csv and teachers.csv of the next term."""
    school = make_school(seed)
    students = [dict(student.row) for student in school.students]
    teachers = [dict(teacher.row) for teacher in school.teachers]
    changed = {
        "student moved": _move(seed, students[:STUDENTS_MOVED], "Student ID"),
        "student promoted": _promote([row for row in students if row["Grade Level"] == "JSS1"][:STUDENTS_PROMOTED]),
        "student changed stream": _change_stream(
            [row for row in students if row["Grade Level"] == "SS1"][:STUDENTS_CHANGED_STREAM]
        ),
        "teacher moved": _move(seed, teachers[:TEACHERS_MOVED], "Teacher ID"),
        "teacher qualified": _qualify([row for row in teachers if row["Qualification"] == "B.Ed"][:TEACHERS_QUALIFIED]),
    }
    return SecondEdition({"laurel/students": table(students), "laurel/teachers": table(teachers)}, changed)


def _move(seed: int, rows: Rows, key: str) -> list[str]:
    """To the next LGA of the list, at a new address."""
    rng = people.stream_of(seed, f"moving {key}")
    for row in rows:
        lga = people.LGAS[(people.LGAS.index(row["LGA of residence"]) + 1) % len(people.LGAS)]
        row.update({"LGA of residence": lga, "Home Address": people.address(rng, lga)})
    return [row[key] for row in rows]


def _promote(rows: Rows) -> list[str]:
    for row in rows:
        row["Grade Level"] = curriculum.GRADE_LEVELS[1]
    return [row["Student ID"] for row in rows]


def _change_stream(rows: Rows) -> list[str]:
    for row in rows:
        row["Stream"] = "Arts" if row["Stream"] == "Science" else "Science"
    return [row["Student ID"] for row in rows]


def _qualify(rows: Rows) -> list[str]:
    for row in rows:
        row.update({"Qualification": "M.Ed", "Salary ₦": str(int(row["Salary ₦"]) + _MASTERS_RAISE)})
    return [row["Teacher ID"] for row in rows]
