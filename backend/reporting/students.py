"""What is on file of students, as whoever asks may see it: names come from marts_private, all rows from policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from psycopg2.extensions import connection as Connection

from backend.reporting.insight import Row
from backend.reporting.querying import rows
from elt.errors import NotFound

# What one version of a student may differ in from the one before, and what people call it.
ATTRIBUTES = {
    "grade_level": "Grade level",
    "stream": "Stream",
    "living_arrangement": "Living arrangement",
    "health_status": "Health status",
    "state_of_origin": "State of origin",
    "lga_of_residence": "Lives in",
    "admission_date": "Admitted",
    "graduation_date": "Graduates",
    "gender": "Gender",
    "birth_year": "Born in",
    "age_years": "Age",
    "region": "Region",
    "highest_education": "Highest education",
    "imd_band": "Deprivation band",
    "age_band": "Age band",
}


@dataclass(frozen=True)
class Search:
    """What a list of students is narrowed down to; None is everybody. `tier` 0 means: meets no rule."""

    source: str
    text: str | None = None
    tier: int | None = None
    grade_level: str | None = None


def listed(connection: Connection, search: Search, offset: int, limit: int) -> tuple[Row, ...]:
    """One row per student on the register, the highest tier first; `found_count` is of all that match."""
    return rows(
        connection,
        r"""
        select
            student.student_key, student.student_id, student.grade_level, student.stream, risk.risk_tier, risk.triggers,
            risk.attendance_rate, risk.f_count, identity.first_name, identity.last_name, count(*) over () as found_count
        from marts.dim_student as student
        left join marts.fct_student_risk as risk on student.student_key = risk.student_key
        left join marts_private.student_identity as identity on student.student_key = identity.student_key
        where
            student.is_current and student.member_type = 'known' and student.source_system = %(source)s
            and (%(tier)s::integer is null or coalesce(risk.risk_tier, 0) = %(tier)s)
            and (%(grade_level)s::text is null or student.grade_level = %(grade_level)s)
            and (
                %(like)s::text is null or student.student_id ilike %(like)s
                or concat_ws(' ', identity.first_name, identity.last_name) ilike %(like)s
                or concat_ws(' ', identity.last_name, identity.first_name) ilike %(like)s
            )
        order by risk.risk_tier desc nulls last, risk.attendance_rate, student.student_id
        limit %(limit)s offset %(offset)s
        """,
        {
            "source": search.source,
            "tier": search.tier,
            "grade_level": search.grade_level,
            "like": _contains(search.text),
            "limit": limit,
            "offset": offset,
        },
    )


def _contains(text: str | None) -> str | None:
    if not text:
        return None
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{' '.join(plain.split())}%"


def choices(connection: Connection, source: str) -> tuple[Sequence[str], Sequence[str]]:
    """The source systems that have students, and the grade levels of this one."""
    sources = rows(connection, "select source_system from marts.dim_student where is_current group by 1 order by 1", {})
    levels = rows(
        connection,
        "select grade_level from marts.dim_session where source_system = %(source)s and grade_level is not null "
        "group by grade_level, grade_level_order order by grade_level_order, grade_level",
        {"source": source},
    )
    return [row["source_system"] for row in sources], [row["grade_level"] for row in levels]


@dataclass(frozen=True)
class Student:
    """One student: now, as it was then (`versions`, the newest first), and everything that refers to the student."""

    now: Row
    identity: Row | None
    versions: tuple[Row, ...]
    risk: Row | None
    terms: tuple[Row, ...]
    grades: tuple[Row, ...]
    exams: tuple[Row, ...]
    enrollments: tuple[Row, ...]
    activities: tuple[str, ...]
    guardians: tuple[Row, ...]

    @property
    def name(self) -> str:
        """First and last name; the number where none is on file."""
        if self.identity is None:
            return f"Student {self.now['student_id']}"
        return " ".join(filter(None, (self.identity["first_name"], self.identity["last_name"])))

    def biography(self) -> list[tuple[str, object]]:
        """What is on file of the student, by what people call it."""
        return [(label, self.now[name]) for name, label in ATTRIBUTES.items() if self.now[name] is not None]

    def grades_by_term(self) -> list[tuple[str, list[Row]]]:
        """The grades of each term, the latest first."""
        return [(name, list(of)) for name, of in groupby(self.grades, key=lambda grade: str(grade["session_name"]))]

    def changes(self) -> list[tuple[Row, list[tuple[str, object, object]]]]:
        """Each version with what differs from the one before it: (label, then, now)."""
        told = []
        for version, before in zip(self.versions, (*self.versions[1:], None), strict=True):
            differs = [
                (label, before[name], version[name])
                for name, label in ATTRIBUTES.items()
                if before is not None and before[name] != version[name]
            ]
            told.append((version, differs))
        return told


def find(connection: Connection, student_key: UUID) -> Student:
    """Everything on file of one student. Raises NotFound where there is none, or none that the reader may see."""
    by = {"key": str(student_key)}
    now = rows(connection, "select * from marts.dim_student where student_key = %(key)s and is_current", by)
    if not now:
        raise NotFound("unknown_student", "There is no such student, or it is not one of yours.")
    student = now[0]
    who = {"source": student["source_system"], "id": student["student_id"]}
    return Student(
        now=student,
        identity=_first(
            rows(connection, "select * from marts_private.student_identity where student_key = %(key)s", by)
        ),
        versions=rows(
            connection,
            "select * from marts.dim_student where source_system = %(source)s and student_id = %(id)s "
            "order by valid_from desc",
            who,
        ),
        risk=_first(rows(connection, RISK, by)),
        terms=rows(connection, TERMS, by),
        grades=rows(connection, GRADES, by),
        exams=rows(connection, EXAMS, by),
        enrollments=rows(connection, ENROLLMENTS, by),
        activities=tuple(
            row["activity"]
            for row in rows(
                connection,
                "select activity from marts.bridge_student_activity where student_key = %(key)s order by activity",
                by,
            )
        ),
        guardians=rows(connection, GUARDIANS, by),
    )


def _first(found: tuple[Row, ...]) -> Row | None:
    return found[0] if found else None


RISK = """
select risk.*, session.session_name, session.term
from marts.fct_student_risk as risk
left join marts.dim_session as session on risk.session_key = session.session_key
where risk.student_key = %(key)s
"""

# One row per session: the mean attendance and the results of it.
TERMS = """
with attended as (
    select session_key, avg(attendance_rate)::double precision as attendance_rate
    from marts.fct_attendance where student_key = %(key)s group by session_key
),
graded as (
    select
        session_key, avg(total_score)::double precision as mean_score, count(is_passed) as graded_count,
        count(*) filter (where is_passed) as passed_count, avg(grade_points)::double precision as gpa
    from marts.fct_grade where student_key = %(key)s group by session_key
)
select
    session.session_name, session.grade_level, session.term, attended.attendance_rate, graded.mean_score,
    graded.graded_count, graded.passed_count, graded.gpa
