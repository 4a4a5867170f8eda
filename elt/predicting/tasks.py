"""What a task of prediction consists of; elt.predicting.catalogue lists those that there are."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["classification", "regression"]
SMALLEST_GROUP = 10  # students who are told of together; fewer could be known by name


@dataclass(frozen=True)
class Feature:
    """A column that is known at the moment of prediction; `shown` writes its value in words."""

    name: str
    label: str
    kind: Literal["number", "category"] = "number"
    unit: Literal["points", "rate", "count", "days", "flag", "text", "place"] = "count"

    def shown(self, value: object) -> str:
        """`0.85` of a rate as `85.0%`, a missing value as `not known`."""
        if value is None or value != value:  # NaN is the one value that is not itself
            return "not known"
        if self.kind == "category":
            return str(value)
        number = float(str(value))
        match self.unit:
            case "rate":
                return f"{100 * number:.1f}%"
            case "flag":
                return "yes" if number else "no"
            case "place":
                return f"above {100 * (number + 0.5):.0f}% of them"
            case "points":
                return f"{number:.1f}"
            case _:
                return f"{number:g}" if number == round(number) else f"{number:.1f}"


@dataclass(frozen=True)
class Baseline:
    """What anybody could say without a model: the outcome's usual rate (or mean) given one column, or given none."""

    name: str
    label: str
    column: str | None = None


@dataclass(frozen=True)
class Forward:
    """Trained on terms at least `test_terms` ago, tested on later ones, on students it was not trained on."""

    period: str = "terms_ago"
    test_terms: int = 3
    folds: int = 3


@dataclass(frozen=True)
class Presentations:
    """Each presentation is predicted from those that were over before it began, without the students they share."""

    start: str = "start_date"
    end: str = "end_date"
    name: str = "section_name"


@dataclass(frozen=True)
class Folds:
    """Repeated cross-validation, for data without time: each student is in one fold."""

    folds: int = 5
    repeats: int = 5


Plan = Forward | Presentations | Folds


@dataclass(frozen=True)
class Task:
    """One outcome to predict. Rows come from `sql`, one per student, unit and moment, in a fixed order.

    `sql` gives the columns student_key, student_id, source_system, unit, moment, segment and is_coming beside the
    features, the target, baselines' columns and subgroups. `score` is the number that the target is cut from, where
    there is one. `segments_must_hold`: where the model says nothing in a segment, nobody in it gets a number.
    """

    name: str
    title: str
    family: str
    kind: Kind
    sql: str
    target: str
    features: tuple[Feature, ...]
    baselines: tuple[Baseline, ...]
    plan: Plan
    subgroups: tuple[str, ...] = ()
    score: str | None = None
    tier: str | None = None
    history: str | None = None
    segments_must_hold: bool = False
    limits: tuple[str, ...] = ()
    described_dataset: str | None = None  # whose rows it is about; None: it ships with Laurel
    named: tuple[str, str | None] | None = None  # by its owner: the target, the column that says whom a line is about
    segmented_by: tuple[str, ...] = ()  # features on which the students to come are cut into segments

    @property
    def segmenting(self) -> tuple[Feature, ...]:
        """The features behind `segmented_by`."""
        return tuple(feature for feature in self.features if feature.name in self.segmented_by)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that something reads, each once, in a fixed order."""
        named = [feature.name for feature in self.features]
        named += [baseline.column for baseline in self.baselines if baseline.column]
        named += [self.target, *self.subgroups, *filter(None, (self.score, self.tier, self.history))]
        match self.plan:
            case Forward(period=period):
                named.append(period)
            case Presentations(start=start, end=end, name=name):
                named += [start, end, name]
            case Folds():
                pass
        return tuple(dict.fromkeys(named))
