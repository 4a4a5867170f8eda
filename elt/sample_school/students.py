"""The students: what the school's register says, and what only the generator knows (ability, usual attendance)."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from elt.sample_school import curriculum, people
from elt.sample_school.effects import ABILITY_SD
from elt.sample_school.families import Family


@dataclass(frozen=True)
class Student:
    """One student; `row` is the line of students.csv."""

    student_id: str
    family: Family
    level: int  # position in GRADE_LEVELS
    stream: str  # chosen on entry to SS1; a junior's future stream is not on file
    arm: int
    ability: float  # points of Total Score
    attendance_pct: float  # usual attendance
    row: dict[str, str]


def make_students(rng: Random, families: list[Family]) -> tuple[list[Student], list[list[str]]]:
    """All students in the order of their IDs, and the Student IDs of each family's children."""
    places = [(f, level) for f, family in enumerate(families) for level in family.child_levels]
    rng.shuffle(places)
    genders = people.quota(rng, (("Female", 1), ("Male", 1)), len(places))
    streams = people.quota(rng, (("Science", 45), ("Arts", 28), ("Commercial", 27)), len(places))
    students = []
    children: list[list[str]] = [[] for _ in families]
    for number, (f, level) in enumerate(places, start=1):
        student_id = f"LHS-{number:04d}"
        children[f].append(student_id)
        stream = streams[number - 1]
        students.append(
            Student(
                student_id=student_id,
                family=families[f],
                level=level,
                stream=stream,
                arm=rng.randrange(curriculum.ARMS),
                ability=rng.gauss(0, ABILITY_SD),
                attendance_pct=max(70.0, 100 - rng.gammavariate(2, 2.5)),
                row=_row(rng, number, families[f], level, stream, genders[number - 1]),
            )
        )
    return students, children


def _row(rng: Random, number: int, family: Family, level: int, stream: str, gender: str) -> dict[str, str]:
    """The student's line in students.csv."""
    first_name = people.given_name(rng, family.home.state, gender)
    date_of_birth = _date_of_birth(rng, family, level)
    grade_level = curriculum.GRADE_LEVELS[level]
    admission = date(curriculum.REGISTER_DATE.year - 1 - level, 9, 8) + timedelta(days=rng.randint(0, 13))
    is_last_year = grade_level == curriculum.GRADE_LEVELS[-1]
    return {
        "Student ID": f"LHS-{number:04d}",
        "First Name": first_name,
        "Last Name": family.surname,
        "Gender": gender,
        "Age": str(people.age(date_of_birth)),
        "Date of Birth": date_of_birth.isoformat(),
        "Health Status": rng.choices(("Healthy", "Asthmatic", "Sickle Cell", "Allergic"), (88, 5, 4, 3))[0],
        "Disorder": rng.choices(("None", "Dyslexia", "ADHD", "Hearing Impairment"), (92, 3, 3, 2))[0],
        "State of Origin": family.home.state,
        "LGA of residence": family.home.lga,
        "Home Address": family.home.address,
        "Living Arrangement": family.living_arrangement,
        "Email": people.email(first_name, family.surname, number, "students"),
        "Grade Level": grade_level,
        "Stream": stream if curriculum.is_senior(grade_level) else "",
        "Extracurricular Activities": people.activities(rng),
        "Admission Date": admission.isoformat(),
        "Graduation Date": curriculum.REGISTER_DATE.isoformat() if is_last_year else "",
    }


def _date_of_birth(rng: Random, family: Family, level: int) -> date:
    """Eleven or twelve at the end of JSS1, a year older with each grade level."""
    year = curriculum.REGISTER_DATE.year - 12 - level
    return date(year, 1, 1) + timedelta(days=family.birthday_of_year + rng.randint(-30, 30))
