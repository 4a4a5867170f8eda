"""The CSV inside a file, whether it is packed or not: its first bytes, and the whole as a stream in constant memory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from elt.errors import Refused
from elt.reading.detecting import SAMPLE_BYTES, Compression
from elt.receiving.gzip_files import GzipWatcher, gzip_sample, unpacked
from elt.receiving.packing import Meter, nested_archive, packing_of
from elt.receiving.streams import Pieces, Source
from elt.receiving.zip_archives import Member, open_archive


def csv_front(head: bytes) -> bytes | None:
    """The first bytes of the CSV inside, from the file's own; None for a ZIP archive, which is read from its end.

    Raises Refused where a gzip file is broken, or holds another packed file.
    """
    packing = packing_of(head)
    if packing == "zip":
        return None
    front = gzip_sample(head, SAMPLE_BYTES) if packing else head
    if packing and packing_of(front):
        raise nested_archive()
    return front


def proven_on_its_way(source: Source, max_bytes: int) -> Source:
    """The same; a gzip file is unpacked on the side while it passes, so that `content()` knows whether it is whole."""
    is_gzip = packing_of(source.sample()) == "gzip"
    return source.watched_by(GzipWatcher(max_bytes)) if is_gzip else source


@contextmanager
def open_csv(source: Source) -> Iterator[tuple[Source, Compression | None]]:
    """What is inside, by content whatever its name. Once that is read to its end, so is `source`.

    Raises Refused, also while it is read, where the packing is damaged, a bomb, or holds anything but one file.
    """
    packing = packing_of(source.sample())
    if packing is None:
        yield source, None
    elif packing == "gzip":
        yield unpacked_once(unpacked(source.buffered(), Meter(None))), Compression("gzip")
    else:
        with spooled(source) as file, open_archive(file, None) as (archive, members):
            if len(members) > 1:
                raise several_files()
            with Member(archive, members[0]) as member:
                yield unpacked_once(member), Compression("zip", members[0].filename)


@contextmanager
def spooled(source: Source) -> Iterator[BinaryIO]:
    """The whole of a stream in a file on disk: a ZIP archive is read from its end."""
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(source.buffered(), file)
        yield cast(BinaryIO, file)


def unpacked_once(stream: Pieces | Member) -> Source:
    """What came out of a packed file. Raises Refused where that is a packed file again."""
    content = Source(cast(BinaryIO, stream))
    if packing_of(content.sample()):
        raise nested_archive()
    return content


def several_files() -> Refused:
    return Refused(
        "several_files",
        "The ZIP archive holds more than one file.",
        allowed="One CSV in the archive; several only where each becomes a submission of its own.",
        remedy="Send them one by one. Only where they are to be loaded as new submissions, the archive as it is.",
    )
