"""Who adds, drops, switches or audits a course, and so which sections each student is in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from elt.sample_district import effects
from elt.sample_district.courses import ARMS, Section, Sections
from elt.sample_district.effects import School, Term
from elt.sample_district.persons import People, Student
from elt.sample_district.rows import Numbers, Row, row

DAY = {"add": 7, "switch": 10, "audit": 7, "drop": 30}  # of the term
REASONS = ("timetable", "interest", "difficulty", "health")


@dataclass
class Load:
    """A student's term: the sections taken to its end, those dropped on the way, and those audited."""

    taken: list[Section]
    dropped: list[Section] = field(default_factory=list)
    audited: list[Section] = field(default_factory=list)


Loads = dict[tuple[str, str], Load]  # by student and term


@dataclass(frozen=True)
class Change:
    """One change of one student's courses."""

    student: Student
    action: str
    to: Section
    left: Section | None = None


def make_loads(
    rng: Random, school: School, staff: People, sections: Sections, number: Numbers
) -> tuple[Loads, list[Row]]:
    """Every student's term, and the lines of adjustments.csv that led there."""
    loads: Loads = {}
    lines = []
    for term in effects.TERMS:
        for student in staff.students:
            loads[student.id, term.name] = Load(_regular(student, sections, term))
        for change in _drawn(rng, school, staff.students, sections, term):
            _apply(loads[change.student.id, term.name], change)
            lines.append(_line(rng, number(), term, change, rng.choice(staff.clerks)["id"]))
    return loads, lines


def _regular(student: Student, sections: Sections, term: Term) -> list[Section]:
    subjects = (*effects.SUBJECT, effects.UNGRADED)
    return [sections[term.name, subject, student.level, student.arm] for subject in subjects]


def _drawn(rng: Random, school: School, students: list[Student], sections: Sections, term: Term) -> Iterator[Change]:
    """The exact share of the students for each action, nobody twice in one."""
    elective = sections[term.name, effects.ELECTIVE, 0, 0]
    places = rng.sample(students, len(students))
    shares = {**effects.CHANGE_SHARE, "drop": school.drop_share}
    for action in ("add", "audit", "switch", "drop"):  # nobody both adds and audits the elective, or drops what he left
        chosen = [places.pop() for _ in range(round(shares[action] * len(students)))]
        for student in chosen:
            subject = rng.choice(tuple(effects.SUBJECT))
            own = sections[term.name, subject, student.level, student.arm]
            if action in ("add", "audit"):
                yield Change(student, action, elective)
            elif action == "drop":
                yield Change(student, action, own)
            else:
                other = sections[term.name, subject, student.level, (student.arm + 1) % ARMS]
                yield Change(student, action, other, own)


def _apply(load: Load, change: Change) -> None:
    if change.action == "add":
        load.taken.append(change.to)
    elif change.action == "audit":
        load.audited.append(change.to)
    elif change.action == "drop":
        load.taken.remove(change.to)
        load.dropped.append(change.to)
    elif change.left is not None:
        load.taken[load.taken.index(change.left)] = change.to


def _line(rng: Random, id: str, term: Term, change: Change, clerk_id: str) -> Row:
    effective: date = term.first_day + timedelta(days=DAY[change.action])
    return row(
        id,
        effective,
        student_id=change.student.id,
        action=change.action,
        course_id=change.to.id,
        from_course_id=change.left.id if change.left else None,
        effective_on=effective.isoformat(),
        reason=rng.choice(REASONS),
        clerk_id=clerk_id,
    )
