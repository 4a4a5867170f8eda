"""Batches are what the loader's own reader gives, record by record; only faster."""

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elt.drafting.batches import read_batches
from elt.reading import blocks
from elt.reading.detecting import Layout
from elt.reading.records import read_records

LINES = st.text("ab,;\"' \té\x00", max_size=14)
TEXTS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\n", "\r"])), max_size=14).map(
    lambda lines: "".join(line + end for line, end in lines)
)


@pytest.fixture(params=[8, 64, 2**19], ids="blocks of {} bytes".format)
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("block_bytes")
@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 4), st.sampled_from(['"', "'", None]), st.booleans())
@example('"a","b","c"\n",","x""y"\na,b\n', 3, '"', False)  # a cell that is a delimiter
@example('"a","b"\n"a\n","b"\n"a,b"\n', 2, '"', False)  # a cell over two lines
@example('a,b\n \n,\n\n"a","b"', 2, '"', False)
@example('"a,b\nc,d\ne,f\n', 2, '"', False)  # a quote that stays open
def test_batches_are_the_loaders_records(text: str, width: int, quote: str | None, latin: bool) -> None:
    encoding = "latin-1" if latin else "utf-8"
    header = ["h"] * width
    layout = Layout(encoding, ",", quote, "\n", 1, 1, header)
    data = (",".join(header) + "\n" + text).encode(encoding)
    good, bad = [], []
    for batch in read_batches(io.BytesIO(data), layout):
        good += list(zip(batch.lines, map(list, zip(*batch.columns, strict=True)), strict=True))
        bad += [(record.line_number, record.error) for record in batch.bad]
    records = list(read_records(io.BytesIO(data), layout))
    is_good = [record.error is None and len(record.cells) == width for record in records]
    assert good == [
        (record.line_number, record.cells)
        for record, fits in zip(records, is_good, strict=True)
        if fits and "".join(record.cells).strip()  # a line of nothing is refused, and says nothing of the columns
    ]
    assert bad == [
        (record.line_number, record.error) for record, fits in zip(records, is_good, strict=True) if not fits
    ]


def test_an_over_long_line_costs_itself_only() -> None:
    layout = Layout("utf-8", ",", '"', "\n", 1, 1, ["a", "b"])
    data = b"a,b\n1,2\n" + b"x" * blocks.LINE_LIMIT + b",3\n4,5\n"
    found = list(read_batches(io.BytesIO(data), layout))
    assert [line for batch in found for line in batch.lines] == [2, 4]
    assert [(record.line_number, record.error) for batch in found for record in batch.bad] == [(3, "line_too_long")]
