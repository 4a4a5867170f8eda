"""What came of students for whom something was done, beside like students without: with counts, and no experiment."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Row
from elt.predicting.actions import ACTIONS, ANY
from elt.predicting.comparison import CALIPER
from elt.predicting.tasks import SMALLEST_GROUP

WORDS = ", ".join(f"('{name}', '{words}')" for name, words in {ANY: "any action", **ACTIONS}.items())
NOT_AN_EXPERIMENT = (
    "Not an experiment: who got help was chosen by people, who may have known what no file tells. A gap goes along "
    "with the action; nothing here shows that the action made it."
)


def finding(rows: Sequence[Row]) -> Finding:
    """The gap of any action, in points of a hundred, and what it may not be taken for."""
    if not rows:
        return predictions.none_yet(
            f"It takes {SMALLEST_GROUP} students with an action on record whose outcome has become known since, and "
            f"{SMALLEST_GROUP} like students without. Actions are recorded on a student's page."
        )
    first = rows[0]
    by = 100 if first["kind"] == "classification" else 1
    unit = "points of a hundred" if by == 100 else "points"
    gap, low, high = (by * first[end] for end in ("gap", "low", "high"))
    word = "less" if gap < 0 else "more"
    clear = "clear of nought" if first["low"] > 0 or first["high"] < 0 else "which holds nought: nothing is shown"
    return Finding(
        predictions.with_interval(gap, low, high, 1),
        f"{unit}, {word} than of like students: {first['title']}",
        f"{first['student_count']} students with {first['words']} beside "
        f"{first['similar_count']} like students without, the interval {clear}. Not an experiment.",
    )


INSIGHT = Insight(
    name="what_came_of_actions",
    title="What came of actions",
    question="How did it go on with students for whom something was done, beside like students without?",
    definition=Definition(
        measure="Mean outcome of students with the action minus that of like students with none on record, each beyond "
        "what had been estimated of them.",
        numerator="Students with the action whose outcome has become known, one row per student and moment.",
        denominator="Like students: those at the same moment, without any action, whose estimate differs by at most "
        f"{CALIPER} standard deviations of the estimates; all of them, for each student.",
        exclusions=f"Students without a number or an outcome, those who have no like, and whatever has fewer than "
        f"{SMALLEST_GROUP} students on either side.",
        threshold="None.",
        threshold_seeds=(),
    ),
    datasets=predictions.DATASETS,
    sql=f"""
        with {predictions.STANDING},

        words as (
            select * from (values {WORDS}) as told (action, words)
        )

        select
            standing.title,
            standing.kind,
            comparison.action,
            words.words,
            comparison.student_count,
            comparison.similar_count,
            comparison.predicted,
            comparison.similar_predicted,
            comparison.outcome,
            comparison.similar_outcome,
            comparison.gap,
            comparison.low,
            comparison.high
        from standing
        inner join predictions.action_comparison as comparison on standing.task = comparison.task
        inner join words on comparison.action = words.action
        order by comparison.action <> '{ANY}', comparison.student_count desc, words.words
    """,  # noqa: S608 words of our own
    columns=(
        Column("words", "What was done", "text"),
        Column("student_count", "Students", "integer"),
        Column("similar_count", "Like students", "integer"),
        Column("predicted", "Estimated", "number"),
        Column("similar_predicted", "Of the like", "number"),
        Column("outcome", "Came", "number"),
        Column("similar_outcome", "To the like", "number"),
        Column("gap", "Gap beyond the estimates", "number"),
        Column("low", "95% from", "number"),
        Column("high", "to", "number"),
    ),
    chart={
        "width": "container",
        "height": {"step": 44},
        "encoding": {"y": {"field": "words", "type": "nominal", "title": None, "sort": None}},
        "layer": [
            *predictions.interval_layers(
                "gap",
                {"title": "Gap to like students, beyond the estimates"},
                [
                    {"field": "words", "title": "What was done"},
                    {"field": "gap", "title": "Gap", "format": ".3f"},
                    {"field": "student_count", "title": "Students", "format": ","},
                    {"field": "similar_count", "title": "Like students", "format": ","},
                ],
            ),
            {"mark": {"type": "rule", "strokeDash": [4, 4]}, "encoding": {"x": {"datum": 0}, "y": None}},
        ],
    },
    finding=finding,
    caveats=(
        NOT_AN_EXPERIMENT,
        predictions.INTERVALS,
        "Below nought is better for failing, above it for scores. Of twenty intervals one misses nought by "
        "chance alone.",
    ),
    parameters=(predictions.OUTCOME,),
    related=("at_risk", "model_card"),
)
