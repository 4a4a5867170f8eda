"""The academic history: every student's every subject in every term, up to the present grade level."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from statistics import fmean

from elt.sample_school import curriculum, effects
from elt.sample_school.students import Student
from elt.sample_school.teachers import Teacher, Timetable


@dataclass
class Mark:
    """A student's result in one subject and term."""

    subject: str
    teacher: Teacher
    attendance_pct: float
    total: int


def make_grades(rng: Random, students: list[Student], timetable: Timetable) -> Iterator[dict[str, str]]:
    """Rows of academic_history.csv, by student, grade level, term and subject."""
    for student in students:
        term_attendance: list[float] = []
        for level in range(student.level + 1):
            terms = _grade_level(rng, student, level, timetable)
            jamb = _jamb_score(rng, terms) if curriculum.GRADE_LEVELS[level] == "SS3" else ""
            for number, marks in enumerate(terms):
                term_attendance.append(fmean(mark.attendance_pct for mark in marks))
                shared = {
                    "JAMB Score": jamb,
                    "Passed Core Subjects": _passed_core(student, level, marks),
                    "Average Attendance": f"{term_attendance[-1]:.1f}",
                    "Cumulative Attendance Rate": f"{fmean(term_attendance):.1f}",
                }
                for position, mark in enumerate(marks):
                    totals = [earlier[position].total for earlier in terms[: number + 1]]
                    yield _row(rng, student, level, number, mark, fmean(totals), shared)


def _grade_level(rng: Random, student: Student, level: int, timetable: Timetable) -> list[list[Mark]]:
    """The marks of one student in one grade level: a list per term, the subjects in the same order in each."""
    grade_level = curriculum.GRADE_LEVELS[level]
    terms = []
    for term in curriculum.TERMS:
        usual = student.attendance_pct + rng.gauss(0, 1.0)
        marks = []
        for subject in curriculum.subjects(grade_level, student.stream):
            teacher = timetable.teacher(subject, level, student.arm)
            attendance_pct = round(min(100.0, max(50.0, usual + rng.gauss(0, 1.5))), 1)
            if (grade_level, term) == (effects.NOISE_GRADE_LEVEL, effects.NOISE_TERM):
                score = rng.gauss(effects.BASE_SCORE, effects.NOISE_TERM_SD)
            else:
                score = _expected(student, teacher, term, attendance_pct) + rng.gauss(0, effects.NOISE_SD)
            marks.append(Mark(subject, teacher, attendance_pct, round(min(100.0, max(0.0, score)))))
        terms.append(marks)
    if level == student.level and student.student_id in effects.AT_RISK:
        _put_at_risk(rng, terms[-1], *effects.AT_RISK[student.student_id])
    return terms


def _expected(student: Student, teacher: Teacher, term: str, attendance_pct: float) -> float:
    """Total Score without noise: the sum of every planted effect."""
    family = student.family
    return (
        effects.BASE_SCORE
        + effects.SUBJECT[teacher.subject]
        + effects.TERM[term]
        + effects.ATTENDANCE_PER_10_POINTS * (attendance_pct - effects.TYPICAL_ATTENDANCE_PCT) / 10
        + effects.ENGAGEMENT[family.engagement]
        + effects.FINANCIAL_STATUS[family.financial_status]
        + effects.LIVING_ARRANGEMENT[family.living_arrangement]
        + teacher.effect
        + student.ability
    )


def _put_at_risk(rng: Random, marks: list[Mark], tier: int, trigger: str) -> None:
    """Changes the latest term so that this trigger, and no other, puts the student into exactly this tier."""
    by_attendance = trigger == "attendance"
    attendance_pct = {4: 77.0, 3: 82.5, 2: 87.5, 1: 92.5}[tier] if by_attendance else 97.0
    failures = 0 if by_attendance else {4: 5, 3: 3, 2: 2, 1: 1}[tier]
    poor_passes = 2 if not by_attendance and tier == 1 else 0
    for position, mark in enumerate(marks):
        mark.attendance_pct = round(attendance_pct + rng.uniform(-1, 1), 1)
        if position < failures:
            mark.total = rng.randint(22, 38)
        elif position < failures + poor_passes:
            mark.total = rng.randint(45, 49)
        else:
            mark.total = max(mark.total, rng.randint(50, 58))


def _jamb_score(rng: Random, terms: list[list[Mark]]) -> str:
    """The entrance examination at the end of SS3, from the mean of all SS3 totals."""
    mean_total = fmean(mark.total for marks in terms for mark in marks)
    score = effects.JAMB_INTERCEPT + effects.JAMB_PER_POINT * mean_total + rng.gauss(0, effects.JAMB_NOISE_SD)
    return str(round(min(400.0, max(0.0, score))))


def _passed_core(student: Student, level: int, marks: list[Mark]) -> str:
    core = curriculum.core_subjects(curriculum.GRADE_LEVELS[level], student.stream)
    return "Yes" if all(mark.total >= curriculum.PASS_MARK for mark in marks if mark.subject in core) else "No"


def _row(
    rng: Random, student: Student, level: int, term: int, mark: Mark, cumulative: float, shared: dict[str, str]
) -> dict[str, str]:
    """One line; the total is split into a test of at most 40 and an exam of at most 60."""
    test = round(0.4 * mark.total + rng.gauss(0, 1.5))
    test = min(40, mark.total, max(0, mark.total - 60, test))
    return {
        "Student ID": student.student_id,
        "Grade Level": curriculum.GRADE_LEVELS[level],
        "Subject": mark.subject,
        "Term": curriculum.TERMS[term],
        "Teacher ID": mark.teacher.teacher_id,
        "Test Score": str(test),
        "Exam Score": str(mark.total - test),
        "Total Score": str(mark.total),
        "Attendance (%)": f"{mark.attendance_pct:.1f}",
        "Cumulative Score": f"{cumulative:.2f}",
        "Average Attendance": shared["Average Attendance"],
        "JAMB Score": shared["JAMB Score"],
        "Passed Core Subjects": shared["Passed Core Subjects"],
        "Cumulative Attendance Rate": shared["Cumulative Attendance Rate"],
    }
