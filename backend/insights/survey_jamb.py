"""Survey factors against JAMB score."""

from backend.reporting import association
from backend.reporting.insight import Definition, Insight

INSIGHT = Insight(
    name="survey_jamb",
    title="What goes with JAMB scores",
    question="Which conditions that students report (library, tutors, practice exams, study habits …) go with a "
    "higher JAMB score?",
    definition=Definition(
        measure="Difference in mean JAMB score (0-400) between respondents with one answer and those with another; "
        "for numbers, points per step.",
        numerator="Sum of the JAMB scores of the respondents with that answer.",
        denominator="Number of those respondents; each respondent is one observation.",
        exclusions="Respondents without a JAMB score, and questions they left open. Names and places are not "
        "tested; neither is the credit pass, which follows from the same exams.",
        threshold=association.threshold("survey"),
        threshold_seeds=("association_rule",),
    ),
    datasets=("laurel/survey",),
    sql=f"{association.SELECT} where analysis = 'survey' {association.ORDER}",
    columns=association.COLUMNS,
    chart=association.forest("points of JAMB score"),
    finding=association.finding("points"),
    caveats=(
        association.NOT_CAUSES,
        "Answers hang together: who has no library never visits one, so that both show the same difference.",
        "Respondents chose to answer, and are not students of this school.",
    ),
)
