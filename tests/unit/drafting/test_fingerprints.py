"""What is distinct, repeated or a key is what comparing the cells themselves would say, in parts as in one."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elt.drafting import fingerprints
from elt.drafting.fingerprints import Fingerprints

CELLS = st.text("ab", max_size=2)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=60)


@pytest.fixture(params=[(3, 4), (2**20, 2**20)], ids=["in parts", "in one"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many numbers a block and rows a part."""
    monkeypatch.setattr(fingerprints, "BLOCK_NUMBERS", request.param[0] * 5)
    monkeypatch.setattr(fingerprints, "PART_ROWS", request.param[1])


@pytest.mark.usefixtures("sizes")
@settings(max_examples=50, deadline=None)
@given(ROWS, st.integers(1, 7))
def test_it_is_as_if_the_cells_were_compared(rows: list[tuple[str, str, str]], batch: int) -> None:
    with Fingerprints(3) as found:
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            found.add(list(zip(*part, strict=True)), range(start + 2, start + 2 + len(part)))
        found.close_writing()
        assert found.row_count == len(rows)
        for columns in ([0], [0, 1], [2, 0, 1]):
            values = [tuple(row[column] for column in columns) for row in rows]
            assert found.distinct_count(columns) == len(set(values))
            assert found.is_unique(columns) == (len(set(values)) == len(values))
            _assert_repeats(found.repeats(columns), values)
        _assert_repeats(found.repeats([found.whole_row]), rows)
        _assert_partners(found.second_partners(0, 1), rows)


def _assert_repeats(found: fingerprints.Repeats, values: list[tuple[str, ...]]) -> None:
    lines = [line for line, value in enumerate(values, start=2) if value in values[: line - 2]]
    assert (found.count, found.lines) == (len(lines), tuple(lines[: fingerprints.NAMED_LINES]))


def _assert_partners(found: fingerprints.Repeats, rows: list[tuple[str, str, str]]) -> None:
    pairs = Counter((row[0], row[1]) for row in rows)
    usual = {value: max(count for (one, _), count in pairs.items() if one == value) for value, _ in pairs}
    assert found.count == len(rows) - sum(usual.values())
