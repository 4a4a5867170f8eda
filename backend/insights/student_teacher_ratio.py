"""Student-teacher ratio by subject: teacher availability."""

from collections.abc import Sequence
from statistics import median

from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """Half of the subjects have more, half have fewer; then the two ends."""
    if not rows:
        return Finding("–", "no classes", "There are no grades that name a teacher.")
    most, fewest = rows[0], rows[-1]
    if len(rows) == 1:
        return Finding(
            shown(most["student_teacher_ratio"], "number"), f"students per teacher in {most['subject']}", _one(most)
        )
    return Finding(
        shown(median(row["student_teacher_ratio"] for row in rows), "number"),
        "students per teacher in the middle one of the subjects",
        f"Most: {_one(most)} Fewest: {_one(fewest)} Subjects that everybody takes from few teachers lead the list: "
        "a teacher meets them in several classes, not at once.",
    )


def _one(row: Row) -> str:
    teachers = f"{row['teacher_count']} teacher{'s' if row['teacher_count'] != 1 else ''}"
    return f"{row['subject']}, {shown(row['student_count'], 'integer')} students for {teachers}."


INSIGHT = Insight(
    name="student_teacher_ratio",
    title="Students per teacher of a subject",
    question="In which subjects do many students share one teacher now, at their present grade level?",
    definition=Definition(
        measure="Student-teacher ratio: students who take a subject now per teacher who teaches it to them.",
        numerator="Distinct students with a grade in the subject at their present grade level, that of the "
        "latest session.",
        denominator="Distinct teachers named on those grades.",
        exclusions="Grades of earlier grade levels; grades that name no teacher. A student counts once, however many "
        "terms of the present grade level the subject was taken.",
        threshold="None: the ratio is shown as it is.",
        threshold_seeds=(),
    ),
    datasets=("laurel/academic_history",),
    sql="""
        select subject, student_count, teacher_count, student_teacher_ratio
        from marts.rpt_student_teacher_ratio
        where
            grade_level = coalesce(%(grade_level)s, 'All grade levels')
            and (%(subject)s::text is null or subject = %(subject)s)
        order by student_teacher_ratio desc, subject
    """,
    columns=(
        Column("subject", "Subject", "text"),
        Column("student_count", "Students", "integer"),
        Column("teacher_count", "Teachers", "integer"),
        Column("student_teacher_ratio", "Students per teacher", "number"),
    ),
    chart={
        "width": "container",
        "height": {"step": 22},
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {"field": "subject", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "student_teacher_ratio", "type": "quantitative", "title": "Students per teacher"},
            "tooltip": [
                {"field": "subject", "title": "Subject"},
                {"field": "student_teacher_ratio", "title": "Students per teacher", "format": ".1f"},
                {"field": "student_count", "title": "Students"},
                {"field": "teacher_count", "title": "Teachers"},
            ],
        },
    },
    finding=finding,
    caveats=(
        "The files do not say who has left: a student or teacher counts as long as the latest grades on file are "
        "theirs.",
        "Students whose grades are on file but who are not in the register count as well: they sit in the class.",
    ),
    parameters=(
        Parameter(
            name="grade_level",
            label="Grade level",
            values_sql="select grade_level from marts.rpt_student_teacher_ratio where grade_level_order > 0 "
            "group by grade_level, grade_level_order order by grade_level_order",
            all_label="All grade levels",
        ),
        Parameter(
            name="subject",
            label="Subject",
            values_sql="select subject from marts.rpt_student_teacher_ratio group by subject order by subject",
            all_label="All subjects",
        ),
    ),
    kpis=("students", "teachers", "student_teacher_ratio"),
)
