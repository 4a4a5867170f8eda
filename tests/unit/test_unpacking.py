"""gzip and ZIP as streams: whole, in pieces, broken, hostile; always in constant memory."""

import gzip
import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elt.errors import Refused
from elt.receiving.gzip_files import Gunzip, GzipWatcher, gzip_sample
from elt.receiving.packing import RATIO_FREE_BYTES, Meter, packing_of
from elt.receiving.streams import Source
from elt.receiving.unpacking import open_csv
from elt.receiving.zip_archives import DIRECTORY_BYTES, open_archive

ZIP_NAME = 22 + 5  # bytes from the end of an archive of "a.csv": its name in the list of files


def unpacked(data: bytes) -> bytes:
    source = Source(io.BytesIO(data))
    with open_csv(source) as (content, _):
        found = content.buffered().read()
    assert source.byte_count == len(data)  # all of it was read and hashed
    return found


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as raised, open_csv(Source(io.BytesIO(data))) as (content, _):
        content.drained_sha256()
    return raised.value.code


@settings(deadline=None)
@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.integers(1, 4000), st.booleans())
def test_gzip_members_in_pieces_of_any_size_are_unpacked(parts: list[bytes], size: int, padded: bool) -> None:
    data = b"".join(map(gzip.compress, parts)) + (b"\0" * 512 if padded else b"")
    gunzip = Gunzip(Meter(None))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert b"".join(piece for packed in pieces for piece in gunzip.feed(packed)) == b"".join(parts)
    gunzip.finish()


def test_a_packed_file_is_the_same_as_the_plain_one() -> None:
    content = b"a,b\n" + b"1,2\n" * 200_000
    for data in (content, gzip.compress(content), zipped({"x.csv": content})):
        assert unpacked(data) == content
    assert gzip_sample(gzip.compress(content), 1000) == content[:1000]
    watcher = GzipWatcher(None)
    watcher.feed(gzip.compress(content))
    assert watcher.content().sha256 == Source(io.BytesIO(content)).drained_sha256()


@pytest.mark.parametrize("cut", [3, 12, -1, -8, -9])
def test_a_gzip_file_cut_anywhere_is_broken(cut: int) -> None:
    assert code_of(gzip.compress(b"a,b\n1,2\n" * 50)[:cut]) == "broken_archive"


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(2**20)
    return b"".join(packer.compress(zeros) for _ in range(size // 2**20)) + packer.flush()


@pytest.mark.parametrize("pack", [lambda data: data, lambda data: zipped({"x.csv": gzip.decompress(data)})])
def test_a_bomb_is_stopped_early_and_in_little_memory(pack: Callable[[bytes], bytes]) -> None:
    data = pack(bomb(200 * 2**20))
    tracemalloc.start()
    try:
        assert code_of(data) == "compression_bomb"
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_what_a_regular_file_shrinks_to_is_no_bomb() -> None:
    line = b"AAA,2013J,28400,546652,-10,4\n"
    content = line * (2 * RATIO_FREE_BYTES // len(line))
    assert len(content) / len(gzip.compress(content)) > 100
    assert unpacked(gzip.compress(content)) == content


def test_what_unpacks_to_more_than_may_be_sent_is_refused() -> None:
    with pytest.raises(Refused) as raised:
        GzipWatcher(1000).feed(gzip.compress(b"x" * 1001))
    assert raised.value.code == "too_large"
    archive = io.BytesIO(zipped({"a.csv": b"x" * 600, "b.csv": b"x" * 600}))
    with pytest.raises(Refused) as raised, open_archive(archive, 1000):
        pass
    assert raised.value.code == "too_large"


def test_files_that_share_their_bytes_are_refused() -> None:
    """The way of the worst bombs: many entries of the list of files point at one and the same packed file."""
    data = zipped({"a.csv": bytes(range(256)) * 20}, zipfile.ZIP_STORED)
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entries = 20
    tail = bytearray(data[end:])
    tail[8:10] = tail[10:12] = entries.to_bytes(2, "little")
    tail[12:16] = (entries * (end - start)).to_bytes(4, "little")
    forged = data[:start] + data[start:end] * entries + bytes(tail)
    assert code_of(forged) == "broken_archive"


def test_a_forged_list_of_files_does_not_fill_the_memory() -> None:
    data = bytearray(zipped({"a.csv": b"a\n1\n"}))
    end = data.index(b"PK\x05\x06")
    padding = 50 * 2**20
    data[end + 12 : end + 16] = (int.from_bytes(data[end + 12 : end + 16], "little") + padding).to_bytes(4, "little")
    forged = bytes(data[:end]) + bytes(padding) + bytes(data[end:])
    tracemalloc.start()
    try:
        assert code_of(forged) == "broken_archive"
        assert tracemalloc.get_traced_memory()[1] < 8 * DIRECTORY_BYTES
    finally:
        tracemalloc.stop()


def test_several_files_are_told() -> None:
    assert code_of(zipped({"a.csv": b"a\n1\n", "b.csv": b"a\n2\n"})) == "several_files"


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["gzip", "zip", "stored"]), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255))))
@example("zip", [(-ZIP_NAME, 0)])  # a file without a name
def test_damaged_archives_are_refused_or_whole(kind: str, damage: list[tuple[int, int]]) -> None:
    content = b"ID,Name\n" + b"1,Ada\n2,Bo\n" * 30
    data = bytearray(
        gzip.compress(content, mtime=0)
        if kind == "gzip"
        else zipped({"a.csv": content}, zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED)
    )
    for position, value in damage:
        data[position % len(data)] = value
    try:
        found = unpacked(bytes(data))
    except Refused:
        return
    assert found == content or packing_of(bytes(data)) is None or not damage


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400), st.sampled_from([b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"]))
def test_random_bytes_behind_a_signature_are_refused(noise: bytes, start: bytes) -> None:
    try:
        assert unpacked(start + noise) == b""
    except Refused as refusal:
        code = refusal.code
        assert code in ("broken_archive", "archive_without_csv", "nested_archive")
