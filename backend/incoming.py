"""A file on its way in, as a stream: raw body or multipart, never in memory or on disk as a whole."""

import io
import time
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from backend.problems import BadRequest, TooLarge
from backend.silence import limit_silence
from elt.filenames import tidy

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 256 * 1024
LINGER_SECONDS = 10  # how long a refused upload is still read, so that the client gets to see the answer
MULTIPART_OVERHEAD = 256 * 1024  # boundaries, part headers and fields around a file
PART_HEADER_LIMIT = 2**20  # what the decoder may hold back at most, whatever the sender does
FILE_PART = "file"
FIELD_LIMIT = 64 * 1024  # bytes: more than a note, or a mapping of every column of a wide file
# What curl, browsers and statistics packages put on a CSV; the content decides, not this label.
RAW_TYPES = (
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/csv",
    "application/octet-stream",
    "application/vnd.ms-excel",
    "application/x-www-form-urlencoded",
    "application/gzip",
    "application/x-gzip",
    "application/zip",
    "application/x-zip-compressed",
    "",
)


class Interrupted(BadRequest):
    """The client went away, or fell silent, before the last byte."""

    def __init__(self) -> None:
        super().__init__(
            "upload_interrupted",
            "The upload broke off before its end; nothing of it was kept.",
            remedy="Send it again.",
        )


class RequestBody:
    """The bytes of one request, read once from front to back. Raises Interrupted where they end too early."""

    def __init__(self, request: Request) -> None:
        self._input: BinaryIO = request.environ["wsgi.input"]
        self._environ = request.environ  # also there when the request is over, in linger()
        # Without a length, only a server that decodes chunked bodies says where this one ends.
        terminated = bool(request.environ.get("wsgi.input_terminated"))
        self._left: int | None = None if terminated else 0
        if request.content_length is not None:
            self._left = request.content_length
        self._ended = False

    def chunks(self) -> Iterator[bytes]:
        """Everything that is left to read."""
        limit_silence(self._environ)
        while chunk := self._read():
            yield chunk

    def linger(self) -> None:
        """Read on and throw away: closing with unread bytes would reset the connection and lose the answer."""
        deadline = time.monotonic() + LINGER_SECONDS
        try:
            while not self._ended and (left := deadline - time.monotonic()) > 0:
                limit_silence(self._environ, left)
                self._read()
        except Interrupted:
            return  # gone already

    def _read(self) -> bytes:
        if self._ended or self._left == 0:
            self._ended = True
            return b""
        try:
            chunk = self._input.read(CHUNK_BYTES if self._left is None else min(CHUNK_BYTES, self._left))
        except Exception as error:  # reset, silent for too long, chunks cut short or malformed: the sender's, all
            self._ended = True
            raise Interrupted from error
        if not chunk:
            self._ended = True
            if self._left:
                raise Interrupted
        if self._left is not None:
            self._left -= len(chunk)
        return chunk


