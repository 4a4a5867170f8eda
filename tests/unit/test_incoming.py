"""What is inside a request body comes out byte for byte, or not at all."""

import hashlib
import io
import socket
from collections.abc import Iterator

import pytest
from flask import Request
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from backend.incoming import CHUNK_BYTES, Interrupted, RequestBody, open_file
from backend.problems import BadRequest, TooLarge

BOUNDARY = "x-boundary-x"
MAXIMUM = 10 * 2**20


def _request(body: bytes, content_type: str, *, length: int | None = None, query: str = "") -> Request:
    environ = EnvironBuilder(method="POST", query_string=query).get_environ()
    environ["CONTENT_TYPE"] = content_type
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body) if length is None else length)
    return Request(environ)


def _form(*parts: tuple[str, str | None, bytes]) -> bytes:
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        body += f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def _read(request: Request) -> tuple[str, bytes]:
    file = open_file(request, RequestBody(request), MAXIMUM, "default.csv")
    return file.filename, file.read()


def _multipart(body: bytes, **named: int) -> Request:
    return _request(body, f"multipart/form-data; boundary={BOUNDARY}", **named)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\r\n1,2\r\n",
        b"\r\n--x-boundary\r\n--x-boundary-\r\n-",
        b"\r" * (CHUNK_BYTES + 3),
        b"\n" * (CHUNK_BYTES * 2),
        b"x" * (CHUNK_BYTES * 3 + 1),
        hashlib.shake_256(b"1").digest(CHUNK_BYTES * 5 + 17),
    ],
    ids=["empty", "small", "nearly a boundary", "returns", "newlines", "no newline", "random"],
)
def test_a_multipart_file_arrives_byte_for_byte(content: bytes) -> None:
    request = _multipart(_form(("note", None, b"hello"), ("file", "x.csv", content)))
    file = open_file(request, RequestBody(request), MAXIMUM, "default.csv")
    assert (file.filename, file.total_bytes, file.read()) == ("x.csv", len(content), content)


class Dripping(io.BytesIO):
    """Gives few bytes at a time, as a network may."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


@given(
    pieces=st.lists(
        st.sampled_from([b"\r\n", b"\n", b"\r", b"-", b"--", b"--x-boundary", b"-x", b"a,b", b"x"]), max_size=12
    ),
    size=st.integers(1, 40),
)
def test_a_multipart_file_arrives_byte_for_byte_in_any_pieces(pieces: list[bytes], size: int) -> None:
    content = b"".join(pieces)
    assume(f"\r\n--{BOUNDARY}".encode() not in content)  # a client chooses another
    request = _multipart(body := _form(("file", "x.csv", content)))
    request.environ["wsgi.input"] = Dripping(body, size)
    assert _read(request) == ("x.csv", content)


def test_a_raw_body_arrives_byte_for_byte_under_its_name() -> None:
    content = hashlib.shake_256(b"2").digest(CHUNK_BYTES * 2 + 5)
    assert _read(_request(content, "text/csv", query="filename=autumn.csv")) == ("autumn.csv", content)
    assert _read(_request(content, "text/csv")) == ("default.csv", content)


def test_a_raw_body_shorter_than_announced_is_interrupted() -> None:
    with pytest.raises(Interrupted):
        _read(_request(b"a,b\n1,2\n", "text/csv", length=1000))


@pytest.mark.parametrize("missing", [1, 5, 30, 40])
def test_a_form_cut_short_is_never_taken_for_a_whole_file(missing: int) -> None:
    """Also where the sender's length fits the cut: the closing boundary is what counts."""
    whole = _form(("file", "x.csv", b"a,b\r\n1,2\r\n3,4"))[
        :-2
    ]  # the line break after the last boundary may be left out
    assert _read(_multipart(whole))[1] == b"a,b\r\n1,2\r\n3,4"
    with pytest.raises(BadRequest):
        _read(_multipart(whole[:-missing]))


def test_a_form_without_a_file_part_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        _read(_multipart(_form(("other", "x.csv", b"a"), ("file", None, b"not a file"))))
    assert caught.value.code == "no_file"


def test_two_files_are_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        _read(_multipart(_form(("file", "x.csv", b"a"), ("file", "y.csv", b"b"))))
    assert caught.value.code == "several_files"


def test_a_form_without_its_boundary_is_refused_in_little_memory() -> None:
    body = _EndlessBody()
    request = _multipart(b"", length=10 * MAXIMUM)
    request.environ["wsgi.input"] = body
    with pytest.raises(BadRequest) as caught:
        open_file(request, RequestBody(request), 10 * MAXIMUM, "default.csv")
    assert caught.value.code == "bad_multipart"
    assert body.given == CHUNK_BYTES


class _EndlessBody:
    """A body that never ends and never holds a boundary."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int) -> bytes:
        self.given += size
        return b"-" * size


def test_an_announced_length_over_the_limit_is_refused_before_reading() -> None:
    request = _request(b"", "text/csv", length=MAXIMUM + 1)
    request.environ["wsgi.input"] = None
    with pytest.raises(TooLarge):
        open_file(request, RequestBody(request), MAXIMUM, "default.csv")


def test_a_body_of_another_kind_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        _read(_request(b"{}", "application/json"))
    assert caught.value.code == "unsupported_media_type"


def test_a_compressed_body_is_refused() -> None:
    request = _request(b"\x1f\x8b", "text/csv")
    request.environ["HTTP_CONTENT_ENCODING"] = "gzip"
    with pytest.raises(BadRequest) as caught:
        _read(request)
    assert caught.value.code == "unsupported_encoding"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\data\\x.csv", "x.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\x00.csv", "ab.csv"),
        ("  ", "default.csv"),
        ("naïve ₦.csv", "naïve ₦.csv"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_file_name_is_a_name_and_nothing_else(sent: str, kept: str) -> None:
    request = _request(b"a", "text/csv")
    request.args = {"filename": sent}  # type: ignore[assignment]
    assert _read(request)[0] == kept


def test_a_body_without_length_is_read_only_where_the_server_ends_it() -> None:
    request = _request(b"a,b\n", "text/csv")
    del request.environ["CONTENT_LENGTH"]
    assert _read(request)[1] == b""
    request = _request(b"a,b\n", "text/csv")
    del request.environ["CONTENT_LENGTH"]
    request.environ["wsgi.input_terminated"] = True
    assert _read(request)[1] == b"a,b\n"


def test_a_reset_connection_is_an_interruption() -> None:
    def broken() -> Iterator[bytes]:
        yield b"a,b\n"
        raise ConnectionResetError

    pieces = broken()
    request = _request(b"", "text/csv", length=100)
    request.environ["wsgi.input"] = type("Input", (), {"read": lambda self, size: next(pieces)})()
    with pytest.raises(Interrupted):
        _read(request)


def test_a_client_that_falls_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.silence.STALL_SECONDS", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb", buffering=0) as received:
        theirs.sendall(b"a,b\n")
        request = _request(b"", "text/csv", length=100)
        request.environ |= {"wsgi.input": received, "gunicorn.socket": ours}
        with pytest.raises(Interrupted):
            _read(request)
