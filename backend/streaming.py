"""Answers too large to be held: sent piece by piece, as files to be saved."""

import csv
import io
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Sequence
from urllib.parse import quote

from flask import Response, request

from backend.problems import log_frames
from backend.services import services
from backend.silence import limit_silence

CHUNK_BYTES = 256 * 1024


class CutShortError(Exception):
    """A download broke in the middle. The connection is closed, so that the client sees it; nothing else is told."""


def streaming(pieces: Generator[bytes, None, None], mimetype: str = "text/csv") -> Response:
    """The pieces as a response. What fails before the first byte is a problem document; later, the download breaks."""
    limit_silence(request.environ)
    first = next(pieces, b"")
    where = f"{request.method} {request.path}"  # the request is over by the time the rest is sent

    def body() -> Iterator[bytes]:
        yield first
        try:
            yield from pieces
        except Exception as error:
            log_frames(error, where)
            raise CutShortError from None

    response = Response(body(), mimetype=mimetype)
    response.call_on_close(pieces.close)
    return response


def save_as(response: Response, filename: str) -> None:
    """Save as `filename`; a header holds only ASCII, so any other name goes encoded beside a plain one (RFC 6266)."""
    names = {"filename": filename}
    if not filename.isascii():
        plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
        names = {"filename": plain, "filename*": "UTF-8''" + quote(filename, safe="")}
    response.headers.set("Content-Disposition", "attachment", **names)


def stored(object_key: str) -> Generator[bytes, None, None]:
    """An object's bytes, piece by piece."""
    with services().store.open(object_key) as body:
        while piece := body.read(CHUNK_BYTES):
            yield piece


def csv_pieces(rows: Iterable[Sequence[object]]) -> Generator[bytes, None, None]:
    """Rows as CSV in UTF-8, a piece at a time."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(row)
        if text.tell() >= CHUNK_BYTES:
            yield text.getvalue().encode("utf-8", errors="replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", errors="replace")