from graded
full join attended on graded.session_key = attended.session_key
inner join marts.dim_session as session on coalesce(graded.session_key, attended.session_key) = session.session_key
order by session.session_order
"""

# One row per subject and session, the latest session first.
GRADES = """
select
    session.session_name, course.course_name, grade.test_score, grade.exam_score, grade.total_score, grade.letter_grade,
    grade.is_passed, teacher.teacher_id, grade.submission_id, grade.line_number, attended.attendance_rate
from marts.fct_grade as grade
inner join marts.dim_session as session on grade.session_key = session.session_key
inner join marts.dim_course as course on grade.course_key = course.course_key
left join marts.dim_teacher as teacher on grade.teacher_key = teacher.teacher_key
left join marts.fct_attendance as attended
    on grade.student_key = attended.student_key and grade.course_key = attended.course_key
    and grade.session_key = attended.session_key
where grade.student_key = %(key)s
order by session.session_order desc, course.course_name
"""

EXAMS = """
select assessment.assessment_name, result.*
from marts.fct_assessment_result as result
inner join marts.dim_assessment as assessment on result.assessment_key = assessment.assessment_key
where result.student_key = %(key)s
order by assessment.assessment_name
"""

ENROLLMENTS = """
select section.section_name, enrollment.registered_date, enrollment.unregistered_date, enrollment.final_result
from marts.fct_enrollment as enrollment
inner join marts.dim_course_section as section on enrollment.section_key = section.section_key
where enrollment.student_key = %(key)s
order by section.start_date, section.section_name
"""

GUARDIANS = """
select
    guardian.title, guardian.occupation, guardian.financial_status, guardian.education_level,
    guardian.school_engagement, identity.first_name, identity.last_name, identity.phone_number, identity.email
from marts.bridge_student_guardian as bridge
inner join marts.dim_guardian as guardian on bridge.guardian_key = guardian.guardian_key
left join marts_private.guardian_identity as identity on bridge.guardian_key = identity.guardian_key
where bridge.student_key = %(key)s and guardian.is_current
order by identity.last_name, identity.first_name
"""


def files(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Row]:
    """The submissions with these numbers that the reader may know of, by number."""
    found = rows(
        connection,
        "select submission_id, submission, filename from catalog.provenance where submission_id = any(%(numbers)s)",
        {"numbers": list(numbers)},
    )
    return {row["submission_id"]: row for row in found}
