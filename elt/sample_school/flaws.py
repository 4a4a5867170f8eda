"""What is wrong with the sample school's files, on purpose.

A flaw that is refused comes as an extra line with a key of its own, so the good lines are all still there:
600 students, 50 teachers, and so on. The codes are those of the loader.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from elt.sample_school.tables import Table


@dataclass(frozen=True)
class Flaw:
    """`count` refused lines of one file: `column` holds `value`, or else the line as a whole is wrong."""

    dataset: str
    code: str
    column: str | None
    value: str | None
    count: int


REFUSED: Final = (
    Flaw("laurel/students", "type", "Age", "fourteen", 1),
    Flaw("laurel/students", "type", "Date of Birth", "31/02/2011", 1),
    Flaw("laurel/students", "range", "Age", "214", 1),
    Flaw("laurel/students", "required", "Grade Level", "", 1),
    Flaw("laurel/students", "enum", "Grade Level", "JSS4", 1),
    Flaw("laurel/students", "duplicate_key", None, None, 1),
    Flaw("laurel/students", "too_many_cells", None, None, 2),
    Flaw("laurel/teachers", "pattern", "LASRRA ID", "1.23457E+18", 1),
    Flaw("laurel/teachers", "type", "Salary ₦", "₦185,000", 1),
    Flaw("laurel/parents", "type", "Age", "forty", 1),
    Flaw("laurel/parents", "range", "Age", "432", 1),
    Flaw("laurel/parents", "required", "Student ID", "", 2),
    Flaw("laurel/parents", "pattern", "LASRRA ID", "12345", 1),
    Flaw("laurel/parents", "duplicate_key", None, None, 1),
    Flaw("laurel/parents", "too_many_cells", None, None, 1),
    Flaw("laurel/academic_history", "type", "Test Score", "absent", 12),
    Flaw("laurel/academic_history", "range", "Exam Score", "73", 10),
    Flaw("laurel/academic_history", "range", "Attendance (%)", "935", 6),
    Flaw("laurel/academic_history", "required", "Subject", "", 8),
    Flaw("laurel/academic_history", "duplicate_key", None, None, 9),
    Flaw("laurel/academic_history", "too_many_cells", None, None, 5),
    Flaw("laurel/survey", "type", "Past Jamb Score", "two hundred", 2),
    Flaw("laurel/survey", "type", "Date of Birth", "12-05-2008", 3),
    Flaw("laurel/survey", "range", "Past Jamb Score", "412", 2),
    Flaw("laurel/survey", "too_many_cells", None, None, 2),
)
REFUSED_LINES: Final = {
    dataset: sum(flaw.count for flaw in REFUSED if flaw.dataset == dataset)
    for dataset in dict.fromkeys(flaw.dataset for flaw in REFUSED)
}

# Flaws that load: it is the models' task to resolve or show them.
PARENT_WITH_TWO_BIRTH_DATES: Final = "LHP-001"
UNKNOWN_STUDENTS: Final = ("LHS-9001", "LHS-9002")  # grade rows of nobody in students
ROWS_PER_UNKNOWN_STUDENT: Final = 3
STUDENT_WITH_WHITE_SPACE: Final = "LHS-0042"

_KEYS: Final = {
    "laurel/students": "Student ID",
    "laurel/teachers": "Teacher ID",
    "laurel/parents": "Parent ID",
    "laurel/academic_history": "Student ID",
}


def plant(rng: Random, tables: dict[str, Table]) -> dict[str, Table]:
    """The tables with every flaw above."""
    _two_birth_dates(tables["laurel/parents"])
    _white_space(tables["laurel/students"])
    _unknown_students(rng, tables["laurel/academic_history"])
    for dataset, table in tables.items():
        # Copies of lines of the first half go into the second half: a duplicate stands after its original.
        half = len(table.lines) // 2
        originals = rng.sample(range(half), REFUSED_LINES[dataset])
        bad = list(_bad_lines(dataset, table, originals))
        for line in bad:
            table.lines.insert(rng.randint(half + 1, len(table.lines)), line)
    return tables


def _bad_lines(dataset: str, table: Table, originals: list[int]) -> Iterator[list[str]]:
    flaws = [flaw for flaw in REFUSED if flaw.dataset == dataset for _ in range(flaw.count)]
    for number, (flaw, original) in enumerate(zip(flaws, originals, strict=True), start=1):
        line = list(table.lines[original])
        if dataset in _KEYS and flaw.code != "duplicate_key":
            key = table.column(_KEYS[dataset])
            line[key] = f"{line[key].split('-')[0]}-{9100 + number}"
        if flaw.column is not None and flaw.value is not None:
            line[table.column(flaw.column)] = flaw.value
        if flaw.code == "too_many_cells":
            line.append("see the register")
        yield line


def _two_birth_dates(parents: Table) -> None:
    """The parent's last child has the parent born a year earlier than the others do."""
    key, born = parents.column("Parent ID"), parents.column("Date of Birth")
    line = [line for line in parents.lines if line[key] == PARENT_WITH_TWO_BIRTH_DATES][-1]
    date_of_birth = date.fromisoformat(line[born])
    line[born] = date_of_birth.replace(year=date_of_birth.year - 1, day=min(date_of_birth.day, 28)).isoformat()


def _white_space(students: Table) -> None:
    """Around the text, never inside: once trimmed, the line says what it always said."""
    key = students.column("Student ID")
    line = next(line for line in students.lines if line[key] == STUDENT_WITH_WHITE_SPACE)
    for column, before, after in (
        ("First Name", "  ", " "),
        ("Last Name", "", "   "),
        ("State of Origin", " ", "  "),
        ("LGA of residence", "\t", ""),
    ):
        line[students.column(column)] = before + line[students.column(column)] + after


def _unknown_students(rng: Random, grades: Table) -> None:
    key = grades.column("Student ID")
    for student_id in UNKNOWN_STUDENTS:
        for original in grades.lines[:ROWS_PER_UNKNOWN_STUDENT]:
            line = list(original)
            line[key] = student_id
            grades.lines.insert(rng.randint(ROWS_PER_UNKNOWN_STUDENT, len(grades.lines)), line)
