"""What matters in the sample school, by how much, and what does not. Tests and docs read the sizes from here.

Sizes are in points of Total Score (0–100) unless a name says otherwise. Every effect adds to the others.
"""

from types import MappingProxyType
from typing import Final

BASE_SCORE: Final = 58.0
ABILITY_SD: Final = 4.0  # between students, unexplained by anything in the files
NOISE_SD: Final = 7.0  # between the rows of one student

ATTENDANCE_PER_10_POINTS: Final = 5.0
TYPICAL_ATTENDANCE_PCT: Final = 95.0
ENGAGEMENT: Final = MappingProxyType({"Low": -3.0, "Medium": 0.0, "High": 3.0})
FINANCIAL_STATUS: Final = MappingProxyType({"Low": -2.5, "Middle": 0.0, "High": 2.5})
LIVING_ARRANGEMENT: Final = MappingProxyType({"Both Parents": 0.0, "Single Parent": -2.0, "Guardian": -3.0})

EXPERIENCE_PER_YEAR: Final = 0.3
TYPICAL_EXPERIENCE_YEARS: Final = 18.0
QUALIFICATION: Final = MappingProxyType({"NCE": -3.0, "B.Ed": 0.0, "M.Ed": 3.0})

TERM: Final = MappingProxyType({"First Term": -1.5, "Second Term": 0.0, "Third Term": 1.5})
SUBJECT: Final = MappingProxyType(
    {
        "Mathematics": -5.0,
        "Further Mathematics": -5.0,
        "Physics": -4.0,
        "Chemistry": -4.0,
        "French": -3.0,
        "Technical Drawing": -2.0,
        "Basic Technology": -2.0,
        "Accounting": -2.0,
        "English Language": -1.0,
        "Basic Science": -1.0,
        "Literature in English": -1.0,
        "Economics": -1.0,
        "Biology": 0.0,
        "Geography": 0.0,
        "Government": 0.0,
        "History": 0.0,
        "Business Studies": 0.0,
        "Commerce": 1.0,
        "Marketing": 1.0,
        "Office Practice": 1.0,
        "Computer Studies": 1.0,
        "Social Studies": 2.0,
        "Yoruba": 2.0,
        "Fine Arts": 2.0,
        "Agricultural Science": 3.0,
        "Religious Studies": 3.0,
        "Home Economics": 3.0,
        "Civic Education": 4.0,
        "Physical and Health Education": 5.0,
    }
)

# In this term of this grade level scores have the usual mean and spread, but are unrelated to anything.
NOISE_GRADE_LEVEL: Final = "JSS2"
NOISE_TERM: Final = "Second Term"
NOISE_TERM_SD: Final = 10.0

# JAMB Score = intercept + slope × the student's mean Total Score in SS3 + normal noise.
JAMB_INTERCEPT: Final = 65.0
JAMB_PER_POINT: Final = 2.5
JAMB_NOISE_SD: Final = 15.0

# Survey: points of JAMB score (0–400), under the header of the question.
SURVEY_BASE: Final = 180.0
SURVEY_NOISE_SD: Final = 30.0
SURVEY: Final = MappingProxyType(
    {
        "Do you have a library in your school?": MappingProxyType({"No": 0.0, "Yes": 15.0}),
        "Private Tutors": MappingProxyType({"No": 0.0, "Yes": 12.0}),
        "Access to Practice Exams": MappingProxyType({"No": 0.0, "Yes": 18.0}),
        "Study Habits": MappingProxyType({"Poor": -15.0, "Average": 0.0, "Good": 15.0}),
        "Learning Environment": MappingProxyType({"Poor": -10.0, "Average": 0.0, "Good": 10.0}),
    }
)

# Headers, per dataset, that are drawn independently of every score.
NO_EFFECT: Final = MappingProxyType(
    {
        "laurel/students": (
            "Gender",
            "Health Status",
            "Disorder",
            "State of Origin",
            "LGA of residence",
            "Extracurricular Activities",
        ),
        "laurel/teachers": (
            "Gender",
            "State of Origin",
            "Residence Type",
            "LGA of residence",
            "Digital Literacy",
        ),
        "laurel/parents": (
            "Gender",
            "State of Origin",
            "Title",
            "Occupation",
            "Education Level",
            "LGA of residence",
        ),
        "laurel/survey": (
            "Gender",
            "Address LGA",
            "State of Origin",
            "Geopolitical Zone",
            "School Type",
            "Schools LGA",
            "Secondary School Living Arrangement",
            "Digital methods in school",
            "Weekly Hours Spent Reading",
            "Mentor",
            "Parents Occupation",
            "Financial status",
            "Future Ambition",
            "Digital literacy",
            "Extra Extracurricular Activities",
            "Academic Stream",
            "Attendance Rate",
            "Behavioral Condition in School",
            "Access to online Learning Platform",
            "Supportive Home Environment",
            "Parental Engagement in School Life",
            "Qualified Teachers",
            "Anxiety Before Exam",
            "Do you understand English",
        ),
    }
)

# Headers that have no effect of their own but go along with something that has one, or follow from the scores.
MIRRORS: Final = MappingProxyType(
    {
        "laurel/students": MappingProxyType({"Stream": "Subject"}),
        "laurel/teachers": MappingProxyType(
            {
                "Age": "Years of Experience",
                "Date of Birth": "Years of Experience",
                "Salary ₦": "Years of Experience and Qualification",
                "Teaching Level": "Subject",
                "Subject Specialization": "Subject",
            }
        ),
        "laurel/academic_history": MappingProxyType({"Grade Level": "Subject and Teacher ID"}),
        "laurel/survey": MappingProxyType(
            {
                "Library visit": "Do you have a library in your school?",
                "Credit pass in core five subjects": "Past Jamb Score",
            }
        ),
    }
)

# Students whose latest term (Third Term of their present grade level) puts them into exactly this early-warning
# tier, by exactly this trigger; their other trigger is quiet.
AT_RISK: Final = MappingProxyType(
    {
        "LHS-0011": (4, "attendance"),
        "LHS-0022": (4, "attendance"),
        "LHS-0033": (4, "courses"),
        "LHS-0044": (4, "courses"),
        "LHS-0055": (3, "attendance"),
        "LHS-0066": (3, "attendance"),
        "LHS-0077": (3, "courses"),
        "LHS-0088": (3, "courses"),
        "LHS-0111": (2, "attendance"),
        "LHS-0122": (2, "attendance"),
        "LHS-0133": (2, "courses"),
        "LHS-0144": (2, "courses"),
        "LHS-0155": (1, "attendance"),
        "LHS-0166": (1, "attendance"),
        "LHS-0177": (1, "courses"),
        "LHS-0188": (1, "courses"),
    }
)
