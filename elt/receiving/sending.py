"""A stream of any length becomes one object, in constant memory.

boto3's own upload_fileobj passes every part through Python in pieces of 16 KiB, and holds the interpreter's lock while
it does. Here a stream whose length is told goes out as it comes in, in one request, and any other in parts, each of
which goes out whole while the next one is read.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from elt.receiving.streams import Pieces

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# With two under way while the next is read, the most that an upload holds. S3 takes 10,000 parts, so those of files
# beyond 20 GB become larger as it goes on.
PART_BYTES = 8 * 2**20
PARTS_OF_ONE_SIZE = 2500
PARTS_UNDER_WAY = 2
ONE_REQUEST_BYTES = 5 * 2**30  # S3's limit
BLOCK_BYTES = 2**20


def put_at_once(client: "S3Client", bucket: str, key: str, stream: BinaryIO, byte_count: int) -> None:
    """Store a stream that should have this length, at most ONE_REQUEST_BYTES, in one request that nobody can repeat.

    One that turns out to be shorter or longer is stored once more, as it is. Where the stream, or the store, fails, no
    object is left.
    """
    blocks = _Blocks(stream, byte_count)
    try:
        client.put_object(Bucket=bucket, Key=key, Body=cast(BinaryIO, blocks), ContentLength=byte_count)
    except (BotoCoreError, ClientError):
        if blocks.error:
            raise blocks.error from None
        raise
    try:
        beyond = stream.read(BLOCK_BYTES)  # also says whether the stream came to a good end
        if beyond or blocks.padding:
            stored = client.get_object(Bucket=bucket, Key=key)["Body"].read
            rest = iter(lambda: stream.read(BLOCK_BYTES), b"")
            whole = chain(_first(stored, byte_count - blocks.padding), [beyond] if beyond else [], rest)
            put(client, bucket, key, cast(BinaryIO, Pieces(whole)))
    except BaseException:
        with suppress(BotoCoreError, ClientError):  # the error that led here says more
            client.delete_object(Bucket=bucket, Key=key)
        raise


class _Blocks:
    """So many bytes of a stream, then padding, in large blocks, though http.client asks for 16 KiB at a time."""

    def __init__(self, stream: BinaryIO, byte_count: int) -> None:
        self._stream = stream
        self._left = byte_count
        self.padding = 0
        self.error: Exception | None = None  # the stream's own, which botocore would pass on as one of its own

    def read(self, _: int = -1) -> bytes:
        size = min(BLOCK_BYTES, self._left)
        if not size:
            return b""
        try:
            block = b"" if self.padding else self._stream.read(size)
        except Exception as error:
            self.error = error
            raise
        if not block:
            block = bytes(size)
            self.padding += size
        self._left -= len(block)
        return block


def _first(read: Callable[[int], bytes], byte_count: int) -> Iterator[bytes]:
    """So many bytes, in pieces."""
    while byte_count and (piece := read(min(BLOCK_BYTES, byte_count))):
        byte_count -= len(piece)
        yield piece


def put(client: "S3Client", bucket: str, key: str, stream: BinaryIO) -> None:
    """Store the stream, which must have readinto(). Where it, or the store, fails, no object is left."""
    parts = _parts(stream)
    first = next(parts, b"")
    if len(first) < PART_BYTES:
        client.put_object(Bucket=bucket, Key=key, Body=first)
        return
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]

    def send(number: int, part: bytes) -> "CompletedPartTypeDef":
        sent = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": sent["ETag"]}

    try:
        done: list[CompletedPartTypeDef] = []
        under_way: deque[Future[CompletedPartTypeDef]] = deque()
        with ThreadPoolExecutor(PARTS_UNDER_WAY) as senders:
            for number, part in enumerate(chain([first], parts), start=1):
                if len(under_way) == PARTS_UNDER_WAY:
                    done.append(under_way.popleft().result())
                under_way.append(senders.submit(send, number, part))
            done += [future.result() for future in under_way]
        client.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": done})
    except BaseException:
        with suppress(BotoCoreError, ClientError):  # the error that led here says more
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    """The stream cut into parts; only the last is smaller than PART_BYTES."""
    number = 0
    while True:
        part = bytearray(PART_BYTES * (1 + number // PARTS_OF_ONE_SIZE))
        filled = 0
        with memoryview(part) as room:
            while filled < len(part) and (count := stream.readinto(room[filled:])):  # type: ignore[attr-defined]
                filled += count
        whole = filled == len(part)
        del part[filled:]
        if part:
            yield cast(bytes, part)  # botocore sends either
        if not whole:
            return
        number += 1
