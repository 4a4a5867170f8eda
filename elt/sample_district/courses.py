"""What the schools give: a section of each subject for each grade level and arm in each term, and its contents."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from elt.sample_district import effects
from elt.sample_district.effects import School, Term
from elt.sample_district.persons import People
from elt.sample_district.rows import YEAR_BEGINS, Numbers, Row, row
from elt.sample_school import curriculum, people

ARMS = 2
CONTENTS_PER_SECTION = 3
WEEKS = (2, 5, 8)  # of the term, in which a section's contents are used


@dataclass(frozen=True)
class Section:
    """A course as one school gives it in one term; `teacher_score` is what its teacher adds to every grade."""

    row: Row
    term: Term
    subject: str
    teacher_score: float

    @property
    def id(self) -> str:
        """The id in courses.csv."""
        return self.row["id"]


Sections = dict[tuple[str, str, int, int], Section]  # by term, subject, level and arm; electives have level and arm 0


def school_row(school: School) -> Row:
    """The school's line in schools.csv."""
    capacity = round(school.students * 1.2)
    return row(school.school_id, YEAR_BEGINS, name=school.name, kind="Secondary", lga=school.lga, capacity=capacity)


def make_sections(rng: Random, school: School, staff: People, number: Numbers) -> Sections:
    """Every section of a school. Teachers of a subject take its grade levels and arms in turn."""
    talent = {teacher["id"]: rng.gauss(0, effects.TEACHER_SD) for of in staff.teachers.values() for teacher in of}
    sections: Sections = {}
    for term in effects.TERMS:
        for subject, teachers in staff.teachers.items():
            places = [(0, 0)] if subject == effects.ELECTIVE else _classes()
            for turn, (level, arm) in enumerate(places):
                teacher = teachers[turn % len(teachers)]["id"]
                course = _course(number(), school, term, subject, level, teacher)
                sections[term.name, subject, level, arm] = Section(course, term, subject, talent[teacher])
    return sections


def _classes() -> list[tuple[int, int]]:
    return [(level, arm) for level in range(len(curriculum.GRADE_LEVELS)) for arm in range(ARMS)]


def _course(id: str, school: School, term: Term, subject: str, level: int, teacher_id: str) -> Row:
    grade_level = "" if subject == effects.ELECTIVE else curriculum.GRADE_LEVELS[level]
    return row(
        id,
        term.first_day - timedelta(days=30),
        school_id=school.school_id,
        teacher_id=teacher_id,
        code="-".join(filter(None, (subject[:3].upper(), grade_level))),
        title=f"{subject} {grade_level}".strip(),
        subject=subject,
        grade_level=grade_level,
        school_year=effects.SCHOOL_YEAR,
        term=term.name,
        credits=effects.CREDITS[subject],
        starts_on=term.first_day.isoformat(),
        ends_on=term.last_day.isoformat(),
        capacity=45,
    )


def make_contents(rng: Random, school: School, sections: Sections, number: Numbers) -> dict[str, list[Row]]:
    """The contents of each section, by its id; kinds in the school's own proportions, as exactly as may be."""
    shares = [(kind, round(1000 * share)) for kind, share in effects.content_quota(school)]
    kinds = people.quota(rng, shares, CONTENTS_PER_SECTION * len(sections))
    contents: dict[str, list[Row]] = {}
    for section in sections.values():
        contents[section.id] = [
            row(
                number(),
                section.term.first_day - timedelta(days=7),
                {"language": "en"},
                course_id=section.id,
                kind=(kind := kinds.pop()),
                title=f"{section.subject}, part {part} ({kind})",
                week=week,
            )
            for part, week in enumerate(WEEKS, start=1)
        ]
    return contents
