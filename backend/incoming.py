"""A file on its way in, as a stream: raw body or multipart, never in memory or on disk as a whole."""

import time
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import BinaryIO, cast

from flask import Request

from backend.forms import Form, Part
from backend.problems import BadRequest, TooLarge
from backend.silence import limit_silence
from elt.receiving.filenames import tidy
from elt.receiving.streams import Pieces

CHUNK_BYTES = 256 * 1024
LINGER_SECONDS = 10  # how long a refused upload is still read, so that the client gets to see the answer
MULTIPART_OVERHEAD = 256 * 1024  # boundaries, part headers and fields around a file
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

    @property
    def left(self) -> int | None:
        """How many bytes are still to be read; None where the request does not say it."""
        return self._left

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


class IncomingFile(Pieces):
    """The file inside a request body; `fields`: the form's fields that stand before it."""

    def __init__(
        self, filename: str, fields: Mapping[str, str], chunks: Iterator[bytes], total_bytes: int | None
    ) -> None:
        super().__init__(chunks)
        self.filename = filename
        self.fields = fields
        self.total_bytes = total_bytes  # as the request lets expect, None where it does not

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
        filename, fields, chunks, total_bytes = _file_part(request.mimetype_params.get("boundary", ""), body)
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


def _file_part(boundary: str, body: RequestBody) -> tuple[str, dict[str, str], Iterator[bytes], int | None]:
    """Name of the part named `file`, the fields before it, its bytes, and how many; other files are passed over.

    How many is what is left of the form, for nothing may follow the file, but for the end that all known clients write.
    """
    form = Form(boundary)
    events = form.events(body.chunks())
    fields: dict[str, bytes] = {}
    field = None
    for event in events:
        if isinstance(event, bytes):
            if field is not None:  # what is longer than any that we know is cut
                fields[field] += event[: FIELD_LIMIT - len(fields[field])]
        elif event.filename is None:
            field, fields[event.name] = event.name, b""
        elif event.name != FILE_PART:
            field = None
        else:
            first = next(events, b"")
            total = None if body.left is None else max(0, body.left + form.at_hand - len(f"\r\n--{boundary}--\r\n"))
            texts = {name: value.decode("utf-8", errors="replace").strip() for name, value in fields.items()}
            return event.filename, texts, _file_bytes(chain([first], events)), total
    raise BadRequest(
        "no_file",
        "The form holds no file.",
        allowed=f"One file, in a part named `{FILE_PART}`.",
        remedy=f"curl -F {FILE_PART}=@students.csv …",
    )


def _file_bytes(events: Iterator[Part | bytes]) -> Iterator[bytes]:
    """The file's bytes, to the end of the form, so that one that is cut short is not taken for a whole file."""
    for event in events:
        if isinstance(event, bytes):
            yield event
        elif event.filename is not None:
            raise BadRequest(
                "several_files", "The form holds more than one file.", allowed="One file.", remedy="Send one at a time."
            )
        else:
            raise BadRequest(
                "field_after_file",
                "A field of the form comes after the file, which has been read by then.",
                allowed="The fields before the part with the file, or in the query of the URL.",
                remedy=f"curl -F encoding=… -F {FILE_PART}=@students.csv …",
            )
