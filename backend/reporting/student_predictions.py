"""What is predicted of one student, as whoever asks may see it: what is coming, why, and what was said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg2.extensions import connection as Connection

from backend.reporting.insight import Row
from backend.reporting.querying import rows

SCORES = """
select
    score.task, model.title, model.kind, score.unit, score.moment, score.status, score.value, score.because,
    score.reasons, score.risk_tier, score.is_current, score.outcome, score.scored_at, score.model_id,
    score.source_system, score.student_id, score.student_key
from predictions.score
inner join predictions.model using (model_id)
where {}
order by score.task, score.is_current desc, score.scored_at desc, score.moment, score.value desc nulls last, score.unit
"""
OF_KEY = SCORES.format("score.student_key = %(asked)s")
OF_NUMBER = SCORES.format("score.student_id = %(asked)s")
ACTIONS = """
select task, moment, action, recorded_at from predictions.action
where student_key = %(key)s order by recorded_at desc, action
"""


@dataclass(frozen=True)
class Moment:
    """What was said of one student before one term, day or line: a row per unit (subject), the likeliest first."""

    name: str
    scores: tuple[Row, ...]

    def expected(self) -> float | None:
        """The sum of what was said, for chances the expected number of outcomes; None where there is no number."""
        return _sum(self.scores, "value")

    def came(self) -> float | None:
        """The sum of what came, of those units that had a number; None where that is not known yet."""
        return _sum([score for score in self.scores if score["value"] is not None], "outcome")

    def silent(self) -> list[tuple[str, list[str]]]:
        """Why there is no number, each reason with the units that it holds for."""
        without = sorted((score["because"], score["unit"]) for score in self.scores if score["value"] is None)
        return [(because, [unit for _, unit in of]) for because, of in groupby(without, key=lambda one: one[0])]

    def scored(self) -> list[Row]:
        """Those with a number."""
        return [score for score in self.scores if score["value"] is not None]


@dataclass(frozen=True)
class Prediction:
    """One outcome of one student. `coming` is None where nothing is said any more, `past` has the latest first."""

    task: str
    title: str
    kind: str
    coming: Moment | None
    past: tuple[Moment, ...]
    actions: tuple[Row, ...]

    @property
    def tier(self) -> int | None:
        """The early-warning tier that was known at the moment."""
        return self.coming.scores[0]["risk_tier"] if self.coming else None


def of_student(connection: Connection, student_key: str) -> list[Prediction]:
    """Every outcome with a score of the student; empty where no model passed its gate."""
    taken = rows(connection, ACTIONS, {"key": student_key})
    found = []
    for task, of_task in groupby(rows(connection, OF_KEY, {"asked": student_key}), key=lambda row: str(row["task"])):
        scores = list(of_task)
        coming = _moments([score for score in scores if score["is_current"]])
        past = _moments([score for score in scores if not score["is_current"]])
        actions = tuple(row for row in taken if row["task"] == task)
        first = scores[0]
        found.append(
            Prediction(task, first["title"], first["kind"], coming[0] if coming else None, tuple(past), actions)
        )
    return found


def of_number(connection: Connection, student_id: str) -> Sequence[Row]:
    """The scores of the students with this number, those of the present first; empty where there are none to see."""
    found = rows(connection, OF_NUMBER, {"asked": student_id})
    return sorted(found, key=lambda row: not row["is_current"])


def _moments(scores: Sequence[Row]) -> list[Moment]:
    named: dict[str, list[Row]] = {}
    for score in scores:
        named.setdefault(str(score["moment"]), []).append(score)
    return [Moment(name, tuple(of)) for name, of in named.items()]


def _sum(scores: Sequence[Row], name: str) -> float | None:
    known: list[Any] = [score[name] for score in scores if score[name] is not None]
    return float(sum(known)) if known else None
