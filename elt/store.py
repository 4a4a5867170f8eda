"""The object store: any S3. Objects carry no metadata of ours; everything known about them is in the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from elt.errors import LaurelError, NotFound, Unavailable
from elt.settings import Settings

# Parts of 8 MiB, two under way and two waiting: the most an upload holds in memory, whatever the size of the file.
TRANSFER = TransferConfig(multipart_threshold=8 * 2**20, multipart_chunksize=8 * 2**20, max_concurrency=2)
TRANSFER.max_in_memory_upload_chunks = 2  # ten otherwise; boto3's constructor does not take it, s3transfer reads it
NOT_FOUND_CODES = {"404", "NoSuchKey", "NotFound"}
TRANSIENT_STATUSES = {408, 425, 429}
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


class ObjectStore:
    """One bucket. Every method raises Unavailable where the store does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.s3_bucket
        self._region = settings.s3_region
        self._client = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key,
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "max_attempts": 3},
                s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
                # The newer default adds trailing checksums that the embedded store and older S3s reject.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def ping(self) -> None:
        """Raises NotFound where the bucket does not exist."""
        with translated_errors():
            self._client.head_bucket(Bucket=self._bucket)

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

    def put(self, key: str, stream: BinaryIO) -> None:
        """Store a stream of any length under a key, in constant memory. A failed put leaves no object."""
        with translated_errors():
            self._client.upload_fileobj(stream, self._bucket, key, Config=TRANSFER)

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

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that starts with prefix, in order."""
        with translated_errors():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    yield entry["Key"]
