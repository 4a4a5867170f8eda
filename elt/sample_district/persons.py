"""The people of the district: students with their parents, teachers, and clerks."""

from dataclasses import dataclass
from random import Random

from elt.sample_district import effects
from elt.sample_district.effects import School
from elt.sample_district.rows import YEAR_BEGINS, Numbers, Row, row
from elt.sample_school import curriculum, people

CLERKS_PER_SCHOOL = 3
SIBLINGS = 0.25  # of the students with a parent on file share that parent with the student before


@dataclass(frozen=True)
class Student:
    """One student: the line of users.csv, and what only the generator knows."""

    row: Row
    school: School
    level: int  # position in GRADE_LEVELS
    arm: int
    engagement: str | None  # of the parent; None without one on file
    submission_rate: float
    ability: float

    @property
    def id(self) -> str:
        """The id in users.csv."""
        return self.row["id"]


@dataclass(frozen=True)
class People:
    """Everybody of one school; `teachers` by subject."""

    students: list[Student]
    parents: list[Row]
    teachers: dict[str, list[Row]]
    clerks: list[Row]


def make_people(rng: Random, school: School, number: Numbers) -> People:
    """A school's people, its students spread evenly over grade levels and two arms."""
    students: list[Student] = []
    parents: list[Row] = []
    size = school.students
    with_parent = people.quota(
        rng,
        ((True, round(100 * effects.WITH_PARENT_SHARE)), (False, round(100 - 100 * effects.WITH_PARENT_SHARE))),
        size,
    )
    genders = people.quota(rng, (("Female", 1), ("Male", 1)), size)
    engagements = people.quota(rng, effects.ENGAGEMENT_QUOTA, size)
    family = ("", "", "")  # of the student before: surname, the parent's id and engagement
    for n in range(size):
        level, home = n % len(curriculum.GRADE_LEVELS), people.home(rng)
        surname = people.surname(rng, home.state)
        parent_id, engagement = None, None
        if with_parent[n] and family[1] and rng.random() < SIBLINGS:
            surname, parent_id, engagement = family
        elif with_parent[n]:
            parent = _person(rng, number(), school, "parent", surname, home.state, rng.choice(("Female", "Male")), 35)
            parents.append(parent)
            parent_id, engagement = parent["id"], engagements[n]
        family = (surname, parent_id or "", engagement or "")
        row = _person(rng, number(), school, "student", surname, home.state, genders[n], 11 + level)
        row |= {"grade_level": curriculum.GRADE_LEVELS[level], "parent_id": parent_id or ""}
        students.append(_student(rng, row, school, level, n, engagement))
    subjects = (*effects.SUBJECT, effects.UNGRADED, effects.ELECTIVE)
    staff = {
        subject: [_adult(rng, number, school, "teacher") for _ in range(_posts(school, subject))]
        for subject in subjects
    }
    return People(students, parents, staff, [_adult(rng, number, school, "clerk") for _ in range(CLERKS_PER_SCHOOL)])


def _posts(school: School, subject: str) -> int:
    """Electives and what is passed or failed have one teacher."""
    return school.teachers_per_subject if subject in effects.SUBJECT else 1


def _student(rng: Random, row: Row, school: School, level: int, n: int, engagement: str | None) -> Student:
    rate = school.submission_rate + (effects.ENGAGEMENT_SUBMISSION[engagement] if engagement else 0)
    return Student(
        row=row,
        school=school,
        level=level,
        arm=n // len(curriculum.GRADE_LEVELS) % 2,
        engagement=engagement,
        submission_rate=min(0.99, max(0.05, rng.gauss(rate, 0.06))),
        ability=rng.gauss(0, effects.ABILITY_SD),
    )


def _adult(rng: Random, number: Numbers, school: School, role: str) -> Row:
    state = people.home(rng).state
    gender = rng.choice(("Female", "Male"))
    return _person(rng, number(), school, role, people.surname(rng, state), state, gender, rng.randint(25, 60))


def _person(rng: Random, id: str, school: School, role: str, surname: str, state: str, gender: str, age: int) -> Row:
    first_name = people.given_name(rng, state, gender)
    return row(
        id,
        YEAR_BEGINS,
        {"language": rng.choice(("en", "yo", "ig", "ha"))},
        school_id=school.school_id,
        role=role,
        first_name=first_name,
        last_name=surname,
        email=people.email(first_name, surname, int(id.split("-")[1]), "district"),
        gender=gender,
        birth_date=people.born(rng, age, age).isoformat(),
        grade_level="",
        parent_id="",
    )
