"""Features as a matrix: numbers as they are, categories as one column per level that the training rows know well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elt.predicting.frames import Floats, Frame, Objects
from elt.predicting.tasks import Feature

SMALLEST_LEVEL = 10  # rows; rarer levels, and new ones, have no column: they are like the usual case
MISSING = "not known"


@dataclass(frozen=True)
class Encoder:
    """Fitted on training rows: which columns there are, each of a feature and, for a category, of one level."""

    features: tuple[Feature, ...]
    columns: tuple[tuple[int, str | None], ...]

    @classmethod
    def fit(cls, features: Sequence[Feature], frame: Frame) -> "Encoder":
        """Levels in the order of the alphabet; a number that never varies has no column."""
        columns: list[tuple[int, str | None]] = []
        for index, feature in enumerate(features):
            if feature.kind == "number":
                known = frame.numbers(feature.name)
                known = known[~np.isnan(known)]
                if len(known) and known.min() < known.max():
                    columns.append((index, None))
            else:
                levels, counts = np.unique(levels_of(frame, feature.name).astype(str), return_counts=True)
                frequent = [str(level) for level, count in zip(levels, counts, strict=True) if count >= SMALLEST_LEVEL]
                columns += [(index, level) for level in (frequent if len(frequent) > 1 else [])]
        return cls(tuple(features), tuple(columns))

    def matrix(self, frame: Frame) -> Floats:
        """Rows × columns, NaN where a number is missing."""
        matrix = np.empty((len(frame), len(self.columns)))
        categories: dict[str, Objects] = {}
        for position, (index, level) in enumerate(self.columns):
            name = self.features[index].name
            if level is None:
                matrix[:, position] = frame.numbers(name)
                continue
            if name not in categories:
                categories[name] = levels_of(frame, name)
            matrix[:, position] = categories[name] == level
        return matrix

    def by_feature(self, contributions: Floats) -> Floats:
        """Contributions of columns summed to those of features: rows × features."""
        summed = np.zeros((len(contributions), len(self.features)))
        for position, (index, _) in enumerate(self.columns):
            summed[:, index] += contributions[:, position]
        return summed

    def column_name(self, position: int) -> str:
        """A column in words: `Subject is French`."""
        index, level = self.columns[position]
        label = self.features[index].label
        return label if level is None else f"{label} is {level}"

    def as_json(self) -> list[list[Any]]:
        """For the artefact; `from_json` is the way back."""
        return [[self.features[index].name, level] for index, level in self.columns]

    @classmethod
    def from_json(cls, features: Sequence[Feature], columns: Sequence[Sequence[Any]]) -> "Encoder":
        """Raises KeyError where the task no longer has a feature that the model was trained with."""
        places = {feature.name: index for index, feature in enumerate(features)}
        return cls(tuple(features), tuple((places[name], level) for name, level in columns))


def levels_of(frame: Frame, name: str) -> Objects:
    """A category's levels as text, a missing one as MISSING."""
    levels = np.empty(len(frame), dtype=np.object_)
    levels[:] = [MISSING if value is None or value != value else str(value) for value in frame[name]]
    return levels
