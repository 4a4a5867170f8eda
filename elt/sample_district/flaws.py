"""What is wrong with the sample district's files, on purpose.

A line that is refused comes in addition, with an id of its own, so the good lines are all still there. What is loaded
and wrong all the same is the models' task to resolve or show; so is what was deleted at the source.
"""

from random import Random
from typing import Final

from elt.sample_school.flaws import Flaw
from elt.sample_school.tables import Table

REFUSED: Final = (
    Flaw("district/users", "enum", "role", "pupil", 2),
    Flaw("district/users", "type", "birth_date", "31/02/2011", 1),
    Flaw("district/users", "type", "metadata", "{language: en}", 2),
    Flaw("district/users", "duplicate_key", None, None, 1),
    Flaw("district/courses", "pattern", "school_year", "25/26", 1),
    Flaw("district/contents", "enum", "kind", "game", 2),
    Flaw("district/adjustments", "enum", "action", "swap", 1),
    Flaw("district/grades", "enum", "letter", "E", 6),
    Flaw("district/grades", "range", "score", "811", 4),
    Flaw("district/grades", "required", "course_id", "", 3),
    Flaw("district/homeworks", "type", "submitted_at", "yesterday", 5),
    Flaw("district/homeworks", "too_many_cells", None, None, 4),
    Flaw("district/accesses", "range", "times", "0", 3),
)

# Flaws that load. Each is the last so many lines of its kind, so that they can be told from the file.
UNKNOWN_STUDENT: Final = "U-99001"  # of GRADES_OF_NOBODY grades: in no users file
GRADES_OF_NOBODY: Final = 3
UNKNOWN_PARENT: Final = "U-99002"  # of STUDENTS_WITH_UNKNOWN_PARENT students
STUDENTS_WITH_UNKNOWN_PARENT: Final = 2
REPEATED_GRADES: Final = 4  # a later grade for the same student and course
# Deleted at the source: is_active is false.
DELETED: Final = {"district/users": 2, "district/homeworks": 40, "district/contents": 3}  # users: teachers and students
SCHOOL_OF_DELETED_STUDENT: Final = "S-1"


def plant(rng: Random, tables: dict[str, Table]) -> dict[str, Table]:
    """The tables with every flaw above."""
    _delete(tables)
    _grades_of_nobody(tables["district/grades"])
    _repeat_grades(tables["district/grades"])
    _unknown_parents(tables["district/users"])
    for flaw_number, flaw in enumerate(REFUSED):
        table = tables[flaw.dataset]
        for n in range(flaw.count):
            line = list(table.lines[n])
            if flaw.code != "duplicate_key":
                line[0] = f"X-{flaw_number:02d}{n:02d}"
            if flaw.column is not None and flaw.value is not None:
                line[table.column(flaw.column)] = flaw.value
            if flaw.code == "too_many_cells":
                line.append("see the register")
            table.lines.insert(rng.randint(len(table.lines) // 2, len(table.lines)), line)
    return tables


def _delete(tables: dict[str, Table]) -> None:
    """The last lines of a file; of the users the first teacher and the last student of one school."""
    for dataset, count in DELETED.items():
        table = tables[dataset]
        lines = table.lines[-count:]
        if dataset == "district/users":
            role, school = table.column("role"), table.column("school_id")
            of = [line for line in table.lines if line[school] == SCHOOL_OF_DELETED_STUDENT]
            lines = [
                next(line for line in of if line[role] == "teacher"),
                [line for line in of if line[role] == "student"][-1],
            ]
        for line in lines:
            line[table.column("is_active")] = "false"
            line[table.column("updated_at")] = "2026-08-01T12:00:00Z"


def _grades_of_nobody(grades: Table) -> None:
    for n in range(GRADES_OF_NOBODY):
        line = list(grades.lines[n])
        line[0], line[grades.column("student_id")] = f"G-99000{n}", UNKNOWN_STUDENT
        grades.lines.append(line)


def _repeat_grades(grades: Table) -> None:
    """The same student and course again, a month later and better."""
    scored = [line for line in grades.lines if line[grades.column("score")]]
    for n, scored_line in enumerate(scored[10 : 10 + REPEATED_GRADES]):
        line = list(scored_line)
        line[0] = f"G-99100{n}"
        line[grades.column("letter")], line[grades.column("score")] = "A", "95"
        line[grades.column("updated_at")] = "2026-08-20T12:00:00Z"
        grades.lines.append(line)


def _unknown_parents(users: Table) -> None:
    role, parent = users.column("role"), users.column("parent_id")
    students = [line for line in users.lines if line[role] == "student" and not line[parent]]
    for line in students[:STUDENTS_WITH_UNKNOWN_PARENT]:
        line[parent] = UNKNOWN_PARENT
