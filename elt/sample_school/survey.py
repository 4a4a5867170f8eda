"""The survey: a thousand people who sat JAMB somewhere. They are nobody of this school and carry no Student ID."""

from collections.abc import Iterator
from random import Random

from elt.sample_school import effects, people

RESPONDENTS = 1000
_YES_NO = ("Yes", "No")
_SHARES = {
    "Do you have a library in your school?": (("Yes", 60), ("No", 40)),
    "Private Tutors": (("Yes", 35), ("No", 65)),
    "Access to Practice Exams": (("Yes", 55), ("No", 45)),
    "Study Habits": (("Poor", 25), ("Average", 45), ("Good", 30)),
    "Learning Environment": (("Poor", 25), ("Average", 45), ("Good", 30)),
}
_AMBITIONS = ("Nurse", "Engineer", "Lawyer", "Teacher", "Accountant", "Doctor", "Journalist", "Entrepreneur")


def make_survey(rng: Random) -> Iterator[dict[str, str]]:
    """One row per respondent."""
    columns = {factor: people.quota(rng, shares, RESPONDENTS) for factor, shares in _SHARES.items()}
    for number in range(RESPONDENTS):
        yield _row(rng, {factor: values[number] for factor, values in columns.items()})


def _row(rng: Random, factors: dict[str, str]) -> dict[str, str]:
    home = people.home(rng)
    gender = rng.choice(("Female", "Male"))
    score = effects.SURVEY_BASE + sum(effects.SURVEY[factor][value] for factor, value in factors.items())
    score = min(400.0, max(0.0, score + rng.gauss(0, effects.SURVEY_NOISE_SD)))
    hours = rng.randint(1, 20)
    library = factors["Do you have a library in your school?"]
    return {
        "Last Name": people.surname(rng, home.state),
        "First Name": people.given_name(rng, home.state, gender),
        "Date of Birth": people.born(rng, 16, 21).isoformat(),
        "Gender": gender,
        "Address LGA": home.lga,
        "State of Origin": home.state,
        "Geopolitical Zone": people.ZONE_OF_STATE[home.state],
        "School Type": rng.choice(("Public", "Private")),
        "Schools LGA": rng.choice(people.LGAS),
        "Secondary School Living Arrangement": rng.choice(("Day", "Boarding")),
        "Digital methods in school": rng.choice(_YES_NO),
        "Weekly Hours Spent Reading": f"{hours} hour{'s' if hours > 1 else ''}",
        "Mentor": rng.choice(_YES_NO),
        "Parents Occupation": rng.choice(people.OCCUPATIONS),
        "Financial status": rng.choice(("Low", "Middle", "High")),
        "Future Ambition": rng.choice(_AMBITIONS),
        "Digital literacy": rng.choice(("Basic", "Intermediate", "Advanced")),
        "Extra Extracurricular Activities": people.activities(rng),
        "Do you have a library in your school?": library,
        "Library visit": rng.choice(("Never", "Monthly", "Weekly", "Daily")) if library == "Yes" else "Never",
        "Academic Stream": rng.choice(("Science", "Arts", "Commercial")),
        "Attendance Rate": f"{rng.randrange(60, 101, 5)}%",
        "Study Habits": factors["Study Habits"],
        "Behavioral Condition in School": rng.choice(("Poor", "Average", "Good")),
        "Learning Environment": factors["Learning Environment"],
        "Private Tutors": factors["Private Tutors"],
        "Access to online Learning Platform": rng.choice(_YES_NO),
        "Supportive Home Environment": rng.choice(_YES_NO),
        "Parental Engagement in School Life": rng.choice(("Low", "Medium", "High")),
        "Qualified Teachers": rng.choice(_YES_NO),
        "Anxiety Before Exam": rng.choice(_YES_NO),
        "Do you understand English": rng.choices(_YES_NO, (90, 10))[0],
        "Access to Practice Exams": factors["Access to Practice Exams"],
        "Past Jamb Score": str(round(score)),
        "Credit pass in core five subjects": "Yes" if score + rng.gauss(0, 20) >= 190 else "No",
    }
