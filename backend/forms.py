"""A multipart form as a stream of its parts, exact to the byte however the network cuts it.

python-multipart finds the parts. Werkzeug's decoder counts a stray \\r to a file where two pieces meet in the boundary
behind it (pallets/werkzeug#3285), and copies each byte five times.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from werkzeug.http import parse_options_header

from backend.problems import BadRequest


@dataclass(frozen=True)
class Part:
    """The head of a part; `filename` None: a field."""

    name: str
    filename: str | None


class Form:
    """Parts and their bytes, in order. `at_hand`: bytes of the last chunk from where the newest part's own begin."""

    def __init__(self, boundary: str) -> None:
        self._found: deque[Part | bytes] = deque()
        self._name, self._value, self._disposition = b"", b"", b""
        self._is_over = self._is_begun = False
        self.at_hand = 0
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._read_name,
                    "on_header_value": self._read_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_head,
                    "on_part_data": self._read_data,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _unreadable() from error

    def events(self, chunks: Iterator[bytes]) -> Iterator[Part | bytes]:
        """Each part's head, then its bytes in pieces; reads to the end. Raises BadRequest where the form has none."""
        for chunk in chunks:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _unreadable() from error
            while self._found:
                yield self._found.popleft()
        if not self._is_over:
            raise _unreadable()

    def _begin(self) -> None:
        self._disposition, self._is_begun, self.at_hand = b"", False, 0

    def _read_name(self, piece: bytes, start: int, end: int) -> None:
        self._name += piece[start:end]

    def _read_value(self, piece: bytes, start: int, end: int) -> None:
        self._value += piece[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name, self._value = b"", b""

    def _end_head(self) -> None:
        _, options = parse_options_header(self._disposition.decode("utf-8", errors="replace"))
        if "name" not in options:
            raise _unreadable()
        self._found.append(Part(options["name"], options.get("filename")))

    def _read_data(self, piece: bytes, start: int, end: int) -> None:
        if not self._is_begun:
            self._is_begun, self.at_hand = True, len(piece) - start
        self._found.append(piece[start:end])

    def _end(self) -> None:
        self._is_over = True


def _unreadable() -> BadRequest:
    return BadRequest(
        "bad_multipart",
        "The multipart form cannot be read to its end; nothing of it was kept.",
        allowed="multipart/form-data as RFC 7578 has it, with its boundary in the Content-Type header.",
        remedy="Let the HTTP client build the form, and set no Content-Type header by hand.",
    )
