"""What the model in force says of a described data set: one estimate per line in which the target is missing."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from elt.contracting.contract import Contract
from elt.database import only_row
from elt.predicting.targets import task_name

FETCHED_AT_ONCE = 2_000
# How a line is called where students have a number, and how it is found again.
LINE = "'submission ' || _submission_id || ', line ' || _line_number"
NUMBERS_OF_LINE = r"'^submission (\d+), line (\d+)$'"
ESTIMATES = f"""
    select submission.id::text, numbers[2]::integer, score.value, score.because,
        array(select reason ->> 'words' from jsonb_array_elements(score.reasons) as reason)
    from predictions.score
    cross join lateral regexp_match(score.unit, {NUMBERS_OF_LINE}) as numbers
    inner join catalog.submission on submission.submission_id = numbers[1]::integer
    where score.task = %s and score.is_current and submission.status = 'modelled'
    order by submission.submission_id, 2
"""  # noqa: S608 words of our own


@dataclass(frozen=True)
class Estimate:
    """One line of a file, whose header is line 1. `value` or `because` is given: a number, or why there is none."""

    submission: str
    line_number: int
    value: float | None
    because: str | None
    reasons: tuple[str, ...]


def is_any_in_force(connection: Connection, contract: Contract) -> bool:
    """Whether there is a model that estimates anything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from predictions.model where task = %s and status = 'published')",
            [task_name(contract)],
        )
        return bool(only_row(cursor)[0])


def of_target(connection: Connection, contract: Contract) -> Iterator[Estimate]:
    """In the order of the submissions and their lines, in constant memory."""
    with connection.cursor(name="estimates") as cursor:
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(ESTIMATES, [task_name(contract)])
        for submission, line_number, value, because, reasons in cursor:
            yield Estimate(submission, line_number, value, because, tuple(reasons))
