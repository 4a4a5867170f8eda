"""The teachers, and who teaches which class."""

from dataclasses import dataclass
from datetime import date
from random import Random

from elt.sample_school import curriculum, people
from elt.sample_school.effects import EXPERIENCE_PER_YEAR, QUALIFICATION, TYPICAL_EXPERIENCE_YEARS

# Everybody was here when the oldest grade rows were written, six years ago.
_EXPERIENCE_YEARS = (6, 30)


@dataclass(frozen=True)
class Teacher:
    """One teacher; `row` is the line of teachers.csv."""

    teacher_id: str
    subject: str
    teaching_level: str
    effect: float  # points of Total Score in every row the teacher teaches
    row: dict[str, str]


def make_teachers(rng: Random) -> list[Teacher]:
    """All fifty teachers, in the order of their IDs."""
    posts = [
        (subject, level)
        for subject, count in curriculum.TEACHERS_PER_SUBJECT.items()
        for level in _teaching_levels(subject, count)
    ]
    least, most = _EXPERIENCE_YEARS
    experience = people.quota(rng, [(years, 1) for years in range(least, most + 1)], len(posts))
    qualifications = people.quota(rng, (("NCE", 14), ("B.Ed", 22), ("M.Ed", 14)), len(posts))
    return [
        _teacher(rng, number, *post, experience[number - 1], qualifications[number - 1])
        for number, post in enumerate(posts, start=1)
    ]


def _teaching_levels(subject: str, count: int) -> tuple[str, ...]:
    """The part of the school in which each of the subject's teachers teaches."""
    is_junior = subject in curriculum.JUNIOR_SUBJECTS
    is_senior = any(subject in taught for taught in curriculum.SENIOR_SUBJECTS.values())
    if is_junior and is_senior:
        return ("Junior", "Junior", "Senior", "Senior") if count == 4 else ("Both",) * count
    return ("Junior" if is_junior else "Senior",) * count


def _teacher(
    rng: Random, number: int, subject: str, teaching_level: str, experience: int, qualification: str
) -> Teacher:
    home = people.home(rng)
    gender = rng.choice(("Female", "Male"))
    first_name = people.given_name(rng, home.state, gender)
    last_name = people.surname(rng, home.state)
    age = 23 + experience + rng.randint(0, 6)
    date_of_birth: date = people.born(rng, age, age)
    salary = 90_000 + 4_000 * experience + {"NCE": 0, "B.Ed": 25_000, "M.Ed": 60_000}[qualification]
    row = {
        "Teacher ID": f"LHT-{number:03d}",
        "LASRRA ID": people.lasrra_id(rng),
        "First Name": first_name,
        "Last Name": last_name,
        "Gender": gender,
        "Age": str(people.age(date_of_birth)),
        "Date of Birth": date_of_birth.isoformat(),
        "State of Origin": home.state,
        "Years of Experience": str(experience),
        "Qualification": qualification,
        "Home Address": home.address,
        "Email": people.email(first_name, last_name, number, "staff"),
        "Phone Number": people.phone(rng),
        "Residence Type": rng.choice(("Rented", "Owned", "Staff Quarters")),
        "LGA of residence": home.lga,
        "Digital Literacy": rng.choice(("Basic", "Intermediate", "Advanced")),
        "Salary ₦": str(salary + 1_000 * rng.randint(-8, 8)),
        "Teaching Level": teaching_level,
        "Subject Specialization": subject,
    }
    effect = QUALIFICATION[qualification] + EXPERIENCE_PER_YEAR * (experience - TYPICAL_EXPERIENCE_YEARS)
    return Teacher(row["Teacher ID"], subject, teaching_level, effect, row)


class Timetable:
    """Who teaches a subject to a class. A class is an arm of a grade level; teachers take classes in turn."""

    def __init__(self, teachers: list[Teacher]) -> None:
        self._teachers: dict[tuple[str, bool], list[Teacher]] = {}
        for teacher in teachers:
            for is_senior, other_part in ((False, "Senior"), (True, "Junior")):
                if teacher.teaching_level != other_part:
                    self._teachers.setdefault((teacher.subject, is_senior), []).append(teacher)

    def teacher(self, subject: str, level: int, arm: int) -> Teacher:
        """The teacher of the subject in arm `arm` of GRADE_LEVELS[level]; the same in all three terms."""
        teachers = self._teachers[subject, curriculum.is_senior(curriculum.GRADE_LEVELS[level])]
        return teachers[(level + arm) % len(teachers)]
