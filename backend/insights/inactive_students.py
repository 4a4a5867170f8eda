"""OULAD: students without activity in the last seven days on file. For administrators: it lists single students."""

from collections.abc import Sequence

from backend.reporting import oulad
from backend.reporting.charts import COUNTS
from backend.reporting.insight import OF_STUDENTS, Column, Definition, Finding, Insight, Row
from backend.reporting.seeds import kpi_threshold
from backend.reporting.values import shown

DAYS = kpi_threshold("inactivity_days", oulad.SYSTEM)
_BUCKETS = ["up to 2 weeks", "2 to 4 weeks", "4 to 8 weeks", "longer", "no click at all"]


def finding(rows: Sequence[Row]) -> Finding:
    """How many there are, out of whom, and how many never came."""
    first = rows[0]
    never = sum(row["last_active_day"] is None for row in rows)
    over = first["length_days"] is not None and first["as_of_day"] >= first["length_days"]
    ended = f" The presentation is over: it lasted {first['length_days']} days." if over else ""
    return Finding(
        shown(len(rows), "integer"),
        f"of {shown(first['enrolled_count'], 'integer')} students of {first['section_name']} are silent",
        f"{shown(len(rows) / first['enrolled_count'], 'rate')} of those enrolled on day {first['as_of_day']}, the last "
        f"on file, have no click in the {DAYS} days up to it; {shown(never, 'integer')} have none at all.{ended}",
    )


INSIGHT = Insight(
    name="inactive_students",
    title="No activity in the last seven days (OULAD)",
    question="Which students are enrolled, and have not been seen in the learning environment of late?",
    definition=Definition(
        measure="Students without a click in the last days of the presentation so far.",
        numerator="Enrolled students whose last click is at least that many days before the last day on file, or who "
        "have none.",
        denominator="Students enrolled on the last day of the presentation of which a file of clicks tells.",
        exclusions="Students who have unregistered by then, and those without a line of registrations; "
        "presentations without a file of clicks.",
        threshold=f"Inactive at {DAYS} days or more without a click.",
        threshold_seeds=("kpi_threshold",),
    ),
    datasets=("oulad/student_registration", "oulad/student_vle"),
    sql="""
        select
            student_id, section_name, as_of_day, length_days, last_active_day, inactive_days, click_count,
            enrolled_count
        from marts.rpt_inactive_student
        where section_name = coalesce(
            %(presentation)s,
            (
                select section_name from marts.rpt_inactive_student
                order by coalesce(as_of_day < length_days, true) desc, as_of_date desc, section_name
                limit 1
            )
        )
        order by inactive_days desc nulls first, student_id
    """,
    columns=(
        Column("student_id", "Student", "text"),
        Column("section_name", "Presentation", "text"),
        Column("last_active_day", "Last active on day", "integer"),
        Column("inactive_days", "Days silent", "integer"),
        Column("click_count", "Clicks before", "integer"),
        Column("as_of_day", "As of day", "integer"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "transform": [
            {
                "calculate": "datum.inactive_days == null ? 'no click at all' : datum.inactive_days <= 14 ? "
                "'up to 2 weeks' : datum.inactive_days <= 28 ? '2 to 4 weeks' : datum.inactive_days <= 56 ? "
                "'4 to 8 weeks' : 'longer'",
                "as": "silence",
            }
        ],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "silence", "type": "nominal", "title": "Without a click", "sort": _BUCKETS},
            "x": {"aggregate": "count", "type": "quantitative", "title": "Students", "axis": COUNTS},
            "tooltip": [
                {"field": "silence", "title": "Without a click"},
                {"aggregate": "count", "title": "Students"},
            ],
        },
    },
    finding=oulad.finding("studentRegistration.csv and studentVle.csv (also packed, .csv.gz)", finding),
    caveats=(
        oulad.DAYS,
        "Silence is a reason to look, not a judgement: some work on paper, and some have finished.",
        "Without a choice the list is of the presentation with the latest clicks on file among those that are not over "
        "by then; where all are over, among all.",
    ),
    parameters=(oulad.presentation("rpt_inactive_student", "Latest on file", "true"),),
    audience=OF_STUDENTS,
)
