"""Students like each other: k-means on standardised features, with what says whether there are segments at all.

K-means cuts any cloud into pieces. So the silhouette stands beside that of the same columns, each shuffled by itself
(what is left without any tie between them), and beside the agreement of two halves of the students.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from elt.predicting.frames import Floats, Frame, Integers
from elt.predicting.tasks import SMALLEST_GROUP, Feature

SEED = 20261121
COUNTS = range(3, 7)
STARTS = 10
FEWEST_STUDENTS = 100
SILHOUETTE_ROWS = 2_000  # it costs their square
TELLING = 0.5  # standard deviations from everybody: what a segment is named by


@dataclass(frozen=True)
class Segment:
    """One segment: how many, and the mean of each feature, of all, and between them in standard deviations."""

    label: str
    student_count: int
    means: tuple[float, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True)
class Segmentation:
    """All segments, the largest first, and what speaks for them."""

    features: tuple[Feature, ...]
    segments: tuple[Segment, ...]
    means: tuple[float, ...]
    student_count: int
    silhouette: float
    shuffled_silhouette: float
    agreement: float


def segmentation(features: Sequence[Feature], frame: Frame) -> Segmentation | None:
    """The number of segments with the best silhouette; None where there are too few students, or one that varies."""
    values = np.column_stack([frame.numbers(feature.name) for feature in features]) if len(frame) else np.empty((0, 0))
    values = values[~np.isnan(values).any(axis=1)] if len(values) else values
    if len(values) < FEWEST_STUDENTS or not (values.std(axis=0) > 0).all():
        return None
    mean, spread = values.mean(axis=0), values.std(axis=0)
    scaled = (values - mean) / spread
    with threadpool_limits(1):
        tried = {count: _cut(scaled, count) for count in COUNTS}
        tried = {count: cut for count, cut in tried.items() if np.bincount(cut).min() >= SMALLEST_GROUP}
        if not tried:
            return None
        silhouettes = {count: _silhouette(scaled, cut) for count, cut in tried.items()}
        count = max(silhouettes, key=lambda one: silhouettes[one])
        generator = np.random.default_rng(SEED)
        shuffled = np.column_stack([generator.permutation(column) for column in scaled.T])
        by_chance = _silhouette(shuffled, _cut(shuffled, count))
        agreement = _agreement(scaled, count)
    cut = tried[count]
    found = []
    for number in np.argsort(-np.bincount(cut), kind="stable"):
        inside = values[cut == number].mean(axis=0)
        distances = (inside - mean) / spread
        found.append(Segment(_label(features, distances), int((cut == number).sum()), tuple(inside), tuple(distances)))
    return Segmentation(
        tuple(features), tuple(found), tuple(mean), len(values), silhouettes[count], by_chance, agreement
    )


def _kmeans(scaled: Floats, count: int) -> KMeans:
    return KMeans(count, n_init=STARTS, random_state=SEED).fit(scaled)


def _cut(scaled: Floats, count: int) -> Integers:
    cut: Integers = _kmeans(scaled, count).labels_.astype(np.int64)
    return cut


def _silhouette(scaled: Floats, cut: Integers) -> float:
    drawn = np.random.default_rng(SEED).permutation(len(cut))[:SILHOUETTE_ROWS]
    return float(silhouette_score(scaled[drawn], cut[drawn])) if len(np.unique(cut[drawn])) > 1 else 0.0


def _agreement(scaled: Floats, count: int) -> float:
    """Two halves of the students each give segments; how far do both put everybody into the same?"""
    half = np.random.default_rng(SEED).permutation(len(scaled)) % 2 == 0
    one, other = _kmeans(scaled[half], count), _kmeans(scaled[~half], count)
    return float(adjusted_rand_score(one.predict(scaled), other.predict(scaled)))


def _label(features: Sequence[Feature], distances: Floats) -> str:
    """What sets the segment off most, in words: `GPA high, homework handed in high`."""
    order = np.argsort(-np.abs(distances), kind="stable")
    told = [place for place in order if abs(distances[place]) >= TELLING][:3]
    words = [f"{features[place].label}: {'high' if distances[place] > 0 else 'low'}" for place in told]
    return ", ".join(words) or "like everybody"


def keep(connection: Connection, source_system: str, found: Segmentation | None) -> None:
    """Take the place of the source system's segments; None leaves none."""
    with connection.cursor() as cursor:
        for table in ("segmentation", "segment"):
            cursor.execute(f"delete from predictions.{table} where source_system = %s", [source_system])  # noqa: S608
        if found is None:
            return
        cursor.execute(
            "insert into predictions.segmentation values (%s, %s, %s, %s, %s, %s)",
            [
                source_system, len(found.segments), found.student_count, found.silhouette, found.shuffled_silhouette,
                found.agreement,
            ],
        )  # fmt: skip
        execute_values(
            cursor,
            "insert into predictions.segment (source_system, segment, label, student_count) values %s",
            [(source_system, number, one.label, one.student_count) for number, one in enumerate(found.segments, 1)],
        )
        execute_values(
            cursor,
            "insert into predictions.segment_feature values %s",
            [
                (source_system, number, feature.name, feature.label, float(mean), float(of_all), float(distance))
                for number, one in enumerate(found.segments, 1)
                for feature, mean, of_all, distance in zip(
                    found.features, one.means, found.means, one.distances, strict=True
                )
            ],
        )
