"""Students like each other: what sets each segment off, and whether there are segments at all."""

from collections.abc import Sequence

from backend.reporting import predictions
from backend.reporting.insight import Column, Definition, Finding, Insight, Parameter, Row
from backend.reporting.values import shown
from elt.predicting.tasks import SMALLEST_GROUP

CLEAR = 0.5  # of a silhouette: reasonable structure by the usual reading (Kaufman and Rousseeuw 1990)


def finding(rows: Sequence[Row]) -> Finding:
    """How many segments, how clear they are, and the largest."""
    if not rows:
        return predictions.none_yet("It takes a hundred students with courses, homework and grades.")
    first = rows[0]
    clear = "clear groups" if first["silhouette"] >= CLEAR else "cuts through a cloud rather than groups apart"
    return Finding(
        shown(first["segment_count"], "integer"),
        f"segments of {shown(first['all_students'], 'integer')} students",
        f"They are {clear}: silhouette {first['silhouette']:.2f}, against {first['shuffled_silhouette']:.2f} where the "
        f"same columns are shuffled; two halves of the students agree to {first['agreement']:.2f} of 1. The largest, "
        f"{shown(first['student_count'], 'integer')} students: {first['label']}.",
    )


INSIGHT = Insight(
    name="segments",
    title="Segments of students",
    question="Which students are like each other in courses, homework, grades and changes?",
    definition=Definition(
        measure="K-means on standardised features: courses with a grade, share of homework handed in, mean GPA, and "
        "courses added, dropped, switched or audited. The number of segments, three to six, has the best silhouette.",
        numerator="Students of the segment; the mean of a feature in it.",
        denominator="Students of whom all four features are known.",
        exclusions=f"Cuts with a segment of fewer than {SMALLEST_GROUP} students.",
        threshold="A segment is named by features at least half a standard deviation from everybody's mean.",
        threshold_seeds=(),
    ),
    datasets=("district/grades", "district/homeworks", "district/adjustments"),
    sql="""
        select
            segment.segment,
            segment.segment || ': ' || segment.label as segment_name,
            segment.label,
            segment.student_count,
            feature.label as feature_label,
            feature.mean,
            feature.mean_of_all,
            feature.distance,
            segmentation.segment_count,
            segmentation.student_count as all_students,
            segmentation.silhouette,
            segmentation.shuffled_silhouette,
            segmentation.agreement
        from predictions.segmentation as segmentation
        inner join predictions.segment as segment on segmentation.source_system = segment.source_system
        inner join predictions.segment_feature as feature
            on segment.source_system = feature.source_system and segment.segment = feature.segment
        where segmentation.source_system = %(source)s
        order by segment.segment, feature.feature
    """,
    columns=(
        Column("segment", "Segment", "integer"),
        Column("label", "Set off by", "text"),
        Column("student_count", "Students", "integer"),
        Column("feature_label", "Feature", "text"),
        Column("mean", "Mean", "number"),
        Column("mean_of_all", "Of all", "number"),
        Column("distance", "Standard deviations apart", "number"),
    ),
    chart={
        "width": "container",
        "height": {"step": 18},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "segment", "type": "nominal", "title": "Segment"},
            "yOffset": {"field": "feature_label", "type": "nominal"},
            "x": {"field": "distance", "type": "quantitative", "title": "Standard deviations from everybody's mean"},
            "color": {
                "field": "feature_label",
                "type": "nominal",
                "title": None,
                "legend": {"orient": "top", "columns": 1, "labelLimit": 340},
            },
            "tooltip": [
                {"field": "segment_name", "title": "Segment"},
                {"field": "feature_label", "title": "Feature"},
                {"field": "mean", "title": "Mean", "format": ".2f"},
                {"field": "mean_of_all", "title": "Of all", "format": ".2f"},
                {"field": "student_count", "title": "Students", "format": ","},
            ],
        },
    },
    finding=finding,
    caveats=(
        "K-means cuts any cloud into pieces: a segment is a way to speak of students, not a kind of student.",
        "Each student is in the segment whose middle is nearest; who lies between two could as well be in the other.",
    ),
    parameters=(
        Parameter(
            name="source",
            label="School data",
            values_sql="select source_system from predictions.segmentation order by source_system",
            default="district",
        ),
    ),
    related=("decision_tree", "district_gpa", "model_card"),
)
