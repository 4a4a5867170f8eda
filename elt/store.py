"""The object store: any S3. Objects carry no metadata of ours; everything known about them is in the ledger."""

import io
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from elt.errors import LaurelError, NotFound, Unavailable
from elt.receiving import sending
from elt.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

NOT_FOUND_CODES = {"404", "NoSuchKey", "NotFound"}
TRANSIENT_STATUSES = {408, 425, 429}
PROBE_KEY = "health/probe"
HOME_REGION = "us-east-1"  # the one region that S3 does not want to be named


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn whatever boto3 says into NotFound or Unavailable; an error of the stream that is being sent stays itself."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in NOT_FOUND_CODES:
            raise NotFound("object_not_found", "The object is not in the store.") from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if 400 <= status < 500 and status not in TRANSIENT_STATUSES:
            raise LaurelError(
                "store_refused",
                f"The object store refused the request ({code}).",
                remedy="The operator should check the LAUREL_S3_… settings and the rights of their key.",
            ) from error
        raise _unavailable() from error
    except BotoCoreError as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable("store_unavailable", "The object store did not answer.", remedy="Try again in a few seconds.")


def _crosses_a_plain_network(endpoint: str | None) -> bool:
    """Whether bytes may change on their way unnoticed, so that each request's must be hashed; that costs a pass."""
    parts = urlsplit(endpoint or "https:")
    try:
        is_loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_loopback = parts.hostname == "localhost"
    return parts.scheme != "https" and not is_loopback


def _client(settings: Settings, endpoint: str | None, seconds: float, attempts: int) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        config=Config(
            connect_timeout=5,
            read_timeout=seconds,
            retries={"mode": "standard", "max_attempts": attempts},
            signature_version="s3v4",  # presigned URLs have an older one by default in some regions
            s3={
                "addressing_style": "path" if endpoint else "auto",
                "payload_signing_enabled": _crosses_a_plain_network(endpoint),
            },
            # The newer default adds trailing checksums that the embedded store and older S3s reject.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class ObjectStore:
    """One bucket. Every method raises Unavailable where the store does not answer."""

    def __init__(self, settings: Settings, seconds: float = 60, attempts: int = 3) -> None:
        """`seconds`: how long each of so many attempts waits for an answer."""
        self._bucket = settings.s3_bucket
        self._region = settings.s3_region
        self._hashes_each_request = _crosses_a_plain_network(settings.s3_endpoint)
        self._client = _client(settings, settings.s3_endpoint, seconds, attempts)
        # A URL's host is signed with it, so it must be the one by which clients reach the store. Signing calls nobody.
        self._signer = _client(settings, settings.s3_public_endpoint or settings.s3_endpoint, seconds, attempts)

    def ping(self) -> None:
        """Raises NotFound where the bucket does not exist."""
        with translated_errors():
            self._client.head_bucket(Bucket=self._bucket)

    def write_probe(self, byte_count: int) -> None:
        """Write an object that nobody reads, always the same one. Raises Unavailable where the store has no space."""
        self.put(PROBE_KEY, io.BytesIO(b"\0" * byte_count))

    def create_bucket(self) -> None:
        """Make the bucket unless it is there."""
        with translated_errors():
            try:
                self._client.head_bucket(Bucket=self._bucket)
            except ClientError:
                if self._region == HOME_REGION:
                    self._client.create_bucket(Bucket=self._bucket)
                else:
                    self._client.create_bucket(
                        Bucket=self._bucket,
                        CreateBucketConfiguration={"LocationConstraint": self._region},  # type: ignore[typeddict-item]
                    )

    def put(self, key: str, stream: BinaryIO, byte_count: int | None = None) -> None:
        """Store a stream of any length, told or not, under a key, in constant memory. A failed put leaves no object."""
        small, large = sending.PART_BYTES, sending.ONE_REQUEST_BYTES
        with translated_errors():
            if byte_count is not None and small <= byte_count <= large and not self._hashes_each_request:
                sending.put_at_once(self._client, self._bucket, key, stream, byte_count)
            else:
                sending.put(self._client, self._bucket, key, stream)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """The object's bytes as a stream with read(size). Raises NotFound where there is no such object."""
        with translated_errors():
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        try:
            with translated_errors():
                yield cast(BinaryIO, body)
        finally:
            body.close()

    def size(self, key: str) -> int:
        """Bytes of the object. Raises NotFound where there is no such object."""
        with translated_errors():
            return int(self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"])

    def state(self, key: str) -> tuple[object, ...]:
        """Changes when the object is written again. Raises NotFound where there is no such object."""
        with translated_errors():
            head = self._client.head_object(Bucket=self._bucket, Key=key)
        return (head["LastModified"], head["ContentLength"], head.get("ETag"))

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine."""
        with translated_errors():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def presigned_put(self, key: str, byte_count: int, seconds: int) -> str:
        """A URL under which whoever holds it may put the object, of exactly this size, for so many seconds."""
        parameters = {"Bucket": self._bucket, "Key": key, "ContentLength": byte_count}
        return self._signer.generate_presigned_url("put_object", Params=parameters, ExpiresIn=seconds)

    def sizes(self, prefix: str) -> dict[str, int]:
        """Bytes of every object whose key starts with prefix."""
        return {entry["Key"]: entry["Size"] for entry in self._list(prefix)}

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that starts with prefix, in order."""
        return (entry["Key"] for entry in self._list(prefix))

    def _list(self, prefix: str) -> Iterator["ObjectTypeDef"]:
        with translated_errors():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from page.get("Contents", [])
