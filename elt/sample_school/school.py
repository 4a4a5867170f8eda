"""The whole sample school: who is in it, and its files."""

from dataclasses import dataclass

from elt.sample_school import flaws, people
from elt.sample_school.families import make_families, parent_rows
from elt.sample_school.grades import make_grades
from elt.sample_school.students import Student, make_students
from elt.sample_school.survey import make_survey
from elt.sample_school.tables import Table, table
from elt.sample_school.teachers import Teacher, Timetable, make_teachers


@dataclass(frozen=True)
class School:
    """The people of the school; `parents` is one row per parent and child."""

    students: list[Student]
    teachers: list[Teacher]
    parents: list[dict[str, str]]


def make_school(seed: int) -> School:
    """The same school for the same seed, on every machine."""
    families = make_families(people.stream_of(seed, "families"))
    students, children = make_students(people.stream_of(seed, "students"), families)
    parents = parent_rows(people.stream_of(seed, "parents"), families, children)
    return School(students, make_teachers(people.stream_of(seed, "teachers")), parents)


def first_edition(seed: int) -> dict[str, Table]:
    """All five files, by dataset, flaws included."""
    school = make_school(seed)
    grades = make_grades(people.stream_of(seed, "grades"), school.students, Timetable(school.teachers))
    tables = {
        "laurel/students": table(student.row for student in school.students),
        "laurel/teachers": table(teacher.row for teacher in school.teachers),
        "laurel/parents": table(school.parents),
        "laurel/academic_history": table(grades),
        "laurel/survey": table(make_survey(people.stream_of(seed, "survey"))),
    }
    return flaws.plant(people.stream_of(seed, "flaws"), tables)
