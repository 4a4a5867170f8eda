"""What came of actions: a planted difference is recovered, nothing is found where nothing is, few are not compared."""

import numpy as np
import pytest

from elt.predicting.comparison import Case, compared


def cases(effect: float, *, seed: int, count: int = 500, picked: float = 2.0) -> list[Case]:
    """Students who are the likelier helped the higher their estimate is: a plain comparison of means would mislead."""
    generator = np.random.default_rng(seed)
    found = []
    for number in range(count):
        chance = float(generator.beta(2, 5))
        helped = bool(generator.random() < min(0.8, picked * chance**2))
        came = float(generator.binomial(12, np.clip(chance + (effect if helped else 0), 0, 1)) / 12)
        found.append(Case(f"s{number}", f"term {number % 2}", chance, came, ("talk",) if helped else ()))
    return found


def test_a_planted_difference_is_recovered_and_its_interval_is_no_narrower_than_chance() -> None:
    gaps = [compared(cases(-0.15, seed=seed), "talk") for seed in range(20)]
    assert all(found is not None for found in gaps)
    told = [found.gap for found in gaps if found]
    assert np.mean([gap.value for gap in told]) == pytest.approx(-0.15, abs=0.015)
    assert sum(gap.low <= -0.15 <= gap.high for gap in told) >= 17
    assert all(gap.high < 0 for gap in told)


def test_where_nothing_was_planted_nothing_is_found_though_those_helped_fail_more() -> None:
    many = [cases(0.0, seed=100 + seed) for seed in range(20)]
    told = [found.gap for of in many if (found := compared(of, None))]
    assert sum(gap.low <= 0 <= gap.high for gap in told) >= 17
    helped = np.mean([case.outcome for case in many[0] if case.actions])
    assert helped > np.mean([case.outcome for case in many[0] if not case.actions]) + 0.05


def test_fewer_than_ten_on_either_side_are_not_compared() -> None:
    of = cases(-0.15, seed=1, count=500)
    helped = [case for case in of if case.actions]
    assert compared([*helped[:9], *(case for case in of if not case.actions)], "talk") is None
    assert compared([*helped, *[case for case in of if not case.actions][:9]], "talk") is None
    assert compared(of, "tutoring") is None
