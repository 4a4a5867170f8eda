"""The school's grade levels, terms, streams and subjects."""

from datetime import date
from typing import Final

REGISTER_DATE: Final = date(2026, 7, 24)  # last day of the school year 2025/26: all three terms are complete
GRADE_LEVELS: Final = ("JSS1", "JSS2", "JSS3", "SS1", "SS2", "SS3")
STUDENTS_PER_GRADE_LEVEL: Final = (104, 102, 100, 100, 98, 96)
TERMS: Final = ("First Term", "Second Term", "Third Term")
ARMS: Final = 3  # parallel classes of a grade level

JUNIOR_SUBJECTS: Final = (
    "English Language",
    "Mathematics",
    "Basic Science",
    "Basic Technology",
    "Social Studies",
    "Civic Education",
    "Agricultural Science",
    "Home Economics",
    "Business Studies",
    "Computer Studies",
    "Yoruba",
    "French",
    "Religious Studies",
    "Physical and Health Education",
)
_SENIOR_COMMON: Final = ("English Language", "Mathematics", "Civic Education", "Computer Studies", "Economics")
SENIOR_SUBJECTS: Final = {
    "Science": (
        *_SENIOR_COMMON,
        "Physics",
        "Chemistry",
        "Biology",
        "Further Mathematics",
        "Agricultural Science",
        "Geography",
        "Technical Drawing",
    ),
    "Arts": (
        *_SENIOR_COMMON,
        "Literature in English",
        "Government",
        "History",
        "Religious Studies",
        "Yoruba",
        "French",
        "Fine Arts",
    ),
    "Commercial": (
        *_SENIOR_COMMON,
        "Accounting",
        "Commerce",
        "Government",
        "Geography",
        "Marketing",
        "Office Practice",
        "Business Studies",
    ),
}
JUNIOR_CORE: Final = ("English Language", "Mathematics", "Basic Science", "Social Studies", "Civic Education")
SENIOR_CORE: Final = {
    "Science": ("English Language", "Mathematics", "Physics", "Chemistry", "Biology"),
    "Arts": ("English Language", "Mathematics", "Literature in English", "Government", "Religious Studies"),
    "Commercial": ("English Language", "Mathematics", "Accounting", "Commerce", "Economics"),
}
PASS_MARK: Final = 50

# Fifty teachers. English and Mathematics have two for the junior and two for the senior years.
TEACHERS_PER_SUBJECT: Final = {
    "English Language": 4,
    "Mathematics": 4,
    "Basic Science": 2,
    "Basic Technology": 2,
    "Social Studies": 2,
    "Civic Education": 2,
    "Agricultural Science": 2,
    "Home Economics": 2,
    "Business Studies": 2,
    "Computer Studies": 2,
    "Yoruba": 2,
    "French": 2,
    "Religious Studies": 2,
    "Physical and Health Education": 2,
    "Economics": 2,
    "Physics": 2,
    "Chemistry": 2,
    "Biology": 1,
    "Further Mathematics": 1,
    "Geography": 1,
    "Technical Drawing": 1,
    "Literature in English": 1,
    "Government": 1,
    "History": 1,
    "Fine Arts": 1,
    "Accounting": 1,
    "Commerce": 1,
    "Marketing": 1,
    "Office Practice": 1,
}


def is_senior(grade_level: str) -> bool:
    """Whether the grade level is one of SS1–SS3."""
    return grade_level.startswith("SS")


def subjects(grade_level: str, stream: str) -> tuple[str, ...]:
    """The subjects a student of this stream takes in this grade level; the stream counts from SS1 on."""
    return SENIOR_SUBJECTS[stream] if is_senior(grade_level) else JUNIOR_SUBJECTS


def core_subjects(grade_level: str, stream: str) -> tuple[str, ...]:
    """The five core subjects among them."""
    return SENIOR_CORE[stream] if is_senior(grade_level) else JUNIOR_CORE
