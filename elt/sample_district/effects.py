"""What differs between the sample district's schools, courses and students, and by how much; tests and docs read it.

Sizes are in points of a course's score (0–100) unless a name says otherwise. Every effect adds to the others.
"""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class School:
    """One school: how many it teaches, and what is planted there."""

    school_id: str
    name: str
    lga: str
    students: int
    score: float  # points that its students have more, or fewer, than elsewhere
    submission_rate: float  # of homework, for a student whose parent is on file and neither engaged nor not
    drop_share: float  # of its students, each term
    video_share: float  # of its contents
    teachers_per_subject: int


SCHOOLS: Final = (
    School("S-1", "Iroko Secondary School", "Ikeja", 420, 4.0, 0.88, 0.04, 0.30, 4),
    School("S-2", "Lagoon Secondary School", "Eti-Osa", 360, 0.0, 0.80, 0.04, 0.30, 4),
    School("S-3", "Mango Grove Secondary School", "Surulere", 300, -2.0, 0.74, 0.04, 0.30, 1),  # too few teachers
    School("S-4", "Harbour Secondary School", "Ojo", 240, -6.0, 0.62, 0.10, 0.30, 3),  # many drop courses
    School("S-5", "Palm Hill Secondary School", "Ikorodu", 180, 2.0, 0.84, 0.04, 0.60, 3),  # teaches by video
)

BASE_SCORE: Final = 80.0
ABILITY_SD: Final = 5.0  # between students, unexplained by anything in the files
NOISE_SD: Final = 4.0  # between the grades of one student
TEACHER_SD: Final = 1.5  # between teachers
SUBJECT: Final = MappingProxyType(
    {
        "Mathematics": -5.0,
        "Physics": -3.0,
        "English Language": -1.0,
        "Economics": 0.0,
        "Biology": 2.0,
        "Computer Studies": 4.0,
    }
)
ELECTIVE: Final = "Robotics"  # taken by those who add it, and audited by some
ELECTIVE_SCORE: Final = 3.0
UNGRADED: Final = "Civic Education"  # graded P: it counts in no average
CREDITS: Final = MappingProxyType(
    {
        "Mathematics": 4,
        "English Language": 4,
        "Physics": 3,
        "Biology": 3,
        "Economics": 2,
        "Computer Studies": 2,
        ELECTIVE: 2,
        UNGRADED: 1,
    }
)

# Whether a parent follows the school: what it adds to the score, to the share of homework submitted, and how much of
# the homework the parent looks at.
ENGAGEMENT: Final = MappingProxyType({"High": 2.5, "Medium": 0.0, "Low": -2.5})
ENGAGEMENT_SUBMISSION: Final = MappingProxyType({"High": 0.08, "Medium": 0.0, "Low": -0.10})
ENGAGEMENT_SEEN: Final = MappingProxyType({"High": 0.75, "Medium": 0.45, "Low": 0.10})
ENGAGEMENT_QUOTA: Final = (("High", 30), ("Medium", 45), ("Low", 25))
WITH_PARENT_SHARE: Final = 0.80  # of the students have a parent on file

SCORE_PER_10_POINTS_OF_SUBMISSION: Final = 1.5
TYPICAL_SUBMISSION_RATE: Final = 0.80
DROPPER: Final = -4.0  # who drops a course in the year has lower scores in the others
LATE_SHARE: Final = 0.12  # of what is submitted

# Of a school's students, each term; drops are the school's own.
CHANGE_SHARE: Final = MappingProxyType({"add": 0.06, "switch": 0.03, "audit": 0.02})

_OTHERS: Final = MappingProxyType({"reading": 30, "slides": 15, "quiz": 15, "audio": 5, "link": 5})
OPENED: Final = MappingProxyType(
    {"video": 0.6, "quiz": 0.5, "reading": 0.3, "slides": 0.3, "audio": 0.2, "link": 0.15}
)  # the chance that a student of the course opens it

# The letters of scores, highest first, as the seed letter_scale has them for the district.
LETTERS: Final = (
    ("A", 93), ("A-", 90), ("B+", 87), ("B", 83), ("B-", 80), ("C+", 77), ("C", 73), ("C-", 70), ("D+", 67), ("D", 60),
    ("F", 0),
)  # fmt: skip

NO_EFFECT: Final = ("gender", "birth_date", "lga")  # drawn independently of everything


@dataclass(frozen=True)
class Term:
    """One term of the school year."""

    name: str
    first_day: date
    last_day: date


SCHOOL_YEAR: Final = "2025/2026"
TERMS: Final = (
    Term("First Term", date(2025, 9, 15), date(2025, 12, 12)),
    Term("Second Term", date(2026, 1, 12), date(2026, 4, 2)),
    Term("Third Term", date(2026, 4, 27), date(2026, 7, 24)),
)


def content_quota(school: School) -> tuple[tuple[str, float], ...]:
    """The share of each kind among the school's contents: more videos leave less of all the others."""
    left = 1 - school.video_share
    others = sum(_OTHERS.values())
    return (("video", school.video_share), *((kind, left * share / others) for kind, share in _OTHERS.items()))


def letter(score: float) -> str:
    """The letter of a score."""
    return next(letter for letter, minimum in LETTERS if score >= minimum)
