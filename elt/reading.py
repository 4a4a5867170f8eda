"""From bytes to records, each with the line on which it starts; how to read them, `elt.detecting` has found out."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from elt.detecting import Layout

LINE_LIMIT = 2**20  # characters; a longer line is refused, so that memory stays flat whatever the file
RECORD_LINE_LIMIT = 200  # a quoted cell that runs over more lines is taken for an unclosed quote
# What surrogateescape makes of bytes that the encoding does not know; UTF-16 needs help to do the same.
UNDECODABLE = re.compile("[\udc80-\udcff]")
codecs.register_error("mark_undecodable", lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]
# A cell may be as long as a record may be; Python's limit is lower.
csv.field_size_limit(2 * LINE_LIMIT)


class Record(NamedTuple):
    """One record: `line_number` is the physical line it starts on (header = line 1); `error` is a code or None."""

    line_number: int
    cells: list[str]
    raw_text: str
    error: str | None


def read_records(stream: BinaryIO, front: Layout) -> Iterator[Record]:
    """Every record after the header; lines of nothing or blanks are passed over. Constant memory.

    A quote that is opened and not closed costs its own line only: reading goes on with the line after it.
    """
    errors = "mark_undecodable" if front.encoding.startswith("utf-16") else "surrogateescape"
    lines = _Lines(io.TextIOWrapper(stream, front.encoding, errors=errors, newline=""))
    delimiter = front.delimiter
    for _ in range(front.header_line_number - 1 + front.header_line_count):
        lines.next()
    while (line := lines.next()) is not None:
        number = lines.number
        if len(line) >= LINE_LIMIT:
            yield Record(number, [], line[:1000], "line_too_long")
        elif front.quote_char and front.quote_char in line:
            yield _quoted_record(line, number, lines, front, front.quote_char)
        else:
            text = line.rstrip("\r\n")
            if text.strip(" "):
                yield Record(number, text.split(delimiter), text, None)


class _Lines:
    """Physical lines with their number, and a way to give lines back after reading too far ahead."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._returned: list[str] = []
        self.number = 0

    def next(self) -> str | None:
        """The next line with its ending, cut at LINE_LIMIT; None at the end of the file."""
        if self._returned:
            line = self._returned.pop()
        else:
            line = self._text.readline(LINE_LIMIT)
            if len(line) == LINE_LIMIT and not line.endswith(("\n", "\r")):
                while (rest := self._text.readline(LINE_LIMIT)) and not rest.endswith(("\n", "\r")):
                    pass
        if not line:
            return None
        self.number += 1
        return line

    def give_back(self, lines: list[str]) -> None:
        """Read these again, as if they had not been read."""
        self._returned.extend(reversed(lines))
        self.number -= len(lines)


def _quoted_record(line: str, number: int, lines: _Lines, front: Layout, quote: str) -> Record:
    """A record in which a cell is quoted, and so may run over several lines."""
    taken = [line]
    size = len(line)
    while True:
        try:
            cells = next(csv.reader(taken, delimiter=front.delimiter, quotechar=quote, strict=True))
        except csv.Error as error:
            code = "unclosed_quote" if "unexpected end of data" in str(error) else "stray_quote"
        else:
            if len(taken) == 1 or len(cells) == len(front.header):
                return Record(number, cells, "".join(taken).rstrip("\r\n"), None)
            code = "stray_quote"  # the quote was closed by a later line's, and took whole records in between
        following: list[str] = []
        while code == "unclosed_quote" and len(taken) + len(following) < RECORD_LINE_LIMIT and size < LINE_LIMIT:
            if (ahead := lines.next()) is None:
                break
            following.append(ahead)
            size += len(ahead)
            if quote in ahead:  # only such a line can close the cell
                break
        if not following or quote not in following[-1]:
            lines.give_back(taken[1:] + following)
            # With more than one line taken, the quote did open here, whatever came after it.
            return Record(number, [], line.rstrip("\r\n"), "unclosed_quote" if len(taken) > 1 else code)
        taken += following
