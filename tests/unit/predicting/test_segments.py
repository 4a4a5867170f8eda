"""Segments: planted ones are found and both halves agree; a cloud is told to be one."""

import numpy as np

from elt.predicting.frames import Frame
from elt.predicting.segments import segmentation
from elt.predicting.tasks import Feature

FEATURES = (Feature("gpa", "GPA"), Feature("homework", "homework handed in"))


def frame(middles: list[tuple[float, float]], spread: float) -> Frame:
    generator = np.random.default_rng(1)
    drawn = np.concatenate([generator.normal(middle, spread, (80, 2)) for middle in middles])
    return Frame({"gpa": drawn[:, 0], "homework": drawn[:, 1]})


def test_planted_segments_are_found_and_named_by_what_sets_them_off() -> None:
    found = segmentation(FEATURES, frame([(0, 0), (6, 6), (6, -6), (-6, 0)], 0.5))
    assert found is not None
    assert [one.student_count for one in found.segments] == [80] * 4
    assert found.agreement > 0.99
    assert found.silhouette > 0.8 > found.shuffled_silhouette + 0.1
    assert "GPA: high, homework handed in: low" in {one.label for one in found.segments} | {
        ", ".join(reversed(one.label.split(", "))) for one in found.segments
    }


def test_a_cloud_is_cut_no_better_than_its_shuffled_self_and_few_are_not_cut() -> None:
    cloud = segmentation(FEATURES, frame([(0, 0)] * 4, 1.0))
    assert cloud is not None
    assert abs(cloud.silhouette - cloud.shuffled_silhouette) < 0.05
    assert segmentation(FEATURES, frame([(0, 0)], 1.0)) is None