class IncomingFile(io.RawIOBase):
    """The file inside a request body, to be read once; `fields`: the form's fields that stand before it."""

    def __init__(
        self, filename: str, fields: Mapping[str, str], chunks: Iterator[bytes], total_bytes: int | None
    ) -> None:
        super().__init__()
        self.filename = filename
        self.fields = fields
        self.total_bytes = total_bytes  # None where the request does not say it
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always: io.RawIOBase asks."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill as much of the buffer as is at hand; 0 at the end. Raises what the request body raises."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes at hand, at most `size`: without a copy where that is a whole chunk."""
        if size < 0:
            return self.readall()
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            if len(chunk) <= size:
                return chunk
            self._rest = memoryview(chunk)
        taken, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return taken

    def as_binary(self) -> BinaryIO:
        """The same, under the type that readers of files ask for."""
        return cast(BinaryIO, self)


def open_file(request: Request, body: RequestBody, max_bytes: int, default_name: str) -> IncomingFile:
    """The file that this request carries, to be read from `body` as it arrives.

    Raises TooLarge where the announced length is over max_bytes, BadRequest where there is no file to be found.
    """
    multipart = request.mimetype == "multipart/form-data"
    if (request.content_length or 0) > max_bytes + (MULTIPART_OVERHEAD if multipart else 0):
        raise TooLarge(
            "too_large",
            "The file is larger than this server takes.",
            allowed=f"At most {max_bytes} bytes.",
            remedy="Send it in parts: `python -m elt.client upload` does, or POST /api/v1/datasets/{dataset}/uploads.",
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadRequest(
            "unsupported_encoding",
            "The request is sent with a Content-Encoding.",
            allowed="The file as it is, packed as .csv.gz or .zip if you like, without a Content-Encoding header.",
            remedy="Leave the header out.",
        )
    total_bytes = None
    if multipart:
        filename, fields, chunks = _file_part(request.mimetype_params.get("boundary", ""), body.chunks())
    elif request.mimetype in RAW_TYPES:
        filename, fields, chunks = request.args.get("filename", ""), {}, body.chunks()
        total_bytes = request.content_length
    else:
        raise BadRequest(
            "unsupported_media_type",
            "This kind of body is not taken.",
            allowed=f"multipart/form-data with a part named `{FILE_PART}`, or the file itself as text/csv, "
            "application/gzip or application/zip.",
            remedy=f"curl -F {FILE_PART}=@students.csv …, or "
            "curl -H 'Content-Type: text/csv' --data-binary @students.csv …",
        )
    return IncomingFile(tidy(filename) or default_name, fields, chunks, total_bytes)


def _file_part(boundary: str, chunks: Iterator[bytes]) -> tuple[str, dict[str, str], Iterator[bytes]]:
    """Name of the part named `file`, the fields before it, and its bytes; other files are passed over."""
    events = _events(MultipartDecoder(boundary.encode("latin-1"), PART_HEADER_LIMIT), chunks)
    fields: dict[str, str] = {}
    for event in events:
        if isinstance(event, File) and event.name == FILE_PART:
            return event.filename, fields, _file_bytes(events)
        if isinstance(event, Field):
            fields[event.name] = _value(events)
    raise BadRequest(
        "no_file",
        "The form holds no file.",
        allowed=f"One file, in a part named `{FILE_PART}`.",
        remedy=f"curl -F {FILE_PART}=@students.csv …",
    )


def _value(events: Iterator[Event]) -> str:
    """The text of a field; what is longer than any that we know is cut."""
    value = b""
    for event in events:
        if isinstance(event, Data):
            value += event.data[: FIELD_LIMIT - len(value)]
            if not event.more_data:
                break
    return value.decode("utf-8", errors="replace").strip()


def _file_bytes(events: Iterator[Event]) -> Iterator[bytes]:
    """The file's data; then reads the form to its end, so that a form cut short is not taken for a whole file."""
    for event in events:
        if isinstance(event, Data):
            yield event.data
            if not event.more_data:
                break
    for event in events:
        if isinstance(event, File):
            raise BadRequest(
                "several_files", "The form holds more than one file.", allowed="One file.", remedy="Send one at a time."
            )
        if isinstance(event, Field):
            raise BadRequest(
                "field_after_file",
                "A field of the form comes after the file, which has been read by then.",
                allowed="The fields before the part with the file, or in the query of the URL.",
                remedy=f"curl -F encoding=… -F {FILE_PART}=@students.csv …",
            )


def _events(decoder: MultipartDecoder, chunks: Iterator[bytes]) -> Iterator[Event]:
    """What the decoder finds, in order, up to the closing boundary."""
    try:
        for chunk in chain(chunks, [None]):
            decoder.receive_data(chunk)
            while not isinstance(event := decoder.next_event(), NeedData):
                yield event
                if isinstance(event, Epilogue):
                    return
    except (ValueError, RequestEntityTooLarge) as error:
        raise BadRequest(
            "bad_multipart",
            "The multipart form cannot be read to its end; nothing of it was kept.",
            allowed="multipart/form-data as RFC 7578 has it, with its boundary in the Content-Type header.",
            remedy="Let the HTTP client build the form, and set no Content-Type header by hand.",
        ) from error
