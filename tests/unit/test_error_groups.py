"""Refused lines in the words that a person reads."""

import pytest

from elt.loading.error_groups import ErrorGroup, sentence


@pytest.mark.parametrize(
    ("code", "count", "message", "told"),
    [
        ("type", 1, "is not a whole number", "column `Age`: line 7 is not a whole number"),
        ("type", 412, "is not a whole number", "column `Age`: 412 lines are not whole numbers, first at line 7"),
        # The cell is missing, not the line.
        ("required", 1, "is missing, and must not be", "column `Age`: line 7 is empty there, and must not be"),
        ("required", 2, "is missing, and must not be", "column `Age`: 2 lines are empty there, and must not be"),
    ],
)
def test_a_group_in_one_sentence(code: str, count: int, message: str, told: str) -> None:
    assert sentence(ErrorGroup("Age", code, count, 7, message)).startswith(told)
