"""The short form of the long trial: a few rounds of each kind. `./start.sh test faults` runs hundreds."""

import pytest

from tests.faults.rounds import Trial

# The order mixes them, as the long form does; dbt first, while there is little to build.
ROUNDS = ["dbt", *("loader", "backend", "postgres", "store") * 2]


@pytest.mark.parametrize(("number", "part"), list(enumerate(ROUNDS, 1)))
def test_a_killed_part_breaks_no_truth(trial: Trial, number: int, part: str) -> None:
    done = trial.run(number, part)
    print(done)
    assert done.broken == []


def test_every_promise_is_kept_without_a_hand(trial: Trial) -> None:
    assert trial.settle() == []
    figures = trial.figures()
    print(figures)
    assert figures["rows_found"] == figures["rows_expected"] > 0
