"""The CSV inside a stored file, whether it is packed or not, as a stream in constant memory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from elt.errors import Refused
from elt.reading.detecting import Compression
from elt.receiving.gzip_files import unpacked
from elt.receiving.packing import Meter, nested_archive, packing_of
from elt.receiving.streams import Source
from elt.receiving.zip_archives import Member, open_archive


@contextmanager
def open_csv(source: Source) -> Iterator[tuple[Source, Compression | None]]:
    """What is inside, by content whatever its name. Once that is read to its end, so is `source`.

    Raises Refused, also while it is read, where the packing is damaged, a bomb, or holds anything but one file.
    """
    packing = packing_of(source.sample())
    if packing is None:
        yield source, None
    elif packing == "gzip":
        yield _inner(cast(BinaryIO, unpacked(source.buffered(), Meter(None)))), Compression("gzip")
    else:
        with spooled(source) as file, open_archive(file, None) as (archive, members):
            if len(members) > 1:
                raise several_files()
            with Member(archive, members[0]) as member:
                yield _inner(cast(BinaryIO, member)), Compression("zip", members[0].filename)


@contextmanager
def spooled(source: Source) -> Iterator[BinaryIO]:
    """The whole of a stream in a file on disk: a ZIP archive is read from its end."""
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(source.buffered(), file)
        yield cast(BinaryIO, file)


def _inner(stream: BinaryIO) -> Source:
    content = Source(stream)
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
