"""What students do in their sections: homework, grades, and the contents they open."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from elt.sample_district import effects
from elt.sample_district.changes import Loads
from elt.sample_district.courses import Section
from elt.sample_district.effects import Term
from elt.sample_district.persons import Student
from elt.sample_district.rows import Numbers, Row, moment, row

HOMEWORKS = (("HW1", 14), ("HW2", 49))  # name, and the day of the term on which it is set
DAYS_TO_DO_IT = 7
ONE_FIGURE_EVERY = 20  # grades with a letter alone, and as many with a score alone


def make_homeworks(rng: Random, student: Student, term: Term, loads: Loads, number: Numbers) -> Iterator[Row]:
    """Two in each section that has grades; of a section that was dropped, the first."""
    load = loads[student.id, term.name]
    for section in (*load.taken, *load.dropped):
        if section.subject == effects.UNGRADED:
            continue
        for assignment, day in HOMEWORKS[: 1 if section in load.dropped else None]:
            yield _homework(rng, number(), student, section, assignment, day)


def _homework(rng: Random, id: str, student: Student, section: Section, assignment: str, day: int) -> Row:
    assigned = section.term.first_day + timedelta(days=day)
    due = assigned + timedelta(days=DAYS_TO_DO_IT)
    is_submitted = rng.random() < student.submission_rate
    days = rng.randint(1, 6) if rng.random() < effects.LATE_SHARE else -rng.randint(0, 5)
    submitted = due + timedelta(days=days) if is_submitted else None
    is_seen = student.engagement is not None and rng.random() < effects.ENGAGEMENT_SEEN[student.engagement]
    seen = due + timedelta(days=rng.randint(0, 3)) if is_seen else None
    return row(
        id,
        assigned,
        course_id=section.id,
        student_id=student.id,
        assignment=assignment,
        assigned_on=assigned.isoformat(),
        due_on=due.isoformat(),
        submitted_at=moment(submitted, rng.randint(8, 21)) if submitted else None,
        score=rng.randint(40, 100) if submitted else None,
        seen_by_parent_at=moment(seen, 20) if seen else None,
    )


def make_grades(
    rng: Random, student: Student, term: Term, loads: Loads, droppers: set[str], number: Numbers
) -> Iterator[Row]:
    """One in each section that is taken to its end, or audited."""
    load = loads[student.id, term.name]
    for section in load.taken:
        if section.subject == effects.UNGRADED:
            yield _grade(number(), student, section, "P", None)
            continue
        score = round(min(100.0, max(30.0, _score(rng, student, section, student.id in droppers))), 1)
        which = rng.randrange(ONE_FIGURE_EVERY)
        yield _grade(
            number(), student, section, None if which == 0 else effects.letter(score), None if which == 1 else score
        )
    for section in load.audited:
        yield _grade(number(), student, section, "AU", None)


def _score(rng: Random, student: Student, section: Section, has_dropped: bool) -> float:
    beyond = student.submission_rate - effects.TYPICAL_SUBMISSION_RATE
    return (
        effects.BASE_SCORE
        + student.school.score
        + effects.SUBJECT.get(section.subject, effects.ELECTIVE_SCORE)
        + section.teacher_score
        + (effects.ENGAGEMENT[student.engagement] if student.engagement else 0)
        + effects.SCORE_PER_10_POINTS_OF_SUBMISSION * 10 * beyond
        + (effects.DROPPER if has_dropped else 0)
        + student.ability
        + rng.gauss(0, effects.NOISE_SD)
    )


def _grade(id: str, student: Student, section: Section, letter: str | None, score: float | None) -> Row:
    day = section.term.last_day
    return row(
        id,
        day,
        student_id=student.id,
        course_id=section.id,
        letter=letter,
        score=score,
        graded_on=day.isoformat(),
    )


def make_accesses(
    rng: Random, student: Student, term: Term, loads: Loads, contents: dict[str, list[Row]], number: Numbers
) -> Iterator[Row]:
    """One line per content that the student opens, on a day of the week it is meant for."""
    load = loads[student.id, term.name]
    for section in (*load.taken, *load.audited):
        for content in contents[section.id]:
            if rng.random() < effects.OPENED[content["kind"]]:
                day = term.first_day + timedelta(days=7 * (int(content["week"]) - 1) + rng.randint(0, 6))
                yield row(
                    number(),
                    day,
                    student_id=student.id,
                    content_id=content["id"],
                    accessed_on=day.isoformat(),
                    times=rng.choice((1, 1, 1, 2, 3)),
                )
