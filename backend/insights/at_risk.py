"""Who may fail subjects in the coming term, with reasons. Lists single students: each role sees those of its scope."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import OF_STUDENTS, Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.values import shown


def finding(rows: Sequence[Row]) -> Finding:
    """How many subjects are expected to be failed, by how many of them on the list."""
    if not rows:
        return predictions.none_yet(
            "No prediction is published: no model has passed the gate, or nobody has a term to come. The insight "
            "model_card says why."
        )
    first = rows[0]
    expected = sum(row["expected_failures"] for row in rows)
    silent = first["students_without_number"]
    without = f" {silent} students get no number: there is not enough evidence." if silent else ""
    share = float(expected) / float(first["expected_of_all"]) if first["expected_of_all"] else 0.0
    return Finding(
        shown(len(rows), "integer"),
        f"of {shown(first['student_count'], 'integer')} students, those with most failures to expect",
        f"Together they are expected to fail {shown(expected, 'number')} subjects in the coming term, "
        f"{shown(share, 'rate')} of all that are to be expected.{without}",
    )


INSIGHT = Insight(
    name="at_risk",
    title="Who may fail in the coming term",
    question="Whom should a counsellor see first, before the coming term, and why?",
    definition=Definition(
        measure="Expected number of subjects failed in the coming term: the sum of the student's estimated chances.",
        numerator="For each subject that the student is known to take, the estimated chance of a total below the pass "
        "mark, learnt from earlier terms of other students.",
        denominator="Students with a coming term and a number.",
        exclusions="Students without an earlier result, subjects that begin or are chosen anew, and terms in which the "
        "model has not shown that it can tell students apart: they get no number, and say so.",
        threshold="None: the list is as long as there is room. The early-warning tier stands beside it.",
        threshold_seeds=("risk_tier",),
    ),
    datasets=predictions.DATASETS,
    sql="""
        with scored as (
            select
                student_id,
                moment,
                sum(value) as expected_failures,
                count(value) as subject_count,
                max(risk_tier) as risk_tier,
                (array_agg(unit || ' ' || round(100 * value::numeric) || '%%' order by value desc)
                    filter (where value is not null))[1:3] as likeliest,
                (array_agg(jsonb_path_query_array(reasons, '$[*].words') order by value desc nulls last))[1] as reasons,
                max(model_id) as model_id
            from predictions.score
            where
                task = 'laurel_failing' and is_current
                and (%(moment)s::text is null or moment = %(moment)s)
            group by student_id, moment
        )

        select
            row_number() over (order by scored.expected_failures desc, student_id) as place,
            student_id,
            moment,
            round(expected_failures::numeric, 2) as expected_failures,
            likeliest,
            reasons,
            risk_tier,
            subject_count,
            model_id,
            count(*) over () as student_count,
            round((sum(expected_failures) over ())::numeric, 2) as expected_of_all,
            (select count(*) from scored as silent where silent.subject_count = 0) as students_without_number
        from scored
        where subject_count > 0
        order by place
        limit %(capacity)s::integer
    """,
    columns=(
        Column("place", "Place", "integer"),
        Column("student_id", "Student", "text"),
        Column("moment", "Coming term", "text"),
        Column("expected_failures", "Failures to expect", "number"),
        Column("likeliest", "Likeliest", "text"),
        Column("reasons", "Why the estimate is what it is", "text"),
        Column("risk_tier", "Rule tier", "integer"),
        Column("subject_count", "Subjects", "integer"),
    ),
    chart={
        "width": "container",
        "height": {"step": 34},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "student_id", "type": "nominal", "title": None, "sort": "-x"},
            "x": {"field": "expected_failures", "type": "quantitative", "title": "Failures to expect"},
            "tooltip": [
                {"field": "student_id", "title": "Student"},
                {"field": "expected_failures", "title": "Failures to expect"},
                {"field": "risk_tier", "title": "Rule tier"},
            ],
        },
    },
    finding=finding,
    caveats=(
        predictions.NOT_A_CAUSE,
        "To offer help, not to select or to punish. Most estimates are uncertain: see the insights calibration and "
        "what_if_capacity for how often they are right.",
        "Who enters SS1 has few subjects that are known beforehand, so that few failures can be told, and stands far "
        "down the list of all terms: choose the coming term SS1 to compare them with each other.",
        "The reasons are those of the student's likeliest failure, the most weighty first.",
    ),
    parameters=(
        Parameter(
            name="capacity",
            label="Room for",
            values_sql="select places from (values ('10'), ('20'), ('40'), ('60'), ('100')) as room (places)",
            default="20",
        ),
        Parameter(
            name="moment",
            label="Coming term",
            values_sql="select moment from predictions.score where task = 'laurel_failing' and is_current "
            "group by moment order by moment",
            all_label="All terms",
        ),
    ),
    audience=OF_STUDENTS,
    related=("model_card", "what_if_capacity", "at_risk_students"),
)
