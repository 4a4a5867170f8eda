"""How lines are written for COPY: as they were sent, or in its text format, which Postgres reads faster."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg2 import sql

from elt.contracting.contract import Contract
from elt.loading.proving import Proof, prove
from elt.reading.blocks import Block, line_offsets
from elt.reading.detecting import Front

NO_NULL = "\x02null\x02"  # COPY must be told a NULL, where a contract knows no missing value …
NO_QUOTE = "\x01"  # … and a quote, where a file has none
TEXT_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
SIMPLE_ENOUGH = 0.9  # share of the first block's good lines: judging one of the others costs as much as ten good ones


@dataclass(frozen=True)
class CopyFormat:
    """COPY's format for one file: what of it is proven good, and how good lines, proven or judged, are written."""

    proof: Proof | None
    null: str
    delimiter: str
    quote: str | None
    is_text: bool

    def options(self, columns: Sequence[str]) -> sql.Composed:
        """What COPY is told after WITH."""
        if self.is_text:
            return sql.SQL("(format text, encoding 'UTF8', null {})").format(sql.Literal(self.null))
        return sql.SQL(
            "(format csv, encoding 'UTF8', null {null}, force_null ({columns}), delimiter {delimiter}, quote {quote})"
        ).format(
            null=sql.Literal(self.null),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            delimiter=sql.Literal(self.delimiter),
            quote=sql.Literal(self.quote or NO_QUOTE),
        )

    def escape(self, text: str) -> str:
        """A judged cell, as COPY reads it back."""
        if self.is_text:
            return text.translate(TEXT_ESCAPES)
        quote = self.quote or NO_QUOTE
        return text.replace(quote, quote * 2)

    @property
    def between(self) -> str:
        """What stands between two judged cells."""
        quote = self.quote or NO_QUOTE
        return "\t" if self.is_text else f"{quote}{self.delimiter}{quote}"

    def judged(self, submission_id: int, line_number: int, cells: str) -> str:
        """A judged line, from its cells with `between` between them."""
        if self.is_text:
            return f"{submission_id}\t{line_number}\t{cells}\n"
        quote = self.quote or NO_QUOTE
        return f"{submission_id}{self.delimiter}{line_number}{self.delimiter}{quote}{cells}{quote}\n"

    def proven(self, block: Block, submission_id: int, proven: NDArray[np.bool_]) -> bytes:
        """The proven lines of a block, each with its submission and number before it."""
        text = block.plain
        if self.is_text and (self.quote or self.delimiter != "\t"):
            text = text.translate(self._to_text, self.quote.encode() if self.quote else b"")
        offsets = line_offsets(text)
        lines = pa.StringArray.from_buffers(len(proven), pa.py_buffer(offsets), pa.py_buffer(text))
        numbers = np.flatnonzero(proven) + block.first_number
        if len(numbers) < len(proven):
            lines = lines.filter(pa.array(proven))
        delimiter = "\t" if self.is_text else self.delimiter
        joined = pc.binary_join_element_wise(str(submission_id), pa.array(numbers).cast(pa.string()), lines, delimiter)
        _, joined_offsets, data = joined.buffers()
        ends = np.frombuffer(joined_offsets, np.int32)[joined.offset : joined.offset + len(joined) + 1]
        return bytes(memoryview(data)[ends[0] : ends[-1]])

    @cached_property
    def _to_text(self) -> bytes:
        return bytes.maketrans(self.delimiter.encode(), b"\t")


def choose_format(first: Block, front: Front, contract: Contract, null: str) -> CopyFormat:
    """The text format where most of the first block's good lines can go through it; else CSV as it was sent."""
    width, positions = len(front.header), front.match.positions
    simple = prove(contract, positions, width, front.delimiter, front.quote_char, null, simple=True)
    proof = prove(contract, positions, width, front.delimiter, front.quote_char, null, simple=False)
    is_text = proof is None or (
        simple is not None
        and np.count_nonzero(simple.lines(first)) >= SIMPLE_ENOUGH * np.count_nonzero(proof.lines(first))
    )
    return CopyFormat(simple if is_text else proof, null, front.delimiter, front.quote_char, bool(is_text))
